//! Bookings with a key: one booking for each, wherever the process that makes it ends, and however much later it is asked
//! for again.

mod process;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures::future::join_all;
use hb_bls::{
    BookRequest, Booking, BookingId, BookingStatus, CourseId, Credentials, ErrorKind,
    state::{
        AccountKey, BookingLog, BookingProgress, BookingRecord, LoggedBooking, MemoryAccountLock, MemoryBookingLog,
        StateError, StateFuture,
    },
};
use hb_bls_sandbox::{Fault, FaultKind};
use process::{Crash, KEY, Run, request};

use crate::walk::details;

fn crashes() -> Vec<Crash> {
    let writes = (1..=4).flat_map(|write| [Crash::BeforeWrite(write), Crash::AfterWrite(write)]);
    writes.chain([Crash::AfterRequest("hold"), Crash::AfterRequest("bookings")]).collect()
}

#[tokio::test]
async fn the_same_key_gives_the_same_booking_after_a_crash_anywhere() {
    for crash in crashes() {
        for later in [0, 25, 40 * 60, 26 * 60 * 60] {
            for staff in [None, Some("moved"), Some("cancelled")] {
                let run = Run::new().await;
                run.book_and_crash(crash).await;
                let before = run.bookings().await;
                let what = format!("{crash:?}, {later} s later, {staff:?}");
                if let [booking] = &before[..] {
                    match staff {
                        Some("moved") => {
                            run.time.sandbox.reschedule(booking.id.get(), "2026-07-08", "14:00").await.unwrap();
                        }
                        Some(_) => drop(run.time.sandbox.cancel(booking.id.get()).await.unwrap()),
                        None => {}
                    }
                } else if staff.is_some() {
                    continue;
                }
                run.time.pass(Duration::from_secs(later)).await;
                let booking = run.book().await.unwrap_or_else(|error| panic!("{what}: {error:#}"));
                let after = run.bookings().await;
                assert_eq!(after.len(), 1, "{what}");
                assert_eq!(after[0].id, booking.id, "{what}");
                assert!(before.is_empty() || before[0].id == booking.id, "{what}");
                let cancelled = booking.booking_status == Some(BookingStatus::Cancelled);
                assert_eq!(cancelled, staff == Some("cancelled"), "{what}: the status is told");
                let BookingProgress::Booked { booking_id, slot, .. } = run.state().await else { panic!("{what}") };
                assert_eq!((booking_id, slot.unwrap().date), (booking.id, "2026-06-08".parse().unwrap()), "{what}");
                assert_eq!(run.book().await.unwrap().id, booking.id, "{what}: and again");
                run.check_no_hold(&run.client(), &what).await;
            }
        }
    }
}

#[tokio::test]
async fn what_a_crash_has_left_is_settled_without_the_details() {
    for crash in crashes() {
        for later in [0, 40 * 60] {
            let run = Run::new().await;
            run.book_and_crash(crash).await;
            run.time.pass(Duration::from_secs(later)).await;
            let client = run.client();
            let unfinished = client.keyed_bookings().unfinished().await.unwrap();
            let finished = matches!(crash, Crash::BeforeWrite(1) | Crash::AfterWrite(4));
            assert_eq!(unfinished.len(), usize::from(!finished), "{crash:?}");
            let settled = run.time.drive(client.keyed_bookings().settle_all()).await.unwrap();
            assert!(client.keyed_bookings().unfinished().await.unwrap().is_empty(), "{crash:?}");
            let bookings = run.bookings().await;
            match (settled.first().map(|booking| &booking.state), &bookings[..]) {
                (None, _) => assert!(finished),
                (Some(BookingProgress::Booked { booking_id, .. }), [booking]) => assert_eq!(*booking_id, booking.id),
                (Some(BookingProgress::NotBooked { kind, .. }), []) => assert_eq!(kind, "interrupted"),
                other => panic!("{crash:?}: {other:?}"),
            }
            run.check_no_hold(&client, &format!("{crash:?}")).await;
        }
    }
}

