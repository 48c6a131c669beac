//! The operations that the walk to the certificate does not use.

use futures::TryStreamExt as _;
use hb_bls::{BookingStatus, ErrorKind, TransactionType, WebhookEventType, WebhookRequest, WebhookUpdate};
use hb_bls_gen::Operation;
use hb_bls_sandbox::{Sandbox, Seed};

use crate::{client, count};

#[tokio::test]
async fn seeded_lists_are_walked_to_the_end() {
    let sandbox = Sandbox::builder().rate_limit(false).start().await.unwrap();
    sandbox.seed(Seed::default().bookings(250).transactions(45)).await.unwrap();
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

    let pages: Vec<_> = client.bookings().list().per_page(100).pages_from(3).try_collect().await.unwrap();
    assert_eq!((pages.len(), pages[0].number, pages[0].items.len(), pages[0].total), (1, 3, 50, Some(250)));

    let status = BookingStatus::Cancelled;
    let cancelled: Vec<_> = client.bookings().list().status(status.clone()).items().try_collect().await.unwrap();
    assert!(cancelled.iter().all(|booking| booking.booking_status.as_ref() == Some(&status)));
    assert!(cancelled.len() < 250);
}

#[tokio::test]
async fn a_list_is_a_value_that_can_be_kept_and_asked_again() {
    let sandbox = Sandbox::builder().rate_limit(false).start().await.unwrap();
    let (courses, slots, webhooks) = {
        let client = client(&sandbox);
        let course = client.courses().list().await.unwrap()[0].id;
        (client.courses().list(), client.timeslots().list(course).months_ahead(2), client.webhooks().list())
    };
    for _ in 0..2 {
        let (courses, slots, webhooks) = tokio::join!(courses.clone(), slots.clone(), webhooks.clone());
        assert!(!courses.unwrap().is_empty() && !slots.unwrap().is_empty() && webhooks.unwrap().is_empty());
    }
    for query in [format!("{courses:?}"), format!("{slots:?}"), format!("{webhooks:?}")] {
        assert!(query.contains("Query {"), "{query}");
    }
}

#[tokio::test]
async fn a_page_of_a_size_that_the_document_forbids_is_not_asked_for() {
    let sandbox = Sandbox::builder().rate_limit(false).start().await.unwrap();
    let client = client(&sandbox);
    let document: serde_json::Value = serde_json::from_str(hb_bls_gen::DOCUMENT).unwrap();
    for operation in [Operation::ListBookings, Operation::ListTransactions] {
        let parameters = document["paths"][operation.path()]["get"]["parameters"].as_array().unwrap();
        let schema = &parameters.iter().find(|parameter| parameter["name"] == "per_page").unwrap()["schema"];
        let bound = |name: &str| u32::try_from(schema[name].as_u64().unwrap()).unwrap();
        let first = async |per_page| match operation {
            Operation::ListBookings => client.bookings().list().per_page(per_page).items().try_next().await.map(drop),
            _ => client.account().transactions().per_page(per_page).items().try_next().await.map(drop),
        };
        for allowed in [bound("minimum"), bound("maximum")] {
            first(allowed).await.unwrap();
        }
        for forbidden in [bound("minimum") - 1, bound("maximum") + 1] {
            let before = count(&sandbox, operation.id()).await;
            let error = first(forbidden).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
            assert_eq!(count(&sandbox, operation.id()).await, before);
        }
    }
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
