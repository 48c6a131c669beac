//! An account can hold only one timeslot at a time, so concurrent bookings queue.

use std::{collections::HashSet, sync::Mutex};

use futures::{StreamExt as _, future::join_all};
use hb_bls::{
    BookRequest, BookingDetails, CallOptions, Client, Clock as _, CourseId, ErrorKind, HoldDetails,
    state::{AccountKey, AccountLock as _, MemoryAccountLock},
};
use hb_bls_sandbox::{AccountPatch, Fault};
use jiff::SignedDuration;

use crate::{count, credentials, virtual_time::VirtualTime, walk};

/// The details of a candidate with a unique name.
pub fn details(number: usize) -> BookingDetails {
    let mut details = walk::details();
    details.first_name = format!("Ada{number}");
    details.email = format!("ada{number}@example.com");
    details
}

pub async fn with_credits(time: &VirtualTime, credits: i64) {
    let patch = AccountPatch::default().credits([(1, credits)]);
    time.sandbox.set_account(patch).await.unwrap();
}

/// Requests for this many different timeslots.
pub async fn requests(time: &VirtualTime, client: &Client, number: usize) -> Vec<BookRequest> {
    let slots = time.drive(client.timeslots().list(CourseId::new(1)).months_ahead(12)).await.unwrap();
    assert!(slots.len() >= number);
    let slots = slots.into_iter().take(number).enumerate();
    slots.map(|(number, slot)| BookRequest::at(CourseId::new(1), slot.date, slot.time, details(number))).collect()
}

#[tokio::test]
async fn two_hundred_bookings_at_once_take_two_requests_each_and_meet_no_conflict() {
    let time = VirtualTime::with_rate_limit().await;
    with_credits(&time, 300).await;
    let client = time.client();
    let requests = requests(&time, &client, 200).await;
    let outcomes = time.drive(join_all(requests.iter().map(|request| client.book(request)))).await;
    let ids: HashSet<_> = outcomes.into_iter().map(|outcome| outcome.unwrap().id).collect();
    assert_eq!(ids.len(), 200);
    assert_eq!(time.with_status(409).await, 0);
    assert_eq!(time.with_status(429).await, 0);
    assert_eq!(time.sandbox.requests().await.unwrap().len(), 2 * 200 + 2, "beyond the token and the slot query");
}

#[tokio::test]
async fn at_the_quota_thirty_bookings_are_made_a_minute() {
    let time = VirtualTime::with_rate_limit().await;
    with_credits(&time, 1000).await;
    let client = time.client();
    let requests = requests(&time, &client, 320).await;
    // the minute in which the token and the timeslots were requested is over
    time.clock.advance(std::time::Duration::from_secs(60));
    time.sandbox.advance(std::time::Duration::from_secs(60)).await.unwrap();
    let start = time.sandbox.now();
    let made = Mutex::new(Vec::new());
    let book = async |request| {
        client.book(request).await.unwrap();
        made.lock().unwrap().push(time.sandbox.now());
    };
    time.drive(join_all(requests.iter().map(book))).await;
    let end = start + SignedDuration::from_mins(10);
    let made = made.into_inner().unwrap().into_iter().filter(|at| *at < end).count();
    assert!(made >= 295, "{made} in ten minutes");
    assert_eq!(time.with_status(429).await, 0);
}

#[tokio::test]
async fn a_list_is_booked_in_order_and_goes_on_after_failures() {
    let time = VirtualTime::without_rate_limit().await;
    with_credits(&time, 100).await;
    let client = time.client();
    let mut requests = requests(&time, &client, 5).await;
    let mut wrong = details(1);
    wrong.email = "nobody".into();
    let earliest = BookRequest::earliest(CourseId::new(1), wrong);
    requests[1] = earliest;
    let mut booking = client.book_all(requests);
    let mut outcomes = Vec::new();
    // polled where it is: nobody has to pin it
    while let Some(outcome) = time.drive(booking.next()).await {
        outcomes.push(outcome);
    }
    let names: Vec<_> = outcomes
        .iter()
        .map(|outcome| outcome.as_ref().ok().map(|booking| booking.candidate.as_ref().unwrap().name.clone().unwrap()))
        .collect();
    let name = |number| Some(format!("Ada{number} O'Neill"));
    assert_eq!(names, [name(0), None, name(2), name(3), name(4)]);
    assert!(matches!(&outcomes[1], Err(error) if error.kind() == ErrorKind::Rejected));
    assert_eq!(count(&time.sandbox, "releaseTimeslotHold").await, 1, "the hold of the one that failed");
}

