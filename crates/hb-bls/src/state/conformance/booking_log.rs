//! The rules of a [`BookingLog`].

use futures::future::join_all;
use hb_bls_gen::BookingId;

use super::{Outcome, Report, Subject, account, broken, check, dropped_after};
use crate::{
    Credentials, HoldDetails,
    state::{
        AccountKey, BookingLog, BookingProgress, BookingRecord, LoggedBooking,
        fingerprint::{DigestKey, Fingerprint},
    },
};

/// Checks a [`BookingLog`].
///
/// # Panics
///
/// With the names of the rules that do not hold.
pub async fn booking_log<S: BookingLog>(make: impl AsyncFn() -> Subject<S>) {
    let mut report = Report::default();
    report.rule("what was written is read", written(&make().await)).await;
    report.rule("the records of keys and accounts are kept apart", apart(&make().await)).await;
    report.rule("an old revision replaces nothing", old(&make().await)).await;
    report.rule("of writers in a race one is first", race(&make().await)).await;
    report.rule("the unfinished records are listed", unfinished(&make().await)).await;
    report.rule("the key of a booking is found", key_of(&make().await)).await;
    report.rule("a write that is dropped is done or undone", aborted(&make)).await;
    report.end();
}

fn record(state: BookingProgress) -> BookingRecord {
    let key = DigestKey::new(&account("one"), &Credentials::new("one", "an API key"));
    BookingRecord::new(state, Fingerprint::new(&key, [("email", "ada@example.com".to_owned())], ("Ada", "ada")))
}

fn held(hash: &str) -> BookingRecord {
    record(BookingProgress::Held { hold: HoldDetails::new(hash) })
}

fn booked(id: i64) -> BookingRecord {
    record(BookingProgress::Booked { booking_id: BookingId::new(id), slot: None })
}

impl<S: BookingLog> Subject<S> {
    async fn log(&self, account: &AccountKey, key: &str, revision: u64, record: &BookingRecord) -> Outcome<bool> {
        self.soon("the write", self.one.write(account, key, revision, record)).await
    }

    /// Fails unless both handles read this record.
    async fn logged(&self, account: &AccountKey, key: &str, expected: Option<(u64, &BookingRecord)>) -> Outcome {
        for log in [&self.one, &self.other] {
            let read = self.soon("what is read", log.read(account, key)).await?;
            let read = read.as_ref().map(|LoggedBooking { revision, record }| (*revision, record));
            check(read == expected, &format!("of {key:?} {read:?} is read instead of {expected:?}"))?;
        }
        Ok(())
    }
}

async fn written<S: BookingLog>(subject: &Subject<S>) -> Outcome {
    let account = account("one");
    let long = "\u{1f600}".repeat(50);
    for key in ["crm-4711/bls-2026", " ", "\u{e9} \"'\\\n\r\t\0%_{}", "..", "A", "a", &long] {
        subject.logged(&account, key, None).await?;
        let states = [held("one"), held("\"two\"\n"), booked(i64::MAX), held("three")];
        for (revision, record) in (0..).zip(&states) {
            check(subject.log(&account, key, revision, record).await?, "it is refused")?;
            subject.logged(&account, key, Some((revision + 1, record))).await?;
        }
    }
    Ok(())
}

async fn apart<S: BookingLog>(subject: &Subject<S>) -> Outcome {
    let (one, two) = (account("one"), account("two"));
    subject.log(&one, "key", 0, &held("one")).await?;
    for other in ["KEY", "key ", " key", "ke", "key/", "key%", "%"] {
        subject.logged(&one, other, None).await?;
    }
    subject.logged(&two, "key", None).await?;
    subject.log(&two, "key", 0, &held("two")).await?;
    subject.logged(&one, "key", Some((1, &held("one")))).await?;
    subject.logged(&two, "key", Some((1, &held("two")))).await
}

async fn old<S: BookingLog>(subject: &Subject<S>) -> Outcome {
    let account = account("one");
    check(!subject.log(&account, "key", 1, &held("none")).await?, "a record that is not there is replaced")?;
    subject.logged(&account, "key", None).await?;
    subject.log(&account, "key", 0, &held("first")).await?;
    subject.log(&account, "key", 1, &held("second")).await?;
    for revision in [0, 1, 3, u64::MAX >> 1] {
        check(!subject.log(&account, "key", revision, &held("late")).await?, "it is said to")?;
    }
    subject.logged(&account, "key", Some((2, &held("second")))).await
}

