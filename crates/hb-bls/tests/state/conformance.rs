//! The rules hold for what keeps to them, and each is broken by something.

use std::{collections::BTreeSet, panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt as _;
use hb_bls::state::{
    MemoryAccountLock, MemoryBookingLog, MemoryRateLimiter, MemoryTokenStore,
    conformance::{self, Subject},
};

use crate::{
    clock::ShiftedClock,
    model::{Fault, Model},
};

#[tokio::test]
async fn state_in_memory_keeps_to_the_rules() {
    conformance::account_lock(async || {
        let lock = MemoryAccountLock::default();
        Subject::new(lock.clone(), lock).without_expiry()
    })
    .await;
    conformance::booking_log(async || {
        let log = MemoryBookingLog::default();
        Subject::new(log.clone(), log)
    })
    .await;
    conformance::token_store(async || {
        let store = MemoryTokenStore::default();
        Subject::new(store.clone(), store).without_expiry()
    })
    .await;
    conformance::rate_limiter(async |limit| {
        let clock = ShiftedClock::default();
        let limiter = std::sync::Arc::new(MemoryRateLimiter::requests_per_minute(limit).with_clock(clock.clone()));
        passing(Subject::new(limiter.clone(), limiter), clock)
    })
    .await;
}

pub fn passing<S>(subject: Subject<S>, clock: ShiftedClock) -> Subject<S> {
    subject.passing(move |by| {
        clock.advance(by);
        std::future::ready(())
    })
}

#[derive(Debug, Clone, Copy)]
enum Suite {
    Lock,
    Tokens,
    Limiter,
}

/// The names of the rules that this store breaks.
async fn broken(suite: Suite, fault: Fault) -> BTreeSet<String> {
    let subject = |model: Model| {
        let (other, clock) = (model.another(), model.clock.clone());
        let subject = passing(Subject::new(model, other), clock);
        // what never comes need not be waited for, and what keeps to the rules may take its time
        if fault == Fault::None { subject } else { subject.timeout(Duration::from_millis(300)) }
    };
    match suite {
        Suite::Lock => broken_by(conformance::account_lock(async || subject(Model::new(fault)))).await,
        Suite::Tokens => broken_by(conformance::token_store(async || subject(Model::new(fault)))).await,
        Suite::Limiter => {
            broken_by(conformance::rate_limiter(async |limit| subject(Model::new(fault).with_limit(limit)))).await
        }
    }
}

/// The names of the rules that are broken when these are checked.
pub async fn broken_by(checks: impl Future<Output = ()>) -> BTreeSet<String> {
    let Err(panic) = AssertUnwindSafe(checks).catch_unwind().await else { return BTreeSet::new() };
    let told = panic.downcast::<String>().unwrap();
    told.lines().filter_map(|line| Some(line.strip_prefix("- ")?.split_once(": ")?.0.to_owned())).collect()
}

async fn breaks(suite: Suite, faults: &[(Fault, &str)]) {
    assert_eq!(broken(suite, Fault::None).await, BTreeSet::new(), "{suite:?}: it keeps to the rules");
    for (fault, rule) in faults {
        let broken = broken(suite, *fault).await;
        assert!(broken.contains(*rule), "{fault:?} breaks {broken:?}");
    }
}

const LEASES: [(Fault, &str); 13] = [
    (Fault::GrantsAll, "one owner at a time has a lease"),
    (Fault::FenceStays, "fences grow"),
    (Fault::OneAccount, "accounts are locked independently"),
    (Fault::KeepsReleased, "a lease that is released is free"),
    (Fault::KeepsReleased, "a lease that is dropped is free"),
    (Fault::QueuesTheGone, "who stops waiting leaves the queue"),
    (Fault::GrantsToNobody, "a lease that is granted to nobody comes back"),
    (Fault::NeverLapses, "a lease without an owner lapses"),
    (Fault::LapsesEarly, "a lease does not lapse before its time"),
    (Fault::RenewsNothing, "a lease that is renewed goes on"),
    (Fault::RenewsLate, "a lease that is over is not renewed"),
    (Fault::NotesLate, "a lease that is over leaves no note"),
    (Fault::ReleasesLate, "a lease that is over releases nothing"),
];

#[tokio::test]
async fn each_rule_of_an_account_lock_can_be_broken() {
    breaks(Suite::Lock, &LEASES).await;
    breaks(Suite::Lock, &[(Fault::LosesNotes, "a note reaches each later owner")]).await;
}

#[tokio::test]
async fn each_rule_of_a_token_store_can_be_broken() {
    let faults = [
        (Fault::SavesNothing, "what was saved is what is loaded"),
        (Fault::OneAccount, "the tokens of accounts are kept apart"),
        (Fault::IgnoresFences, "an earlier fence saves nothing"),
        (Fault::IgnoresFences, "an earlier fence removes nothing"),
        (Fault::ForgetsFences, "tokens that were removed keep their fence"),
        (Fault::IgnoresFences, "of saves in a race the last fence wins"),
        (Fault::Tears, "a save that is dropped is done or undone"),
        (Fault::GrantsAll, "one owner at a time has a lease"),
    ];
    breaks(Suite::Tokens, &faults).await;
}

#[tokio::test]
async fn each_rule_of_a_rate_limiter_can_be_broken() {
    let faults = [
        (Fault::GrantsFewer, "as many permits as the limit are granted"),
        (Fault::GrantsMore, "no more permits than the limit are granted"),
        (Fault::WaitsForNothing, "a wait has a length"),
        (Fault::FreesAtOnce, "a place is free a minute after its release"),
        (Fault::GivesUpEarly, "a permit is not given up before its time"),
        (Fault::NeverGivesUp, "a permit that is not released comes back"),
        (Fault::FreesOthers, "a permit that is released twice frees one place"),
        (Fault::FreesOthers, "a permit that is not known frees no place"),
        (Fault::PausesOne, "a pause is kept by all"),
        (Fault::IgnoresTheLimit, "a limit that the portal states is kept"),
        (Fault::NeverGivesUp, "a permit that is granted to nobody comes back"),
        (Fault::WaitsForTheGone, "who stops asking does not keep others waiting"),
    ];
    breaks(Suite::Limiter, &faults).await;
}
