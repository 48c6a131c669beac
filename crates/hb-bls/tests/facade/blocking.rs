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
    assert_eq!(client.bookings().list().pages().map(|page| page.unwrap().items.len()).sum::<usize>(), 4);
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
fn a_hold_that_cannot_be_booked_inside_a_runtime_comes_back() {
    let (runtime, sandbox, client) = start();
    let slot = client.timeslots().list(CourseId::new(1)).send().unwrap()[0].clone();
    let hold = client.timeslots().hold(CourseId::new(1), slot.date, slot.time).unwrap();
    let hash = hold.hash().to_owned();
    let details = testing::booking_details();
    let hold = runtime.block_on(async {
        let failed = client.bookings().create(hold, &details).unwrap_err();
        assert_eq!(failed.error.kind(), ErrorKind::Configuration);
        let failed = client.bookings().resume(*failed.hold.unwrap(), &details).unwrap_err();
        *failed.hold.unwrap()
    });
    assert_eq!(hold.hash(), hash);
    client.bookings().create(hold, &details).unwrap();
    assert_eq!(runtime.block_on(crate::count(&sandbox, "releaseTimeslotHold")), 0);
}

#[test]
fn a_client_that_is_dropped_after_its_holds_has_released_them() {
    let (runtime, sandbox, client) = start();
    let slot = client.timeslots().list(CourseId::new(1)).send().unwrap()[0].clone();
    let other = Client::new(crate::client(&sandbox)).unwrap();
    // as at the end of a function that fails: the hold goes first, and the client with its runtime at once after it
    let hold = client.timeslots().hold(CourseId::new(1), slot.date, slot.time).unwrap();
    drop(hold);
    drop(client);
    assert_eq!(runtime.block_on(crate::count(&sandbox, "releaseTimeslotHold")), 1);
    // as in a struct with both, the client first
    let hold = other.timeslots().hold(CourseId::new(1), slot.date, slot.time).unwrap();
    drop(other);
    drop(hold);
    assert_eq!(runtime.block_on(crate::count(&sandbox, "releaseTimeslotHold")), 2);
}

#[test]
fn a_thread_that_keeps_a_client_ends_without_a_panic() {
    thread_local!(static KEPT: std::cell::RefCell<Option<Client>> = const { std::cell::RefCell::new(None) });
    let (_runtime, sandbox, _client) = start();
    for used_before in [true, false] {
        let client = Client::new(crate::client(&sandbox)).unwrap();
        let keep = move || {
            if used_before {
                client.courses().list().send().unwrap();
            }
            KEPT.set(Some(client));
            KEPT.with_borrow(|client| client.as_ref().unwrap().courses().list().send().unwrap());
        };
        // a panic in the destructor of a thread's variable would end the process
        thread::spawn(keep).join().unwrap();
    }
}

#[test]
fn inside_a_runtime_it_is_an_error_and_no_panic() {
    let (runtime, _sandbox, client) = start();
    runtime.block_on(async {
        let error = client.courses().list().send().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        // iterators end after an error, or a loop that goes on after errors would have no end
        let mut items = client.bookings().list().items();
        assert_eq!(items.next().unwrap().unwrap_err().kind(), ErrorKind::Configuration);
        assert!(items.next().is_none());
        let mut pages = client.account().transactions().pages();
        assert!(pages.next().unwrap().is_err() && pages.next().is_none());
        // dropping the last clone here does not panic either
        drop(client);
    });
}
