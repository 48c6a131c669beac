//! The operations that the walk to the certificate does not meet.

use futures::TryStreamExt as _;
use hb_bls::{BookingStatus, TransactionType, WebhookEventType, WebhookRequest, WebhookUpdate};
use hb_bls_sandbox::{Sandbox, Seed};

use crate::{client, count};

#[tokio::test]
async fn seeded_lists_are_walked_to_the_end() {
    let sandbox = Sandbox::builder().rate_limit(false).start().await.unwrap();
    sandbox.seed(Seed { bookings: 250, transactions: 45 }).await.unwrap();
    let client = client(&sandbox);
    let bookings: Vec<_> = client.bookings().list().per_page(100).items().try_collect().await.unwrap();
    assert_eq!(bookings.len(), 250);
    assert_eq!(count(&sandbox, "listBookings").await, 3);
    let mut ids: Vec<_> = bookings.iter().map(|booking| booking.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 250);

    let transactions: Vec<_> = client.account().transactions().items().try_collect().await.unwrap();
    assert!(transactions.len() >= 45);
    let known = [TransactionType::Deposit, TransactionType::Withdraw];
    assert!(transactions.iter().all(|t| t.transaction_type.as_ref().is_some_and(|kind| known.contains(kind))));

    let pages: Vec<_> = client.bookings().list().per_page(100).pages(3).try_collect().await.unwrap();
    assert_eq!((pages.len(), pages[0].number, pages[0].items.len(), pages[0].total), (1, 3, 50, Some(250)));

    let status = BookingStatus::Cancelled;
    let cancelled: Vec<_> = client.bookings().list().status(status.clone()).items().try_collect().await.unwrap();
    assert!(cancelled.iter().all(|booking| booking.booking_status.as_ref() == Some(&status)));
    assert!(cancelled.len() < 250);
}

#[tokio::test]
async fn endpoints_are_listed_changed_rotated_tested_and_deleted() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client(&sandbox);
    let webhooks = client.webhooks();
    let events = [WebhookEventType::BookingCreated];
    let request = WebhookRequest::builder().name("one").url("http://127.0.0.1:9/").events(events.clone()).build();
    let created = webhooks.create(&request).await.unwrap();

    let update = WebhookUpdate::builder().is_active(false).build();
    let changed = webhooks.update(created.id, &update).await.unwrap();
    assert_eq!((changed.is_active, changed.name.as_deref()), (Some(false), Some("one")));
    assert_eq!(changed.events, events);
    let shown = webhooks.get(created.id).await.unwrap();
    assert_eq!(shown.secret_prefix, created.secret_prefix);
    assert_eq!(webhooks.list().await.unwrap().len(), 1);

    let secret = webhooks.rotate_secret(created.id).await.unwrap();
    assert_ne!(secret.expose(), created.secret.expose());
    webhooks.test(created.id).await.unwrap();
    webhooks.delete(created.id).await.unwrap();
    assert!(webhooks.get(created.id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_revoked_token_is_replaced_by_the_next_call() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client(&sandbox);
    let account = client.account();
    let info = account.token_info().await.unwrap();
    assert_eq!(info.hb_client_id.as_deref(), Some(sandbox.credentials().hb_client_id.as_str()));
    assert!(info.expires_at.unwrap() > sandbox.now());
    assert!(account.booking_url().await.unwrap().unwrap().starts_with("http"));
    account.revoke_token().await.unwrap();
    account.token_info().await.unwrap();
    assert_eq!(count(&sandbox, "createToken").await, 2);
    let refused = sandbox.requests().await.unwrap().iter().filter(|request| request.status == Some(401)).count();
    assert_eq!(refused, 0, "the dead token is not tried");
}
