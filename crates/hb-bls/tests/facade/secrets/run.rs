//! A complete run against the sandbox: every operation, with and without faults.

use std::{sync::Arc, time::Duration};

use futures::TryStreamExt as _;
use hb_bls::{BookRequest, CallOptions, Client, Error, RetryPolicy, WebhookEventType, WebhookRequest, WebhookUpdate};
use hb_bls_gen::Operation;
use hb_bls_sandbox::{DEFAULT_API_KEY, Fault, FaultKind};

use super::{Hidden, Noting, capture::Capture, details};
use crate::{virtual_time::VirtualTime, wire};

/// Does everything that a client can do, and collects the `Debug` output of every result.
async fn everything(time: &VirtualTime, client: &Client, hidden: &Hidden) -> String {
    let account = client.account();
    let mut shown = format!("{:?}\n", time.drive(account.token_info()).await.unwrap());
    let page = time.drive(account.booking_url()).await.unwrap().unwrap();
    hidden.add(page.rsplit('/').next().unwrap());
    shown += &format!("{:?}\n", time.drive(account.balances()).await.unwrap());
    let courses = time.drive(client.courses().list()).await.unwrap();
    let slots = time.drive(client.timeslots().list(courses[0].id)).await.unwrap();
    shown += &format!("{courses:?}\n{slots:?}\n");
    let hold = time.drive(client.timeslots().hold(courses[0].id, slots[0].date, slots[0].time)).await.unwrap();
    hidden.add(hold.hash());
    shown += &format!("{hold:?}\n");
    let other = time.drive(client.timeslots().hold(courses[0].id, slots[1].date, slots[1].time)).await.unwrap_err();
    shown += &format!("{other:?} {other}\n");
    time.drive(hold.release()).await.unwrap();
    let booking = time.drive(client.book(&BookRequest::earliest(courses[0].id, details()))).await.unwrap();
    hidden.booking(&booking);
    shown += &format!("{booking:?}\n");
    let mut wrong = details();
    wrong.email = "adalbertine@quill@example.com".to_owned();
    wrong.phone = "7700900987 7700900987 7700900987 7700900987".to_owned();
    let refused = time.drive(client.book(&BookRequest::earliest(courses[0].id, wrong))).await.unwrap_err();
    shown += &format!("{refused:?} {refused}\n");
    let query = client.bookings().list().search("Quillfeather");
    shown += &format!("{query:?}\n");
    let found: Vec<_> = time.drive(query.items().try_collect()).await.unwrap();
    shown += &format!("{found:?}\n");
    let transactions: Vec<_> = time.drive(account.transactions().items().try_collect()).await.unwrap();
    shown += &format!("{transactions:?}\n{:?}\n", time.drive(client.bookings().get(booking.id)).await.unwrap());
    let not_ready = time.drive(client.bookings().certificate(booking.id)).await.unwrap_err();
    shown += &format!("{not_ready:?} {not_ready}\n");
    time.sandbox.complete(booking.id.get()).await.unwrap();
    time.sandbox.return_kit(booking.id.get()).await.unwrap();
    assert!(time.drive(client.bookings().certificate(booking.id)).await.unwrap().starts_with(b"%PDF-"));

    let webhooks = client.webhooks();
    let request = WebhookRequest::builder().name("CRM").url("http://127.0.0.1:9/hook?key=hunter2hunter2");
    let created =
        time.drive(webhooks.create(&request.events([WebhookEventType::BookingCreated]).build())).await.unwrap();
    hidden.add(created.secret.expose());
    let update = WebhookUpdate::builder().url("http://127.0.0.1:9/hook?key=hunter2hunter2").build();
    shown += &format!("{created:?}\n{:?}\n", time.drive(webhooks.update(created.id, &update)).await.unwrap());
    shown += &format!("{:?}\n{:?}\n", webhooks.list().await.unwrap(), webhooks.get(created.id).await.unwrap());
    let secret = time.drive(webhooks.rotate_secret(created.id)).await.unwrap();
    hidden.add(secret.expose());
    shown += &format!("{secret:?}\n");
    time.drive(webhooks.test(created.id)).await.unwrap();
    time.drive(webhooks.delete(created.id)).await.unwrap();
    let gone = time.drive(webhooks.get(created.id)).await.unwrap_err();
    shown += &format!("{gone:?} {gone}\n");
    time.drive(account.revoke_token()).await.unwrap();
    shown
}

/// Every fault at every operation.
async fn failures(time: &VirtualTime, client: &Client) -> Vec<Error> {
    let mut errors = Vec::new();
    for kind in FaultKind::ALL.iter().copied().filter(|kind| *kind != FaultKind::Latency) {
        for operation in Operation::ALL {
            time.sandbox.inject(Fault::new(operation.id(), kind).times(2)).await.unwrap();
            let outcome = time.drive(wire::call(client, &time.clock, operation)).await;
            errors.extend(outcome.err());
            time.sandbox.clear_faults().await.unwrap();
        }
    }
    errors
}

#[tokio::test]
async fn a_full_run_shows_nothing_secret_or_personal() {
    let (capture, guard) = Capture::start();
    let hidden = Hidden::new();
    let time = VirtualTime::without_rate_limit().await;
    let store = Arc::new(Noting::default());
    let builder = time
        .builder()
        .without_rate_limit()
        .token_store(Arc::clone(&store))
        .retry(RetryPolicy::default().max_attempts(2));
    let mut shown = format!("{builder:?}\n");
    let options = CallOptions::new().header("x-gateway-key", "swordfish-swordfish").unwrap();
    let client = builder.build().unwrap().with_options(options.clone());
    shown += &format!("{client:?} {options:?}\n");
    shown += &everything(&time, &client, &hidden).await;
    time.clock.advance(Duration::from_secs(59 * 60));
    time.sandbox.advance(Duration::from_secs(59 * 60)).await.unwrap();
    let errors = failures(&time, &client).await;
    assert!(errors.len() > 60, "{}", errors.len());
    for error in &errors {
        shown += &format!("{error:?} {error}\n");
    }
    drop(guard);

    for secret in [DEFAULT_API_KEY, "swordfish", "hunter2", "Łukasz", "O'Neill", "lukasz@", "Söhne"] {
        hidden.add(secret);
    }
    let tokens = store.noted.lock().unwrap().clone();
    assert!(tokens.len() >= 4, "{}", tokens.len());
    tokens.into_iter().for_each(|token| hidden.add(token));
    hidden.check(&shown);

    let traced = capture.text();
    // the subscriber was active, for us and for the crates below
    for expected in [
        "hb_bls{operation=\"createBooking\" otel.kind=\"client\" http.request.method=\"POST\" \
         url.template=\"/bookings\" http.response.status_code=201}",
        "url.template=\"/bookings/{id}/certificate\"",
        " error.type=\"",
        " http.request.resend_count=1",
        "hb_bls{operation=\"createToken\"",
        "trying again",
        " hyper_util::client::legacy::pool: ",
        " reqwest::connect: ",
    ] {
        assert!(traced.contains(expected), "{expected}");
    }
    // whoever has the hash can use the hold
    hidden.add("9f2c41d07be84c6aa35e17d20b6c8f14");
    hidden.check(&traced);
}
