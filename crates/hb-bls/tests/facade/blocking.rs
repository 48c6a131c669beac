//! The client for programs without an async runtime.

use std::thread;

use hb_bls::{
    BookRequest, BookingStatus, CourseId, ErrorKind, WebhookEventType, WebhookRequest, blocking::Client, testing,
};
use hb_bls_sandbox::Sandbox;
use tokio::runtime::Runtime;

/// A sandbox that runs in its own runtime, and a client outside of any runtime.
fn start() -> (Runtime, Sandbox, Client) {
    let runtime = Runtime::new().unwrap();
    let sandbox = runtime.block_on(Sandbox::start()).unwrap();
    let client = Client::new(crate::client(&sandbox)).unwrap();
    (runtime, sandbox, client)
}

#[test]
fn every_operation_waits_for_its_outcome() {
    let (runtime, sandbox, client) = start();
    let course = client.courses().list().send().unwrap()[0].id;
    let slot = client.timeslots().list(course).months_ahead(2).send().unwrap()[0].clone();
    let details = testing::booking_details();

    let hold = client.timeslots().hold(course, slot.date, slot.time).unwrap();
    client.release(hold).unwrap();
    let hold = client.timeslots().hold(course, slot.date, slot.time).unwrap();
    let booking = client.bookings().create(hold, &details).unwrap();
    assert_eq!(client.bookings().get(booking.id).unwrap().id, booking.id);
    let error = client.bookings().certificate(booking.id).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CertificateNotReady);
    runtime.block_on(sandbox.complete(booking.id.get())).unwrap();
    runtime.block_on(sandbox.return_kit(booking.id.get())).unwrap();
    assert!(client.bookings().certificate(booking.id).unwrap().starts_with(b"%PDF"));

    let request = WebhookRequest::builder()
        .name("CRM")
        .url("https://crm.agency.example/hb")
        .events([WebhookEventType::BookingCreated])
        .build();
    let webhook = client.webhooks().create(&request).unwrap();
    assert_eq!(client.webhooks().list().send().unwrap().len(), 1);
    client.webhooks().delete(webhook.id).unwrap();
    assert!(client.account().balances().is_ok() && client.account().token_info().is_ok());
    client.account().revoke_token().unwrap();
    assert!(client.account().transactions().per_page(5).items().all(|transaction| transaction.is_ok()));
}

#[test]
fn threads_share_a_client_and_book_each_once() {
    let (_runtime, _sandbox, client) = start();
    let booked: Vec<_> = thread::scope(|scope| {
        let book = || {
            let request = BookRequest::earliest(CourseId::new(1), testing::booking_details());
            client.book(&request).unwrap().id
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(book)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    // the loop body may make calls of its own
    let mut listed = client.bookings().list().status(BookingStatus::Booked).per_page(1).items();
    for booking in &mut listed {
        let booking = booking.unwrap();
        assert!(booked.contains(&client.bookings().get(booking.id).unwrap().id));
    }
    assert_eq!(client.bookings().list().items_from(listed.position()).count(), 0);
    assert_eq!(client.bookings().list().pages(1).map(|page| page.unwrap().items.len()).sum::<usize>(), 4);
}

#[test]
fn a_hold_that_is_dropped_is_released_although_no_runtime_is_around() {
    let (runtime, sandbox, client) = start();
    let slot = client.timeslots().list(CourseId::new(1)).send().unwrap()[0].clone();
    drop(client.timeslots().hold(CourseId::new(1), slot.date, slot.time).unwrap());
    runtime.block_on(async {
        while crate::count(&sandbox, "releaseTimeslotHold").await == 0 {
            tokio::task::yield_now().await;
        }
    });
    client.timeslots().hold(CourseId::new(1), slot.date, slot.time).unwrap().keep();
}

#[test]
fn inside_a_runtime_it_is_an_error_and_no_panic() {
    let (runtime, _sandbox, client) = start();
    runtime.block_on(async {
        let error = client.courses().list().send().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert_eq!(client.bookings().list().items().next().unwrap().unwrap_err().kind(), ErrorKind::Configuration);
        // dropping the last clone here does not panic either
        drop(client);
    });
}
