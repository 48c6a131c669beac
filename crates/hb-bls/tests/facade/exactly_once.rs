//! A booking is made once, whatever happens to requests and responses.

use std::collections::HashMap;

use futures::TryStreamExt as _;
use hb_bls::{BookRequest, CourseId, ErrorKind};
use hb_bls_sandbox::{Fault, FaultKind};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::{
    book::{details, requests, with_credits},
    cause_of, count,
    virtual_time::VirtualTime,
};

const KINDS: [FaultKind; 6] = [
    FaultKind::ResetBefore,
    FaultKind::ResetAfter,
    FaultKind::Latency,
    FaultKind::Status,
    FaultKind::Truncate,
    FaultKind::Html,
];
/// The steps of a booking, and those that settle a lost response.
const STEPS: [&str; 5] = ["listTimeslots", "holdTimeslot", "createBooking", "listBookings", "releaseTimeslotHold"];

fn fault(step: &str, kind: FaultKind, ms: u64) -> Fault {
    match kind {
        // a delay longer than the client waits; the request is still carried out
        FaultKind::Latency => Fault::latency(step, ms),
        kind => Fault::new(step, kind),
    }
}

/// Every kind of fault at every step, at one attempt up to all four; then random faults at several steps at once.
fn plan() -> Vec<Vec<Fault>> {
    let mut plan = Vec::new();
    for step in STEPS {
        for kind in KINDS {
            for times in 1..=4 {
                let mut faults = vec![fault(step, kind, 4).times(times)];
                if ["listBookings", "releaseTimeslotHold"].contains(&step) {
                    // these steps occur only after this fault
                    faults.push(Fault::new("createBooking", FaultKind::ResetAfter).times(4));
                }
                plan.push(faults);
            }
        }
    }
    let mut random = StdRng::seed_from_u64(7);
    while plan.len() < 1000 {
        let faults = (0..random.random_range(1..=4)).map(|_| {
            let (step, kind) = (STEPS[random.random_range(0..STEPS.len())], KINDS[random.random_range(0..KINDS.len())]);
            fault(step, kind, 4).times(random.random_range(1..=2))
        });
        plan.push(faults.collect());
    }
    plan
}

