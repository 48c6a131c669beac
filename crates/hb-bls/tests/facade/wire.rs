//! The exact request of every operation.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use hb_bls::{
    BookingId, BookingStatus, Client, CourseId, Error, HoldDetails, PayOption, WebhookEventType, WebhookId,
    WebhookRequest, WebhookUpdate,
};
use hb_bls_gen::Operation;

use crate::{
    canned::{Canned, json},
    clock::TestClock,
    walk::details,
};

/// Calls an operation. This does not compile if the document has an operation without a method of the facade.
pub async fn call(client: &Client, clock: &TestClock, operation: Operation) -> Result<(), Error> {
    let date = "2026-06-15".parse().unwrap();
    match operation {
        // the first request of any call
        Operation::CreateToken => client.courses().list().await.map(drop),
        // in its place, once the token has expired
        Operation::RefreshToken => {
            drop(client.courses().list().await);
            clock.advance(Duration::from_secs(2 * 60 * 60));
            client.courses().list().await.map(drop)
        }
        Operation::GetTokenInfo => client.account().token_info().await.map(drop),
        Operation::RevokeToken => client.account().revoke_token().await,
        Operation::GetBookingUrl => client.account().booking_url().await.map(drop),
        Operation::GetCredits => client.account().balances().await.map(drop),
        Operation::ListTransactions => {
            client.account().transactions().per_page(50).items().next().await.transpose().map(drop)
        }
        Operation::ListCourses => client.courses().list().await.map(drop),
        Operation::ListTimeslots => {
            client.timeslots().list(CourseId::new(1)).months_ahead(3).date(date).await.map(drop)
        }
        Operation::HoldTimeslot => {
            client.timeslots().hold(CourseId::new(1), date, "09:00".parse().unwrap()).await.map(drop)
        }
        Operation::ReleaseTimeslotHold => hold(client).release().await,
        Operation::ListBookings => {
            let query =
                client.bookings().list().status(BookingStatus::Booked).course_id(CourseId::new(1)).date_from(date);
            let query = query.date_to(date).search("O'Neill & Söhne").per_page(100);
            query.items().next().await.transpose().map(drop)
        }
        Operation::CreateBooking => {
            let mut details = details();
            details.pay_option = PayOption::CandidatePays;
            client.bookings().create(hold(client), &details).await.map(drop).map_err(Error::from)
        }
        Operation::GetBooking => client.bookings().get(BookingId::new(1042)).await.map(drop),
        Operation::DownloadCertificate => client.bookings().certificate(BookingId::new(1042)).await.map(drop),
        Operation::ListWebhooks => client.webhooks().list().await.map(drop),
        Operation::CreateWebhook => {
            let events = [WebhookEventType::BookingCreated, "booking.moved".into()];
            let request = WebhookRequest::builder().name("CRM").url("https://crm.example/").events(events).build();
            client.webhooks().create(&request).await.map(drop)
        }
        Operation::GetWebhook => client.webhooks().get(WebhookId::new(7)).await.map(drop),
        Operation::UpdateWebhook => client
            .webhooks()
            .update(WebhookId::new(7), &WebhookUpdate::builder().is_active(false).build())
            .await
            .map(drop),
        Operation::DeleteWebhook => client.webhooks().delete(WebhookId::new(7)).await,
        Operation::RotateWebhookSecret => client.webhooks().rotate_secret(WebhookId::new(7)).await.map(drop),
        Operation::TestWebhook => client.webhooks().test(WebhookId::new(7)).await,
    }
}

/// A hold as an earlier run may have kept it.
fn hold(client: &Client) -> hb_bls::Hold {
    client.timeslots().adopt(HoldDetails::new("9f2c41d07be84c6aa35e17d20b6c8f14"))
}

#[tokio::test]
async fn every_operation_sends_what_it_always_sent() {
    for operation in Operation::ALL {
        let server = Canned::start(json(r#"{"hold_hash":"9f2c41d07be84c6aa35e17d20b6c8f14"}"#)).await;
        let clock = Arc::new(TestClock::at("2026-06-05T10:00:00Z".parse().unwrap()));
        let client = server.builder().clock(Arc::clone(&clock)).build().unwrap();
        drop(call(&client, &clock, operation).await);
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