#[tokio::test]
async fn the_earliest_slot_that_is_still_free_is_booked() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.client();
    let slots = time.drive(client.timeslots().list(CourseId::new(1))).await.unwrap();
    let first = time.drive(client.book(&BookRequest::earliest(CourseId::new(1), details(1)))).await.unwrap();
    assert_eq!(first.start_date, slots[0].starts_at());
    // somebody else has taken the next timeslot since the list, and takes it again after the next list
    time.sandbox.inject(Fault::status("holdTimeslot", 422).times(2)).await.unwrap();
    let second = time.drive(client.book(&BookRequest::earliest(CourseId::new(1), details(2)))).await.unwrap();
    assert_eq!(second.start_date, slots[2].starts_at());
    let last = slots.last().unwrap().date;
    let request = BookRequest::earliest_on(CourseId::new(1), last, details(3)).months_ahead(12);
    assert_eq!(time.drive(client.book(&request)).await.unwrap().start_date.unwrap().date(), last);
    let sunday = "2026-06-14".parse().unwrap();
    let error =
        time.drive(client.book(&BookRequest::earliest_on(CourseId::new(1), sunday, details(4)))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoTimeslot, "{error:?}");
    assert_eq!(count(&time.sandbox, "releaseTimeslotHold").await, 0);
}

fn earliest(number: usize) -> BookRequest {
    BookRequest::earliest(CourseId::new(1), details(number))
}

#[tokio::test]
async fn at_the_quota_the_earliest_timeslots_are_booked_as_fast_as_named_ones() {
    let time = VirtualTime::with_rate_limit().await;
    with_credits(&time, 1000).await;
    let client = time.client();
    let start = time.sandbox.now();
    let requests: Vec<_> = (0..320).map(|number| earliest(number).months_ahead(12)).collect();
    let made = Mutex::new(Vec::new());
    let book = async |request| {
        client.book(request).await.unwrap();
        made.lock().unwrap().push(time.sandbox.now());
    };
    time.drive(join_all(requests.iter().map(book))).await;
    let end = start + SignedDuration::from_mins(10);
    let made = made.into_inner().unwrap().into_iter().filter(|at| *at < end).count();
    assert!(made >= 294, "{made} in ten minutes");
    assert_eq!((time.with_status(409).await, time.with_status(422).await), (0, 0));
}

/// Once a minute, and whenever what was listed cannot be true any more.
#[tokio::test]
async fn timeslots_are_listed_again_when_the_list_is_old_or_wrong() {
    let time = VirtualTime::without_rate_limit().await;
    with_credits(&time, 100).await;
    let client = time.client();
    let listed = async || count(&time.sandbox, "listTimeslots").await;
    let book = async |number| time.drive(client.book(&earliest(number))).await.unwrap();
    book(1).await;
    book(2).await;
    assert_eq!(listed().await, 1);
    // another query
    let slots = time.drive(client.book(&earliest(3).months_ahead(2))).await.unwrap();
    assert_eq!(listed().await, 2);
    // whose answer shows that the next of the first list is taken
    let next = book(4).await;
    assert!(next.start_date > slots.start_date);
    assert_eq!(listed().await, 3);
    time.pass(std::time::Duration::from_secs(60)).await;
    book(5).await;
    assert_eq!(listed().await, 4);
    // a booking that fails gives its timeslot back, and the next one gets it
    let mut wrong = details(6);
    wrong.email = "nobody".into();
    time.drive(client.book(&BookRequest::earliest(CourseId::new(1), wrong))).await.unwrap_err();
    let sixth = book(6).await;
    assert_eq!(listed().await, 5);
    let slots = time.drive(client.timeslots().list(CourseId::new(1))).await.unwrap();
    assert!(slots.iter().all(|slot| slot.starts_at() > sixth.start_date), "nothing earlier is free");
}