/// The hold is gone because it was released, or because it was booked. Until it would have expired, nobody can tell which.
#[tokio::test]
async fn a_crash_and_a_release_whose_response_is_lost_are_settled_when_the_hold_has_expired() {
    for crash in [Crash::AfterWrite(3), Crash::AfterRequest("bookings")] {
        let run = Run::new().await;
        run.book_and_crash(crash).await;
        let before = run.bookings().await.len();
        run.time.sandbox.inject(Fault::new("releaseTimeslotHold", FaultKind::ResetAfter)).await.unwrap();
        let outcome = run.book().await;
        if before == 0 {
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Ambiguous, "{error:?}");
            assert!(matches!(run.state().await, BookingProgress::Unknown { .. }));
            assert_eq!(run.book().await.unwrap_err().kind(), ErrorKind::Ambiguous, "nothing is known yet");
            run.time.pass(Duration::from_secs(36 * 60)).await;
            run.time.sandbox.clear_faults().await.unwrap();
            run.book().await.unwrap();
        } else {
            outcome.unwrap();
        }
        assert_eq!(run.bookings().await.len(), 1, "{crash:?}");
    }
}

/// Agencies use one address for several candidates. What was booked for another key is not taken for what a crash has left
/// open, nor does it keep that open for ever.
#[tokio::test]
async fn the_booking_of_another_key_is_no_reason_to_doubt() {
    for other_name in [true, false] {
        let run = Run::new().await;
        run.book_and_crash(Crash::AfterWrite(3)).await;
        run.time.sandbox.inject(Fault::new("releaseTimeslotHold", FaultKind::ResetAfter)).await.unwrap();
        assert_eq!(run.book().await.unwrap_err().kind(), ErrorKind::Ambiguous);
        run.time.sandbox.clear_faults().await.unwrap();

        run.time.pass(Duration::from_secs(60)).await;
        let mut details = details();
        if other_name {
            details.first_name = "Someone".into();
        } else {
            details.phone = "+44 7700 900999".into();
        }
        let at = ("2026-06-09".parse().unwrap(), "09:00".parse().unwrap());
        let request = BookRequest::at(CourseId::new(1), at.0, at.1, details).key("other");
        let other = run.time.drive(run.client().book(&request)).await.unwrap();

        assert_eq!(run.book().await.unwrap_err().kind(), ErrorKind::Ambiguous, "the hold has not expired");
        run.time.pass(Duration::from_secs(36 * 60)).await;
        let booking = run.book().await.unwrap();
        assert_ne!(booking.id, other.id);
        assert_eq!(run.bookings().await.len(), 2);
        let keyed = run.client();
        for (id, key) in [(booking.id, Some(KEY)), (other.id, Some("other")), (BookingId::new(77), None)] {
            assert_eq!(keyed.keyed_bookings().key_of(id).await.unwrap().as_deref(), key);
        }
    }
}

#[tokio::test]
async fn many_at_once_get_one_booking() {
    let run = Run::new().await;
    let lock = MemoryAccountLock::default();
    let builder = || run.time.builder().without_rate_limit().booking_log(run.log.clone());
    // four processes that share the lock of the account, too: an account can have one hold at a time
    let clients: Vec<_> = (0..4).map(|_| builder().account_lock(lock.clone()).build().unwrap()).collect();
    let request = request();
    let all = join_all((0..12).map(|number| clients[number % 4].book(&request)));
    let ids: Vec<_> = run.time.drive(all).await.into_iter().map(|booking| booking.unwrap().id).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(run.bookings().await.len(), 1);
}

#[tokio::test]
async fn a_key_with_other_details_is_refused_and_the_fields_are_named() {
    let run = Run::new().await;
    let booking = run.book().await.unwrap();
    let mut other = details();
    other.email = "someone.else@example.com".into();
    other.phone = "+44 7700 900999".into();
    let at = ("2026-06-08".parse().unwrap(), "09:00".parse().unwrap());
    let request = BookRequest::at(CourseId::new(1), at.0, at.1, other).key(KEY);
    let error = run.time.drive(run.client().book(&request)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.differing_fields()),
        (ErrorKind::KeyReused, &["email".to_owned(), "phone".to_owned()][..])
    );
    let told = format!("{error} {error:#} {error:?}");
    assert!(told.contains("email, phone") && !told.contains("someone") && !told.contains("900999"), "{told}");
    let earliest = BookRequest::earliest(CourseId::new(1), details()).key(KEY);
    let error = run.time.drive(run.client().book(&earliest)).await.unwrap_err();
    assert_eq!(error.differing_fields(), ["slot"]);
    assert_eq!(run.bookings().await.len(), 1);

    // a cancelled booking is booked again if that is wanted
    run.time.sandbox.cancel(booking.id.get()).await.unwrap();
    assert_eq!(run.book().await.unwrap().id, booking.id);
    run.client().keyed_bookings().reopen(KEY).await.unwrap();
    assert_ne!(run.book().await.unwrap().id, booking.id);
}

