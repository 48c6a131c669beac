//! The exact request of every operation.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use hb_bls::{BookingStatus, Client, PayOption, WebhookEventType, WebhookRequest, WebhookUpdate};
use hb_bls_gen::Operation;

use crate::{
    canned::{Canned, json},
    clock::TestClock,
    walk::details,
};

/// Fails to compile when the document gains an operation that the facade has no method for.
async fn call(client: &Client, clock: &TestClock, operation: Operation) {
    let date = "2026-06-15".parse().unwrap();
    match operation {
        // the first of any call
        Operation::CreateToken => drop(client.courses().list().await),
        // instead of the first, once the token has lapsed
        Operation::RefreshToken => {
            drop(client.courses().list().await);
            clock.advance(Duration::from_secs(2 * 60 * 60));
            drop(client.courses().list().await);
        }
        Operation::GetTokenInfo => drop(client.account().token_info().await),
        Operation::RevokeToken => drop(client.account().revoke_token().await),
        Operation::GetBookingUrl => drop(client.account().booking_url().await),
        Operation::GetCredits => drop(client.account().balances().await),
        Operation::ListTransactions => drop(client.account().transactions().per_page(50).items().next().await),
        Operation::ListCourses => drop(client.courses().list().await),
        Operation::ListTimeslots => drop(client.timeslots().list(1.into()).months_ahead(3).date(date).send().await),
        Operation::HoldTimeslot => drop(client.timeslots().hold(1.into(), date, "09:00".parse().unwrap()).await),
        Operation::ReleaseTimeslotHold => drop(hold(client).await.release().await),
        Operation::ListBookings => {
            let query = client.bookings().list().status(BookingStatus::Booked).course_id(1.into()).date_from(date);
            drop(query.date_to(date).search("O'Neill & Söhne").per_page(100).items().next().await);
        }
        Operation::CreateBooking => {
            let mut details = details();
            details.pay_option = PayOption::CandidatePays;
            drop(client.bookings().create(&hold(client).await, &details).await);
        }
        Operation::GetBooking => drop(client.bookings().get(1042.into()).await),
        Operation::DownloadCertificate => drop(client.bookings().certificate(1042.into()).await),
        Operation::ListWebhooks => drop(client.webhooks().list().await),
        Operation::CreateWebhook => {
            let events = [WebhookEventType::BookingCreated, "booking.moved".into()];
            let request = WebhookRequest::builder().name("CRM").url("https://crm.example/").events(events).build();
            drop(client.webhooks().create(&request).await);
        }
        Operation::GetWebhook => drop(client.webhooks().get(7.into()).await),
        Operation::UpdateWebhook => {
            drop(client.webhooks().update(7.into(), &WebhookUpdate::builder().is_active(false).build()).await);
        }
        Operation::DeleteWebhook => drop(client.webhooks().delete(7.into()).await),
        Operation::RotateWebhookSecret => drop(client.webhooks().rotate_secret(7.into()).await),
        Operation::TestWebhook => drop(client.webhooks().test(7.into()).await),
    }
}

/// What the canned server answers is a hold, among other things.
async fn hold(client: &Client) -> hb_bls::Hold {
    client.timeslots().hold(1.into(), "2026-06-15".parse().unwrap(), "09:00".parse().unwrap()).await.unwrap()
}

#[tokio::test]
async fn every_operation_sends_what_it_always_sent() {
    for operation in Operation::ALL {
        let server = Canned::start(json(r#"{"hold_hash":"9f2c41d07be84c6aa35e17d20b6c8f14"}"#)).await;
        let clock = Arc::new(TestClock::at("2026-06-05T10:00:00Z".parse().unwrap()));
        let client = server.builder().clock(Arc::clone(&clock) as Arc<_>).build().unwrap();
        call(&client, &clock, operation).await;
        let path = operation.path().split('{').next().unwrap();
        let requests = server.requests();
        let start = format!("{} /api/v1{path}", operation.method());
        let sent = requests.iter().rev().find(|request| request.line.starts_with(&start)).unwrap();
        let headers =
            sent.head.lines().skip(1).filter(|line| !line.starts_with("host:") && !line.starts_with("user-agent:"));
        let text = format!("{}\n{}\n\n{}", sent.line, headers.collect::<Vec<_>>().join("\n"), sent.body);
        insta::with_settings!({
            snapshot_path => "../snapshots/wire", prepend_module_to_snapshot => false, omit_expression => true,
        }, {
            insta::assert_snapshot!(operation.id(), text);
        });
    }
}
