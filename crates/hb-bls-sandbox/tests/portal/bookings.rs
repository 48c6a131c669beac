//! Making bookings: what is asked for, what it costs, and that a hold makes one at most.

use hb_bls_sandbox::AccountPatch;
use serde_json::{Value, json};

use crate::support::{Client, Portal, id, order};

async fn ledger(client: &Client) -> Vec<(String, i64, String)> {
    let body = client.get("/transactions?per_page=100").await.expect(200);
    let entries = body["data"].as_array().unwrap().iter();
    entries
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap().to_owned();
            (text("type"), entry["amount"].as_i64().unwrap(), text("wallet"))
        })
        .collect()
}

fn entry(kind: &str, amount: i64, wallet: &str) -> (String, i64, String) {
    (kind.to_owned(), amount, wallet.to_owned())
}

async fn wallets(client: &Client) -> (i64, f64) {
    let credits = client.get("/credits").await.expect(200);
    assert_eq!(credits["currency"], "GBP");
    let held = credits["booking_credits"][0]["credits"].as_i64().unwrap();
    (held, credits["booking_money_balance"].as_f64().unwrap())
}

#[tokio::test]
async fn credits_pay_one_credit_of_the_course() {
    let portal = Portal::start().await;
    let booking = portal.client.book("credits").await;
    assert_eq!(booking["booking_status"], "booked");
    assert_eq!(booking["pay_option"], "credits");
    assert_eq!(wallets(&portal.client).await, (11, 480.0));
    assert_eq!(ledger(&portal.client).await[0], entry("withdraw", 1, "1"));

    let hold = portal.client.hold(2).await;
    let none = portal.client.post("/bookings", order(&hold, "credits")).await;
    assert_eq!(none.refused_fields(), ["pay_option"], "there are no credits of course 2");
    // Refused, so nothing has happened: the hold is still good.
    portal.client.post("/bookings", order(&hold, "balance")).await.expect(201);
}

#[tokio::test]
async fn the_balance_pays_the_price_of_the_course() {
    let portal = Portal::start().await;
    for left in (0..10).rev() {
        portal.client.book("balance").await;
        assert_eq!(wallets(&portal.client).await, (12, f64::from(left) * 48.0));
    }
    assert_eq!(ledger(&portal.client).await[0], entry("withdraw", 4_800, "booking_balance"));
    let hold = portal.client.hold(1).await;
    let refused = portal.client.post("/bookings", order(&hold, "balance")).await;
    assert_eq!(refused.refused_fields(), ["pay_option"]);
}

#[tokio::test]
async fn invoices_need_permission_and_stay_within_the_limit() {
    let portal = Portal::start().await;
    let limit = |pounds: &str| AccountPatch::default().credit_limit(pounds.parse().unwrap());
    portal.sandbox.set_account(limit("96.00")).await.unwrap();
    let first = portal.client.book("invoice").await;
    assert_eq!(first["booking_status"], "booked");
    portal.client.book("invoice").await;
    assert_eq!(wallets(&portal.client).await, (12, 480.0), "an invoice takes nothing");
    assert_eq!(
        ledger(&portal.client).await[..2],
        [entry("withdraw", 4_800, "booking_balance"), entry("deposit", 4_800, "booking_balance")]
    );
    let hold = portal.client.hold(1).await;
    let over = portal.client.post("/bookings", order(&hold, "invoice")).await;
    assert_eq!(over.refused_fields(), ["pay_option"]);
    portal.sandbox.cancel(id(&first)).await.unwrap();
    portal.client.post("/bookings", order(&hold, "invoice")).await.expect(201);

    let off = limit("500").invoice_payments(false);
    portal.sandbox.set_account(off).await.unwrap();
    let hold = portal.client.hold(1).await;
    let refused = portal.client.post("/bookings", order(&hold, "invoice")).await;
    assert_eq!(refused.refused_fields(), ["pay_option"]);
}

#[tokio::test]
async fn a_candidate_who_pays_is_pending_until_paid() {
    let portal = Portal::start().await;
    let booking = portal.client.book("candidate_pays").await;
    assert_eq!(booking["booking_status"], "pending");
    assert_eq!(booking["pay_status"], "pending");
    assert_eq!(booking["virtual"], Value::Null);
    let before = ledger(&portal.client).await.len();
    let paid = portal.sandbox.pay(id(&booking)).await.unwrap();
    assert_eq!(paid["booking_status"], "booked");
    assert_eq!(paid["pay_status"], "completed");
    assert!(paid["virtual"]["zoom_link"].is_string());
    assert_eq!(wallets(&portal.client).await, (12, 480.0));
    assert_eq!(ledger(&portal.client).await.len(), before + 2);
}

#[tokio::test]
async fn a_hold_makes_one_booking_however_often_it_is_sent() {
    let portal = Portal::start().await;
    let hold = portal.client.hold(1).await;
    let body = order(&hold, "credits");
    let sent = (0..8).map(|_| portal.client.post("/bookings", body.clone()));
    let answers = futures::future::join_all(sent).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(409)), (1, 7));
    assert_eq!(portal.client.get("/bookings").await.expect(200)["meta"]["total"], 1);
    assert_eq!(wallets(&portal.client).await, (11, 480.0));
}

#[tokio::test]
async fn every_field_is_validated() {
    let portal = Portal::start().await;
    let nothing = portal.client.post("/bookings", json!({})).await;
    let text = nothing.body["message"].as_str().unwrap();
    assert_eq!(text, "The hold hash field is required. (and 11 more errors)");
    assert_eq!(
        nothing.refused_fields(),
        [
            "address",
            "agency_contact_email",
            "agency_contact_name",
            "city",
            "email",
            "first_name",
            "hold_hash",
            "job_role",
            "last_name",
            "pay_option",
            "phone",
            "postcode"
        ]
    );
    let hold = portal.client.hold(1).await;
    for (field, value) in [
        ("email", json!("not an address")),
        ("agency_contact_email", json!("x@")),
        ("agency_email", json!("nobody")),
        ("pay_option", json!("inv")),
        ("first_name", json!(" ")),
        ("last_name", json!(5)),
        ("phone", json!(["07700"])),
        ("city", json!("x".repeat(256))),
        ("hold_hash", json!("x".repeat(33))),
    ] {
        let mut body = order(&hold, "credits");
        body[field] = value;
        let answer = portal.client.post("/bookings", body).await;
        assert_eq!(answer.refused_fields(), [field]);
    }
    let mut body = order(&hold, "credits");
    body["agency_email"] = json!("bookings@agency.example");
    portal.client.post("/bookings", body).await.expect(201);
}

#[tokio::test]
async fn what_another_account_owns_does_not_exist() {
    let portal = Portal::start().await;
    let other = portal.another_account().await;
    let booking = id(&portal.client.book("credits").await);
    for path in [format!("/bookings/{booking}"), format!("/bookings/{booking}/certificate")] {
        let theirs = other.get(&path).await.expect(404);
        assert_eq!(theirs, other.get("/bookings/999999").await.expect(404));
    }
    assert_eq!(other.get("/bookings").await.expect(200)["meta"]["total"], 0);
}
