//! At the rate limit, how fast bookings are made is a matter of how few requests they take. The bench `figures` measures it.

use std::collections::BTreeMap;

use crate::bulk::support::{Bulk, candidate};

/// At 60 requests a minute, these 85 take a little more than one minute. In each later minute the timeslots are listed once,
/// which leaves 29.5 bookings.
#[test]
fn a_booking_takes_two_requests_and_the_rest_are_few() {
    let bulk = Bulk::new(0);
    // all of one course
    bulk.write(&(1..=40).map(|number| candidate(2 * number)).collect::<Vec<_>>());
    let run = bulk.run("");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let mut counts = BTreeMap::new();
    for request in bulk.portal.run(async |sandbox| sandbox.requests().await) {
        *counts.entry(request.operation_id.unwrap()).or_insert(0) += 1;
    }
    let expected = [
        ("createBooking", 40),
        ("createToken", 1),
        ("getCredits", 1),
        ("holdTimeslot", 40),
        ("listBookings", 1),
        ("listCourses", 1),
        ("listTimeslots", 1),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
}

#[test]
fn a_dry_run_lists_the_bookings_once() {
    let bulk = Bulk::new(3);
    assert_eq!(bulk.run("--dry-run").code, 0);
    assert_eq!(bulk.portal.count("GET", "/api/v1/bookings"), 1);
}
