//! A key-value store and an inbox that keep to the rules, in the simplest way, or break one of them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use hb_bls::{
    Clock as _,
    state::{
        KeyValueStore, StateFuture, Stored,
        conformance::{self, Subject},
    },
    webhook::{ClaimOutcome, EventLease, Inbox, MemoryInbox, RETENTION},
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    clock::ShiftedClock,
    conformance::{broken_by, passing},
};

/// What it does wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    LosesLongTexts,
    OneForAll,
    IgnoresVersions,
    CountsFromTheText,
    WritesLate,
    Tears,
    StandsStill,
    GivesUpTheLiving,
    GrantsLate,
    IgnoresFailures,
    ForgetsAtOnce,
    ForgetsEarly,
    KeepsTheFirstEnd,
    FailsWhatIsDone,
    GrantsToNobody,
    EndsTwice,
    NeverLapses,
    LapsesEarly,
    RefusesLateEnds,
    FailsOthers,
}

#[derive(Debug, Clone)]
struct Faulty {
    fault: Fault,
    clock: ShiftedClock,
    texts: Arc<Mutex<HashMap<String, (u64, String)>>>,
    writes: Arc<Mutex<u64>>,
    events: Arc<Mutex<HashMap<Uuid, Event>>>,
}

#[derive(Debug, Clone, Copy)]
struct Event {
    /// Nothing if it is done.
    claim: Option<u64>,
    until: Timestamp,
}

impl Faulty {
    fn subject(fault: Fault) -> Subject<Self> {
        let clock = ShiftedClock::default();
        let (texts, writes, events) = Default::default();
        let store = Self { fault, clock: clock.clone(), texts, writes, events };
        let subject = passing(Subject::new(store.clone(), store), clock);
        // what never comes need not be waited for, and what keeps to the rules may take its time
        if fault == Fault::None { subject } else { subject.timeout(Duration::from_millis(300)) }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn key(&self, key: &str) -> String {
        if self.is(Fault::OneForAll) { String::new() } else { key.to_owned() }
    }

    fn texts(&self) -> MutexGuard<'_, HashMap<String, (u64, String)>> {
        self.texts.lock().unwrap()
    }

    fn next(&self) -> u64 {
        let mut writes = self.writes.lock().unwrap();
        *writes += 1;
        *writes + 1000
    }

    fn put(&self, key: &str, text: &str) {
        let text = if self.is(Fault::LosesLongTexts) { text.get(..1000).unwrap_or(text) } else { text };
        let version = if self.is(Fault::CountsFromTheText) { text.len() as u64 + 1000 } else { self.next() };
        self.texts().insert(self.key(key), (version, text.to_owned()));
    }
}

impl KeyValueStore for Faulty {
    fn read<'a>(&'a self, key: &'a str) -> StateFuture<'a, Stored> {
        let now = if self.is(Fault::StandsStill) { Timestamp::UNIX_EPOCH } else { self.clock.now() };
        let stored = Stored::new(now, self.texts().get(&self.key(key)).cloned());
        Box::pin(async move { Ok(stored) })
    }

    fn write<'a>(&'a self, key: &'a str, version: Option<u64>, text: &'a str) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let is_last = || self.texts().get(&self.key(key)).map(|(version, _)| *version) == version;
            let mut written = is_last() || self.is(Fault::IgnoresVersions);
            if self.is(Fault::Tears) {
                self.put(key, "torn");
            }
            // where a store waits for its server
            tokio::task::yield_now().await;
            written &=
                is_last() || self.is(Fault::WritesLate) || self.is(Fault::IgnoresVersions) || self.is(Fault::Tears);
            if written {
                self.put(key, text);
            }
            Ok(written)
        })
    }

    fn session_id(&self) -> StateFuture<'_, Option<u64>> {
        Box::pin(async { Ok(Some(1)) })
    }

    fn session_has_ended(&self, _: u64) -> StateFuture<'_, bool> {
        let wrong = self.is(Fault::GivesUpTheLiving);
        Box::pin(async move { Ok(wrong) })
    }
}

impl Faulty {
    fn events(&self) -> MutexGuard<'_, HashMap<Uuid, Event>> {
        self.events.lock().unwrap()
    }

    fn event(&self, event_id: Uuid) -> Uuid {
        if self.is(Fault::OneForAll) { Uuid::nil() } else { event_id }
    }

    fn look(&self, event_id: Uuid) -> Option<Event> {
        self.events().get(&self.event(event_id)).copied().filter(|event| event.until > self.clock.now())
    }

    fn grant(&self, event_id: Uuid) -> EventLease {
        let lease = match self.fault {
            Fault::NeverLapses => MemoryInbox::DEFAULT_LEASE * 1000,
            Fault::LapsesEarly => MemoryInbox::DEFAULT_LEASE / 2,
            _ => MemoryInbox::DEFAULT_LEASE,
        };
        let claim = self.next();
        self.events().insert(self.event(event_id), Event { claim: Some(claim), until: self.clock.now() + lease });
        EventLease::new(event_id, claim)
    }
}