#[tokio::test]
async fn who_was_refused_may_be_corrected_and_the_log_says_nothing_personal() {
    let run = Run::new().await;
    let mut wrong = details();
    wrong.email = "not an address".into();
    let at = ("2026-06-08".parse().unwrap(), "09:00".parse().unwrap());
    let refused = BookRequest::at(CourseId::new(1), at.0, at.1, wrong.clone()).key(KEY);
    let error = run.time.drive(run.client().book(&refused)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    let BookingProgress::NotBooked { kind, reason, fields, .. } = run.state().await else { panic!("it is not booked") };
    assert_eq!((kind.as_str(), &fields[..]), ("rejected", &["email".to_owned()][..]));
    let keyed = run.client();
    assert!(keyed.keyed_bookings().differences(&refused).await.unwrap().is_empty());
    assert_eq!(keyed.keyed_bookings().differences(&request()).await.unwrap(), ["email"]);
    assert!(reason.contains("email"), "{reason}");
    run.check_no_hold(&run.client(), "after the refusal").await;
    run.book().await.unwrap();

    let account =
        AccountKey::without_api_key(run.time.sandbox.base_url(), crate::credentials(&run.time.sandbox).hb_client_id());
    let logged = run.log.read(&account, KEY).await.unwrap().unwrap();
    assert_eq!(logged.revision, 8, "asked, held, sent and refused; asked, held, sent and booked");
    let text = serde_json::to_string(&logged.record).unwrap();
    for value in [details().first_name, details().last_name, details().email, details().phone, details().postcode] {
        assert!(!text.to_lowercase().contains(&value.to_lowercase()), "{text}");
    }
    assert_eq!(serde_json::from_str::<BookingRecord>(&text).unwrap(), logged.record);
    let newer = text.replace("\"format\":1", "\"format\":2");
    let error = serde_json::from_str::<BookingRecord>(&newer).unwrap_err().to_string();
    assert!(error.contains("a newer version"), "{error}");
}

#[tokio::test]
async fn a_new_api_key_finds_the_booking_of_the_old_one() {
    for crash in [Crash::AfterRequest("bookings"), Crash::AfterWrite(4)] {
        let run = Run::new().await;
        run.book_and_crash(crash).await;
        // as if the API key were another: the digests were made with it
        let account = crate::credentials(&run.time.sandbox);
        let key = AccountKey::without_api_key(run.time.sandbox.base_url(), account.hb_client_id());
        let logged = run.log.read(&key, KEY).await.unwrap().unwrap();
        let mut value = serde_json::to_value(&logged.record).unwrap();
        value["fingerprint"]["key"] = "another".into();
        let record: BookingRecord = serde_json::from_value(value).unwrap();
        assert!(run.log.write(&key, KEY, logged.revision, &record).await.unwrap());

        let settled = run.time.drive(run.client().keyed_bookings().settle(KEY)).await.unwrap().unwrap();
        let is_open = matches!(settled.state, BookingProgress::Unknown { .. });
        assert_eq!(is_open, crash == Crash::AfterRequest("bookings"), "who it is for cannot be told: {settled:?}");
        let booking = run.book().await.unwrap();
        assert_eq!(run.bookings().await.len(), 1);
        assert_eq!(run.bookings().await[0].id, booking.id);
    }
}

/// A log that fails from a write on, or does not respond to it.
#[derive(Debug)]
struct Failing {
    log: MemoryBookingLog,
    writes: AtomicUsize,
    is_silent: bool,
}

impl BookingLog for Failing {
    fn read<'a>(&'a self, account: &'a AccountKey, key: &'a str) -> StateFuture<'a, Option<LoggedBooking>> {
        self.log.read(account, key)
    }

    fn write<'a>(
        &'a self,
        account: &'a AccountKey,
        key: &'a str,
        revision: u64,
        record: &'a BookingRecord,
    ) -> StateFuture<'a, bool> {
        let left = self.writes.load(Ordering::SeqCst);
        if left == 0 && self.is_silent {
            return Box::pin(std::future::pending());
        }
        if left == 0 {
            return Box::pin(async { Err(StateError::new("the disk is full")) });
        }
        self.writes.store(left - 1, Ordering::SeqCst);
        self.log.write(account, key, revision, record)
    }

    fn unfinished<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Vec<(String, LoggedBooking)>> {
        self.log.unfinished(account)
    }

    fn key_of<'a>(&'a self, account: &'a AccountKey, booking_id: BookingId) -> StateFuture<'a, Option<String>> {
        self.log.key_of(account, booking_id)
    }
}