async fn race<S: BookingLog>(subject: &Subject<S>) -> Outcome {
    let account = account("one");
    for round in 0..10 {
        let records: Vec<_> = (0..8).map(booked).collect();
        let writers = records.iter().enumerate().map(|(number, record)| {
            let log = if number % 2 == 0 { &subject.one } else { &subject.other };
            log.write(&account, "key", round, record)
        });
        let racing = async { join_all(writers).await.into_iter().collect::<Result<Vec<_>, _>>() };
        let outcomes = subject.soon("the last of eight writers", racing).await?;
        let first: Vec<_> = records.iter().zip(&outcomes).filter(|(_, written)| **written).collect();
        let [(record, _)] = first[..] else { return broken(format!("{} of eight are", first.len())) };
        subject.logged(&account, "key", Some((round + 1, record))).await?;
    }
    Ok(())
}

async fn unfinished<S: BookingLog>(subject: &Subject<S>) -> Outcome {
    let (one, two) = (account("one"), account("two"));
    subject.log(&one, "open", 0, &held("open")).await?;
    subject.log(&one, "done", 0, &held("done")).await?;
    subject.log(&one, "done", 1, &booked(1)).await?;
    subject.log(&one, "again", 0, &booked(2)).await?;
    subject.log(&one, "again", 1, &held("again")).await?;
    let (kind, fields) = ("rejected".to_owned(), vec!["email".to_owned()]);
    let refused = BookingProgress::NotBooked { kind, reason: String::new(), fields };
    subject.log(&one, "refused", 0, &record(refused)).await?;
    subject.log(&two, "other", 0, &held("other")).await?;
    for log in [&subject.one, &subject.other] {
        let mut listed = subject.soon("the list", log.unfinished(&one)).await?;
        listed.sort_by(|(one, _), (other, _)| one.cmp(other));
        let listed: Vec<_> =
            listed.iter().map(|(key, logged)| (key.as_str(), logged.revision, &logged.record)).collect();
        check(listed == [("again", 2, &held("again")), ("open", 1, &held("open"))], &format!("{listed:?} are listed"))?;
    }
    Ok(())
}

async fn key_of<S: BookingLog>(subject: &Subject<S>) -> Outcome {
    let (one, two) = (account("one"), account("two"));
    let odd = "\u{e9} \"'\\\n\r\t\0%_{}";
    subject.log(&one, "open", 0, &held("open")).await?;
    subject.log(&one, odd, 0, &held("one")).await?;
    subject.log(&one, odd, 1, &booked(i64::MAX)).await?;
    subject.log(&one, "first", 0, &booked(7)).await?;
    // made again, since staff had cancelled it
    subject.log(&one, "again", 0, &booked(8)).await?;
    subject.log(&one, "again", 1, &held("again")).await?;
    subject.log(&one, "again", 2, &booked(9)).await?;
    // and one that is to be
    subject.log(&one, "reopened", 0, &booked(10)).await?;
    subject.log(&one, "reopened", 1, &record(BookingProgress::not_booked("reopened", ""))).await?;
    subject.log(&two, "other", 0, &booked(11)).await?;
    for log in [&subject.one, &subject.other] {
        for (id, expected) in [
            (i64::MAX, Some(odd)),
            (7, Some("first")),
            (9, Some("again")),
            (8, None),
            (10, None),
            (11, None),
            (12, None),
        ] {
            let found = subject.soon("the key", log.key_of(&one, BookingId::new(id))).await?;
            check(found.as_deref() == expected, &format!("that of {id} is {found:?} instead of {expected:?}"))?;
        }
    }
    Ok(())
}

async fn aborted<S: BookingLog>(make: &impl AsyncFn() -> Subject<S>) -> Outcome {
    for polls in 1.. {
        let (subject, account) = (make().await, account("one"));
        subject.log(&account, "key", 0, &held("old")).await?;
        let new = booked(1);
        let writing = subject.one.write(&account, "key", 1, &new);
        let over = dropped_after(polls, subject.timeout, writing).await.is_some();
        let read = subject.soon("what is read", subject.other.read(&account, "key")).await?;
        let whole = read.is_some_and(|LoggedBooking { revision, record }| {
            (revision, &record) == (1, &held("old")) || (revision, &record) == (2, &new)
        });
        check(whole, &format!("after {polls} polls it is neither"))?;
        if over {
            break;
        }
    }
    Ok(())
}
