//! A log of bookings that keeps to the rules, or breaks one of them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use hb_bls::{
    BookingId,
    state::{
        AccountKey, BookingLog, BookingRecord, LoggedBooking, MemoryBookingLog, StateFuture,
        conformance::{self, Subject},
    },
};

use crate::conformance::broken_by;

/// What it does wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    CountsNothing,
    OneForAll,
    IgnoresRevisions,
    WritesLate,
    ListsAll,
    FindsFormer,
    Tears,
}

#[derive(Debug, Clone)]
struct Faulty {
    fault: Fault,
    log: MemoryBookingLog,
    /// What each booking was made for at first.
    former: Arc<Mutex<HashMap<BookingId, String>>>,
}

impl Faulty {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn place(&self, account: &AccountKey, key: &str) -> (AccountKey, String) {
        let account = match self.fault {
            Fault::OneForAll => AccountKey::without_api_key("https://example.com", "all"),
            _ => account.clone(),
        };
        (account, key.to_owned())
    }
}

impl BookingLog for Faulty {
    fn read<'a>(&'a self, account: &'a AccountKey, key: &'a str) -> StateFuture<'a, Option<LoggedBooking>> {
        Box::pin(async move {
            let (account, key) = self.place(account, key);
            let mut logged = self.log.read(&account, &key).await?;
            if let Some(logged) = logged.as_mut().filter(|_| self.is(Fault::CountsNothing)) {
                logged.revision = 1;
            }
            Ok(logged)
        })
    }

    fn write<'a>(
        &'a self,
        account: &'a AccountKey,
        key: &'a str,
        revision: u64,
        record: &'a BookingRecord,
    ) -> StateFuture<'a, bool> {
        Box::pin(async move {
            if let Some(id) = record.booking_id() {
                self.former.lock().unwrap().insert(id, key.to_owned());
            }
            let (account, key) = self.place(account, key);
            let known = self.log.read(&account, &key).await?.map_or(0, |logged| logged.revision);
            if self.is(Fault::WritesLate) && known == revision {
                tokio::task::yield_now().await;
                let newest = self.log.read(&account, &key).await?.map_or(0, |logged| logged.revision);
                return self.log.write(&account, &key, newest, record).await;
            }
            if self.is(Fault::Tears) && known > 0 {
                // half of it, and then the whole
                let half = self.log.read(&account, &key).await?.map(|logged| logged.record);
                self.log.write(&account, &key, known, &half.unwrap()).await?;
                tokio::task::yield_now().await;
                return self.log.write(&account, &key, known + 1, record).await;
            }
            let revision = if self.is(Fault::IgnoresRevisions) { known } else { revision };
            self.log.write(&account, &key, revision, record).await
        })
    }

    fn unfinished<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Vec<(String, LoggedBooking)>> {
        Box::pin(async move {
            let mut open = self.log.unfinished(&self.place(account, "").0).await?;
            if self.is(Fault::ListsAll)
                && let Some(done) = self.log.read(account, "done").await?
            {
                open.push(("done".to_owned(), done));
            }
            Ok(open)
        })
    }

    fn key_of<'a>(&'a self, account: &'a AccountKey, booking_id: BookingId) -> StateFuture<'a, Option<String>> {
        let former = self.former.lock().unwrap().get(&booking_id).cloned();
        Box::pin(async move {
            let found = self.log.key_of(&self.place(account, "").0, booking_id).await?;
            Ok(found.or(former.filter(|_| self.is(Fault::FindsFormer))))
        })
    }
}

#[tokio::test]
async fn each_rule_of_a_booking_log_can_be_broken() {
    let broken = async |fault| {
        let checks = conformance::booking_log(async || {
            let log = Faulty { fault, log: MemoryBookingLog::default(), former: Arc::default() };
            let subject = Subject::new(log.clone(), log);
            if fault == Fault::None { subject } else { subject.timeout(Duration::from_millis(300)) }
        });
        broken_by(checks).await
    };
    assert_eq!(broken(Fault::None).await, BTreeSet::new());
    for (fault, rule) in [
        (Fault::CountsNothing, "what was written is read"),
        (Fault::OneForAll, "the records of keys and accounts are kept apart"),
        (Fault::IgnoresRevisions, "an old revision replaces nothing"),
        (Fault::WritesLate, "of writers in a race one is first"),
        (Fault::ListsAll, "the unfinished records are listed"),
        (Fault::FindsFormer, "the key of a booking is found"),
        (Fault::Tears, "a write that is dropped is done or undone"),
    ] {
        let broken = broken(fault).await;
        assert!(broken.contains(rule), "{fault:?} breaks {broken:?}");
    }
}