#[tokio::test]
async fn a_thousand_bookings_are_made_once_or_said_not_to_be() {
    let mut time = VirtualTime::without_rate_limit().await;
    time.clock = time.clock.with_latency();
    with_credits(&time, 2000).await;
    let client = time.builder().without_rate_limit().build().unwrap();
    let plan = plan();
    let mut slots = requests(&time, &client, plan.len()).await.into_iter();
    let mut outcomes = Vec::new();
    for (number, faults) in plan.iter().enumerate() {
        for fault in faults {
            time.sandbox.inject(fault.clone()).await.unwrap();
        }
        let slot = slots.next().unwrap();
        // listing timeslots is a step only if the earliest is wanted
        let looks = faults.iter().any(|fault| fault.operation == "listTimeslots");
        let request =
            if looks { BookRequest::earliest(CourseId::new(1), details(number)).months_ahead(12) } else { slot };
        outcomes.push(time.drive(client.book(&request)).await);
        time.sandbox.clear_faults().await.unwrap();
        // delayed requests are carried out late
        while time.sandbox.delayed() > 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut made: HashMap<String, usize> = HashMap::new();
    let listed = client.bookings().list().per_page(100).items().try_for_each(|booking| {
        *made.entry(booking.candidate.unwrap().email.unwrap()).or_default() += 1;
        async { Ok(()) }
    });
    time.drive(listed).await.unwrap();
    let (mut booked, mut ambiguous, mut failed) = (0, 0, 0);
    // a call has four attempts, so fewer faults than that at each step cost only time
    let is_survived = |faults: &[Fault]| {
        let mut times = HashMap::<&str, u32>::new();
        faults.iter().for_each(|fault| *times.entry(&fault.operation).or_default() += fault.times);
        times.values().all(|times| *times < 4)
    };
    for (number, outcome) in outcomes.iter().enumerate() {
        let made = made.get(&details(number).email).copied().unwrap_or(0);
        let faults = &plan[number];
        assert!(outcome.is_ok() || !is_survived(faults), "{number}: {outcome:?} after {faults:?}");
        match outcome {
            Ok(booking) => {
                assert_eq!(booking.candidate.as_ref().unwrap().email.as_ref(), Some(&details(number).email));
                assert_eq!(made, 1, "{number}: {faults:?}");
                booked += 1;
            }
            Err(error) if error.is_ambiguous() => {
                assert!(made <= 1, "{number}: {faults:?}");
                // after a failed booking the hold is known; if the hold is not known, nothing was booked
                assert!(error.hold_hash().is_some() || made == 0, "{number}: {faults:?}");
                ambiguous += 1;
            }
            Err(error) => {
                assert_eq!(made, 0, "{number}: {error:?} after {faults:?}");
                assert!(error.is_retryable(), "{number}: {error:?} after {faults:?}");
                failed += 1;
            }
        }
    }
    println!("{booked} booked, {failed} not, {ambiguous} not known");
    assert_eq!(made.values().sum::<usize>(), made.len(), "nobody twice");
    // no hold is left: the next hold succeeds at once, or finds and releases the last one that was lost
    let last = BookRequest::earliest(CourseId::new(1), details(1000)).months_ahead(12);
    time.drive(client.book(&last)).await.unwrap();
}

#[tokio::test]
async fn one_lost_answer_at_any_step_costs_a_request_and_no_more() {
    for kind in KINDS {
        for step in &STEPS[..3] {
            let mut time = VirtualTime::without_rate_limit().await;
            time.clock = time.clock.with_latency();
            let client = time.client();
            time.sandbox.inject(fault(step, kind, 100)).await.unwrap();
            let booking = time.drive(client.book(&BookRequest::earliest(CourseId::new(1), details(1)))).await.unwrap();
            assert_eq!(booking.candidate.unwrap().email.unwrap(), "ada1@example.com");
            assert_eq!(
                count(&time.sandbox, "createBooking").await,
                1 + usize::from(*step == "createBooking"),
                "{kind:?}"
            );
            assert_eq!(
                count(&time.sandbox, "holdTimeslot").await,
                1 + usize::from(*step == "holdTimeslot"),
                "{kind:?}"
            );
            let balance = time.drive(client.account().balances()).await.unwrap().booking_credits[0].credits;
            assert_eq!(balance, 11, "{step} {kind:?}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_settled_says_what_is_known() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.client();
    let request = requests(&time, &client, 1).await.remove(0);
    for step in ["createBooking", "listBookings", "releaseTimeslotHold"] {
        time.sandbox.inject(Fault::new(step, FaultKind::ResetAfter).times(100)).await.unwrap();
    }
    let error = time.drive(client.book(&request)).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Ambiguous, Some("createBooking")), "{error:?}");
    let cause = cause_of(&error);
    assert!(matches!(cause.kind(), ErrorKind::Network | ErrorKind::NotFound | ErrorKind::Rejected), "{cause:?}");
    let text = error.to_string();
    assert!(text.contains(error.hold_hash().unwrap()) && text.contains("check the list of bookings"), "{text}");
    assert!(!text.contains("ada") && !error.is_retryable());
    assert_eq!(error.kind().as_str(), "ambiguous");
}

#[tokio::test]
async fn a_hold_that_nobody_knows_of_is_cleared_away_by_the_next_booking() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.client();
    let requests = requests(&time, &client, 3).await;
    time.sandbox.inject(Fault::new("holdTimeslot", FaultKind::ResetAfter).times(4)).await.unwrap();
    let error = time.drive(client.book(&requests[0])).await.unwrap_err();
    assert!(
        error.kind() == ErrorKind::Ambiguous
            && error.operation() == Some("holdTimeslot")
            && error.hold_hash().is_none(),
        "{error:?}"
    );
    time.drive(client.book(&requests[1])).await.unwrap();
    time.drive(client.book(&requests[2])).await.unwrap();
    assert_eq!(count(&time.sandbox, "releaseTimeslotHold").await, 1);
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_is_reported_and_nothing_is_booked() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.client();
    let mut wrong = details(1);
    wrong.email = "nobody".into();
    time.sandbox.inject(Fault::new("createBooking", FaultKind::ResetBefore)).await.unwrap();
    let error = time.drive(client.book(&BookRequest::earliest(CourseId::new(1), wrong))).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Rejected && error.status() == Some(422), "{error:?}");
    let all: Vec<_> = time.drive(client.bookings().list().items().try_collect()).await.unwrap();
    assert!(all.is_empty());
    assert_eq!(count(&time.sandbox, "releaseTimeslotHold").await, 1);
}