#[tokio::test]
async fn a_hold_that_is_dropped_unused_is_released() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.client();
    let slots = time.drive(client.timeslots().list(CourseId::new(1))).await.unwrap();
    let hold = async |slot: usize| client.timeslots().hold(CourseId::new(1), slots[slot].date, slots[slot].time).await;
    let first = time.drive(hold(0)).await.unwrap();
    assert_eq!(first.time_left(), std::time::Duration::from_secs(30 * 60));
    drop(first);
    while count(&time.sandbox, "releaseTimeslotHold").await == 0 {
        tokio::task::yield_now().await;
    }
    let second = time.drive(hold(1)).await.unwrap();
    // a kept hold remains, and can be adopted
    let details = second.keep();
    let error = time.drive(hold(2)).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Conflict && error.conflicting_hold().is_some(), "{error:?}");
    let third = client.timeslots().adopt(HoldDetails::new(details.hold_hash));
    time.drive(client.bookings().create(third, &crate::walk::details())).await.unwrap();
    time.drive(hold(3)).await.unwrap().keep();
    assert_eq!(count(&time.sandbox, "releaseTimeslotHold").await, 1, "what is booked or kept is not released");
}

#[tokio::test]
async fn a_booking_that_is_given_up_releases_its_hold_before_the_next_begins() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.client();
    let requests = requests(&time, &client, 2).await;
    time.sandbox.inject(Fault::latency("createBooking", 200)).await.unwrap();
    let given_up = async {
        tokio::select! {
            outcome = client.book(&requests[0]) => panic!("{outcome:?}"),
            () = async { while time.sandbox.delayed() == 0 { tokio::task::yield_now().await } } => {}
        }
        client.book(&requests[1]).await
    };
    time.drive(given_up).await.unwrap();
    let requests = time.sandbox.requests().await.unwrap();
    let holds = requests.iter().filter(|request| request.operation_id == Some("holdTimeslot"));
    assert!(holds.clone().all(|request| request.status == Some(201)), "{requests:?}");
    assert_eq!(count(&time.sandbox, "releaseTimeslotHold").await, 1);
}

#[tokio::test]
async fn who_queues_is_given_up_after_the_timeout_of_a_call() {
    let time = VirtualTime::without_rate_limit().await;
    let (lock, client) = (MemoryAccountLock::default(), time.builder());
    let client = client.account_lock(lock.clone()).build().unwrap();
    let requests = requests(&time, &client, 1).await;
    let account = AccountKey::new(time.sandbox.base_url(), &credentials(&time.sandbox));
    let others = lock.acquire(&account).await.unwrap();
    let hasty = client.with_options(CallOptions::new().timeout(std::time::Duration::from_secs(5)));
    let began = time.clock.now();
    let error = time.drive(hasty.book(&requests[0])).await.unwrap_err();
    assert_eq!(error.to_string(), "holdTimeslot: timed out after 5 s: still waiting, and nothing was sent");
    assert!(error.kind() == ErrorKind::Timeout && !error.was_sent(), "{error:?}");
    assert_eq!(time.clock.now().duration_since(began).as_secs(), 5);
    assert!(error.is_retryable());
    drop(others);
    time.drive(hasty.book(&requests[0])).await.unwrap();
}

#[tokio::test]
async fn a_hold_of_somebody_else_is_not_taken() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.client();
    let requests = requests(&time, &client, 2).await;
    let slots = time.drive(client.timeslots().list(CourseId::new(1))).await.unwrap();
    let other = time.drive(client.timeslots().hold(CourseId::new(1), slots[0].date, slots[0].time)).await.unwrap();
    // even for the same timeslot: no response was lost, so the hold is not ours
    let error = time.drive(client.book(&requests[0])).await.unwrap_err();
    assert_eq!(error.conflicting_hold().unwrap().hold_hash, other.hash(), "{error:?}");
    assert_eq!(count(&time.sandbox, "releaseTimeslotHold").await, 0);
}