#[tokio::test]
async fn nothing_is_booked_that_cannot_be_recorded() {
    for (writes, is_silent) in (0..=3).flat_map(|writes| [(writes, false), (writes, true)]) {
        let run = Run::new().await;
        let log = Failing { log: run.log.clone(), writes: AtomicUsize::new(writes), is_silent };
        let client = run.time.builder().without_rate_limit().booking_log(log).build().unwrap();
        let outcome = run.time.drive(client.book(&request())).await;
        if writes < 3 {
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::State, "{writes}: {error:?}");
            let cause = if is_silent { "no response within 30 s" } else { "the store failed: the disk is full" };
            assert!(format!("{error:#}").contains(&format!("the booking log: {cause}")), "{error:#}");
            assert!(run.bookings().await.is_empty(), "{writes}");
            run.check_no_hold(&run.client(), &format!("{writes}")).await;
        } else {
            // it was made all the same, and is found
            let booking = outcome.unwrap();
            assert_eq!(run.book().await.unwrap().id, booking.id);
            assert_eq!(run.bookings().await.len(), 1);
        }
    }
}

#[tokio::test]
async fn what_was_booked_without_the_log_can_be_recorded_once() {
    let run = Run::new().await;
    let client = run.client();
    let at = ("2026-06-08".parse().unwrap(), "09:00".parse().unwrap());
    let by_hand = BookRequest::at(CourseId::new(1), at.0, at.1, details());
    let booking = run.time.drive(client.book(&by_hand)).await.unwrap();
    assert_eq!(
        client.keyed_bookings().record(&by_hand, booked(&booking)).await.unwrap_err().kind(),
        ErrorKind::Configuration
    );
    assert!(client.keyed_bookings().record(&request(), booked(&booking)).await.unwrap());
    assert!(!client.keyed_bookings().record(&request(), BookingProgress::not_booked("x", "y")).await.unwrap());
    assert_eq!(run.book().await.unwrap().id, booking.id);
    assert_eq!(run.bookings().await.len(), 1);
}

fn booked(booking: &Booking) -> BookingProgress {
    BookingProgress::booked(booking.id, None)
}

#[tokio::test]
async fn keys_have_a_length_and_accounts_have_their_own() {
    let run = Run::new().await;
    for key in [String::new(), "k".repeat(201)] {
        let request = request().key(key);
        assert_eq!(run.time.drive(run.client().book(&request)).await.unwrap_err().kind(), ErrorKind::Configuration);
    }
    let longest = request().key("\u{e9}".repeat(100));
    run.time.drive(run.client().book(&longest)).await.unwrap();

    let other = run.time.sandbox.add_account().await.unwrap();
    let credentials = Credentials::new(&other.hb_client_id, other.api_key.as_str());
    let other = run.time.builder().credentials(credentials).booking_log(run.log.clone()).build().unwrap();
    let one = run.book().await;
    assert!(one.is_err(), "the candidate's timeslot is taken by the other key: {one:?}");
    assert!(other.keyed_bookings().get(KEY).await.unwrap().is_none());
    assert!(run.client().keyed_bookings().get(KEY).await.unwrap().is_some());
}
