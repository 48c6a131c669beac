//! A booking that an earlier run of a program may have made.

use std::time::Duration;

use hb_bls::{Client, CourseId, ErrorKind, HoldDetails};
use hb_bls_sandbox::{ClockMode, Sandbox};

use crate::{client, count, walk::details};

async fn portal() -> (Sandbox, Client) {
    let start = "2026-06-05T10:00:00Z".parse().unwrap();
    let sandbox = Sandbox::builder().clock(ClockMode::Frozen(start)).start().await.unwrap();
    let client = client(&sandbox);
    (sandbox, client)
}

/// The hold as a program stores it, and another hold that was made the same way and read back.
async fn kept(client: &Client) -> HoldDetails {
    let hold = client
        .timeslots()
        .hold(CourseId::new(1), "2026-06-08".parse().unwrap(), "09:00".parse().unwrap())
        .await
        .unwrap();
    let text = serde_json::to_string(&hold.keep()).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn the_booking_is_found_if_it_was_made_and_made_if_it_was_not() {
    let (sandbox, client) = portal().await;
    let hold = kept(&client).await;
    assert_eq!(hold.slot.as_ref().unwrap().time, "09:00".parse().unwrap());
    let resume = async || {
        let hold = client.timeslots().adopt(hold.clone());
        client.bookings().resume(hold, &details()).await
    };
    let made = resume().await.unwrap();
    let found = resume().await.unwrap();
    assert_eq!(made.id, found.id);
    assert_eq!(client.account().balances().await.unwrap().booking_credits[0].credits, 11);
    assert_eq!(count(&sandbox, "listBookings").await, 1, "only a refusal makes it look");
}

#[tokio::test]
async fn a_hold_that_has_lapsed_was_not_booked() {
    let (sandbox, client) = portal().await;
    let hold = kept(&client).await;
    sandbox.advance(Duration::from_secs(31 * 60)).await.unwrap();
    let hold = client.timeslots().adopt(hold);
    let failed = client.bookings().resume(hold, &details()).await.unwrap_err();
    assert_eq!(failed.error.kind(), ErrorKind::Conflict, "{failed:?}");
    assert!(failed.error.conflicting_hold().is_none() && failed.hold.is_none(), "it is gone");
    assert_eq!(client.account().balances().await.unwrap().booking_credits[0].credits, 12);
}