impl Inbox for Faulty {
    fn claim(&self, event_id: Uuid) -> StateFuture<'_, ClaimOutcome> {
        Box::pin(async move {
            if self.is(Fault::GrantsToNobody) && self.look(event_id).is_none() {
                let until = self.clock.now() + MemoryInbox::DEFAULT_LEASE * 1000;
                self.events().insert(self.event(event_id), Event { claim: Some(0), until });
                tokio::task::yield_now().await;
                return Ok(ClaimOutcome::New(self.grant(event_id)));
            }
            let before = self.look(event_id);
            tokio::task::yield_now().await;
            let event = if self.is(Fault::GrantsLate) { before } else { self.look(event_id) };
            Ok(match event {
                Some(Event { claim: None, .. }) => ClaimOutcome::Done,
                Some(_) => ClaimOutcome::Taken,
                None => ClaimOutcome::New(self.grant(event_id)),
            })
        })
    }

    fn done(&self, lease: EventLease) -> StateFuture<'_, ()> {
        Box::pin(async move {
            let event = self.look(lease.event_id);
            let retention = match self.fault {
                Fault::ForgetsAtOnce => Duration::ZERO,
                Fault::ForgetsEarly => RETENTION - Duration::from_secs(60),
                _ => RETENTION,
            };
            let refused = self.is(Fault::RefusesLateEnds) && event.is_none();
            let kept = self.is(Fault::KeepsTheFirstEnd) && event.is_some_and(|event| event.claim.is_none());
            if refused || kept {
                return Ok(());
            }
            if self.is(Fault::EndsTwice) {
                self.events().remove(&lease.event_id);
                tokio::task::yield_now().await;
            }
            self.events()
                .insert(self.event(lease.event_id), Event { claim: None, until: self.clock.now() + retention });
            Ok(())
        })
    }

    fn failed(&self, lease: EventLease) -> StateFuture<'_, ()> {
        Box::pin(async move {
            let event = self.look(lease.event_id);
            let is_ours = event.is_some_and(|event| match event.claim {
                Some(claim) => claim == lease.token || self.is(Fault::FailsOthers),
                None => self.is(Fault::FailsWhatIsDone),
            });
            if is_ours && !self.is(Fault::IgnoresFailures) {
                self.events().remove(&self.event(lease.event_id));
            }
            Ok(())
        })
    }
}

#[tokio::test]
async fn each_rule_of_a_key_value_store_can_be_broken() {
    let broken = async |fault| broken_by(conformance::key_value_store(async || Faulty::subject(fault))).await;
    assert_eq!(broken(Fault::None).await, BTreeSet::new());
    for (fault, rule) in [
        (Fault::LosesLongTexts, "what was written is read"),
        (Fault::OneForAll, "the texts of keys are kept apart"),
        (Fault::IgnoresVersions, "an old version replaces nothing"),
        (Fault::CountsFromTheText, "a version never comes twice"),
        (Fault::WritesLate, "of writers in a race one is first"),
        (Fault::Tears, "a write that is dropped is done or undone"),
        (Fault::StandsStill, "the time goes on, and is the same for all"),
        (Fault::GivesUpTheLiving, "a handle that lives has not ended"),
    ] {
        let broken = broken(fault).await;
        assert!(broken.contains(rule), "{fault:?} breaks {broken:?}");
    }
}

#[tokio::test]
async fn each_rule_of_an_inbox_can_be_broken() {
    let broken =
        async |fault| broken_by(conformance::inbox(MemoryInbox::DEFAULT_LEASE, async || Faulty::subject(fault))).await;
    assert_eq!(broken(Fault::None).await, BTreeSet::new());
    for (fault, rule) in [
        (Fault::GrantsLate, "of claims in a race one is new"),
        (Fault::OneForAll, "events are claimed independently"),
        (Fault::IgnoresFailures, "an event that failed can be claimed"),
        (Fault::ForgetsAtOnce, "an event that is done is done for all"),
        (Fault::ForgetsEarly, "an event stays done for the retention"),
        (Fault::KeepsTheFirstEnd, "an event that is done again is done for as long again"),
        (Fault::FailsWhatIsDone, "an event that failed after it was done stays done"),
        (Fault::GrantsToNobody, "a claim that is dropped is granted or not"),
        (Fault::EndsTwice, "a result that is dropped is recorded or not"),
        (Fault::NeverLapses, "a claim lapses"),
        (Fault::LapsesEarly, "a claim does not lapse before its time"),
        (Fault::RefusesLateEnds, "an event can be done after its claim has lapsed"),
        (Fault::FailsOthers, "a claim that has lapsed does not fail another"),
    ] {
        let broken = broken(fault).await;
        assert!(broken.contains(rule), "{fault:?} breaks {broken:?}");
    }
}

#[tokio::test]
async fn an_inbox_in_memory_keeps_to_the_rules() {
    conformance::inbox(MemoryInbox::DEFAULT_LEASE, async || {
        let clock = ShiftedClock::default();
        let inbox = MemoryInbox::new().with_clock(clock.clone());
        passing(Subject::new(inbox.clone(), inbox), clock)
    })
    .await;
}
