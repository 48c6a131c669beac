//! Killed while a booking was under way, and run again when the world has moved on.

use std::{process::Child, process::Stdio, time::Duration};

use hb_bls::{BookRequest, Booking, BookingDetails, BookingStatus, CourseId, PayOption};
use hb_bls_sandbox::{Fault, FaultKind};

use crate::bulk::support::{Bulk, COMMAND, email};

const MINUTE: Duration = Duration::from_secs(60);

/// What has become of the candidate and the booking since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Untouched,
    Moved,
    Cancelled,
    Attended,
    /// The same person has an older booking of the course.
    OlderTwin,
    /// Somebody of the same address has one.
    SameAddress,
}

const ALL: [Since; 6] =
    [Since::Untouched, Since::Moved, Since::Cancelled, Since::Attended, Since::OlderTwin, Since::SameAddress];

fn spawn(bulk: &Bulk) -> Child {
    // some are booked before by hand, and meant to be booked once more
    let args: Vec<&str> = COMMAND.split(' ').chain(["--allow-duplicates"]).collect();
    bulk.machine.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Begins a run with one candidate, and kills it while it asks for the booking.
fn killed(kind: FaultKind, since: Since) -> Bulk {
    let bulk = Bulk::new(1);
    if let Since::OlderTwin | Since::SameAddress = since {
        book_by_hand(&bulk, since);
    }
    bulk.portal.run(async |sandbox| sandbox.advance(MINUTE).await);
    let before = bulk.portal.count("POST", "/api/v1/bookings");
    bulk.portal.inject(Fault::new("createBooking", kind).times(99));
    let mut child = spawn(&bulk);
    while bulk.portal.count("POST", "/api/v1/bookings") == before {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    bulk.portal.run(async |sandbox| sandbox.clear_faults().await);
    bulk
}

fn book_by_hand(bulk: &Bulk, since: Since) {
    let (first, last) = if since == Since::OlderTwin { ("Name1", "Quill") } else { ("Amara", "Okafor") };
    let details = BookingDetails::builder()
        .first_name(first)
        .last_name(last)
        .email(email(1))
        .phone("+447700900001")
        .address("1, Harbour Street")
        .city("Porthaven")
        .postcode("PH1 2AB")
        .job_role("Nurse")
        .pay_option(PayOption::Credits)
        .agency_contact_name("Jo Harbour")
        .agency_contact_email("jo@agency.example")
        .build();
    bulk.portal.wait(bulk.portal.client().book(&BookRequest::earliest(CourseId::new(2), details))).unwrap();
}

/// The candidate's bookings but for older ones of the same person or address.
fn made(bulk: &Bulk, since: Since) -> Vec<Booking> {
    let mut all = bulk.bookings();
    all.sort_by_key(|booking| booking.id);
    all.split_off(usize::from(matches!(since, Since::OlderTwin | Since::SameAddress)))
}

#[test]
fn nobody_is_booked_twice_whatever_has_happened_since() {
    for kind in [FaultKind::ResetBefore, FaultKind::ResetAfter] {
        for later in [MINUTE, 40 * MINUTE] {
            for since in ALL {
                let what = format!("{kind:?}, {} minutes later, {since:?}", later.as_secs() / 60);
                let bulk = killed(kind, since);
                let booked = made(&bulk, since);
                assert_eq!(booked.len(), usize::from(kind == FaultKind::ResetAfter), "{what}");
                bulk.portal.run(async |sandbox| sandbox.advance(later).await);
                if let [booking] = &booked[..] {
                    let id = booking.id.get();
                    let slots = bulk.machine.run("slots list --course 2 --output json").json();
                    let free = slots.as_array().unwrap().last().unwrap();
                    let [date, time] = ["date", "time"].map(|name| free[name].as_str().unwrap().to_owned());
                    bulk.portal.run(async |sandbox| {
                        match since {
                            Since::Moved => drop(sandbox.reschedule(id, &date, &time).await?),
                            Since::Cancelled => drop(sandbox.cancel(id).await?),
                            Since::Attended => drop(sandbox.complete(id).await?),
                            Since::Untouched | Since::OlderTwin | Since::SameAddress => {}
                        }
                        Ok(())
                    });
                }
                let run = bulk.run("--output json");
                assert_eq!(run.code, 0, "{what}: {}", run.stderr);
                let made = made(&bulk, since);
                assert_eq!(made.len(), 1, "{what}: {}", run.stderr);
                let outcome = &run.json()[0];
                let is_cancelled = since == Since::Cancelled && !booked.is_empty();
                assert_eq!(outcome["outcome"], if is_cancelled { "cancelled" } else { "booked" }, "{what}");
                assert_eq!(outcome["booking_id"], made[0].id.get(), "{what}");
                if let [booking] = &booked[..] {
                    assert_eq!(booking.id, made[0].id, "{what}");
                }
            }
        }
    }
}

#[test]
fn who_was_cancelled_since_is_reported_and_booked_again_only_on_demand() {
    // one whose booking was found cancelled, and one who was booked and known to be
    let bulk = killed(FaultKind::ResetAfter, Since::Cancelled);
    let cancel = |id: i64| drop(bulk.portal.run(async |sandbox| sandbox.cancel(id).await));
    cancel(bulk.bookings()[0].id.get());
    for _ in 0..2 {
        let run = bulk.run("--output json");
        assert_eq!(run.code, 0, "{}", run.stderr);
        let outcome = &run.json()[0];
        assert_eq!(outcome["outcome"], "cancelled");
        assert_eq!(outcome["reason"], "booked, cancelled since");
        assert!(run.stderr.contains("1 booked and cancelled since"), "{}", run.stderr);
        assert!(run.stderr.contains("--rebook-cancelled books those again"), "{}", run.stderr);
        assert_eq!(bulk.bookings().len(), 1);
    }
    for look in ["--check", "--dry-run"] {
        let look = bulk.run(look);
        let told = "was cancelled since; --rebook-cancelled books the candidate again";
        assert!(look.code == 0 && (look.stdout + &look.stderr).contains(told));
    }
    let dry = bulk.run("--rebook-cancelled --dry-run --output json").json();
    assert_eq!(dry["rows"].as_array().unwrap().len(), 1);
    let run = bulk.run("--rebook-cancelled --output json");
    assert_eq!((run.code, run.json()[0]["outcome"].as_str()), (0, Some("booked")), "{}", run.stderr);
    let status = |bulk: &Bulk| {
        let mut bookings = bulk.bookings();
        bookings.sort_by_key(|booking| booking.id);
        bookings.into_iter().map(|booking| booking.booking_status.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(status(&bulk), [BookingStatus::Cancelled, BookingStatus::Booked]);
    // the same once more finds nobody to book again
    let run = bulk.run("--rebook-cancelled");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(bulk.bookings().len(), 2);
    cancel(2);
    assert_eq!(bulk.run("--output json").json()[0]["outcome"], "cancelled");
}

#[test]
fn a_portal_that_does_not_take_the_question_for_cancelled_bookings_is_asked_for_all() {
    let bulk = Bulk::new(1);
    assert_eq!(bulk.run("").code, 0);
    let id = bulk.bookings()[0].id.get();
    bulk.portal.run(async |sandbox| sandbox.cancel(id).await);
    bulk.portal.inject(Fault::status("listBookings", 422));
    let run = bulk.run("--output json");
    assert_eq!((run.code, run.json()[0]["outcome"].as_str()), (0, Some("cancelled")), "{}", run.stderr);
}

#[test]
fn a_booking_that_is_found_cancelled_is_made_again_at_once_on_demand() {
    let bulk = killed(FaultKind::ResetAfter, Since::Cancelled);
    let id = bulk.bookings()[0].id.get();
    bulk.portal.run(async |sandbox| sandbox.cancel(id).await);
    let run = bulk.run("--rebook-cancelled --output json");
    assert_eq!((run.code, run.json()[0]["outcome"].as_str()), (0, Some("booked")), "{}", run.stderr);
    assert_eq!(bulk.bookings().len(), 2);
}
