//! The account's own pages.

use serde_json::json;

use crate::support::Portal;

#[tokio::test]
async fn the_first_account_starts_as_documented() {
    let portal = Portal::start().await;
    assert_eq!(
        portal.client.get("/credits").await.expect(200),
        json!({
            "booking_credits": [
                { "course_id": 1, "course_name": "Basic Life Support", "credits": 12 },
                { "course_id": 2, "course_name": "Paediatric Basic Life Support", "credits": 0 },
            ],
            "booking_money_balance": 480.0,
            "currency": "GBP",
        })
    );
    assert_eq!(
        portal.client.get("/courses").await.expect(200),
        json!({
            "data": [
                { "id": 1, "name": "Basic Life Support", "price": 48.0, "duration_minutes": 60 },
                { "id": 2, "name": "Paediatric Basic Life Support", "price": 60.0,
                  "duration_minutes": 90 },
            ],
        })
    );
}

#[tokio::test]
async fn each_account_has_its_own_booking_url() {
    let portal = Portal::start().await;
    let other = portal.another_account().await;
    let mine = portal.client.get("/booking-url").await.expect(200);
    let theirs = other.get("/booking-url").await.expect(200);
    let url = mine["booking_url"].as_str().unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert_ne!(mine, theirs);
    assert_eq!(portal.client.get("/booking-url").await.expect(200), mine);
}

#[tokio::test]
async fn accounts_do_not_share_wallets() {
    let portal = Portal::start().await;
    let other = portal.another_account().await;
    other.book("credits").await;
    let theirs = other.get("/credits").await.expect(200);
    assert_eq!(theirs["booking_credits"][0]["credits"], 4);
    assert_eq!(theirs["booking_money_balance"], 0.0);
    let mine = portal.client.get("/credits").await.expect(200);
    assert_eq!(mine["booking_credits"][0]["credits"], 12);
    assert_eq!(other.get("/transactions").await.expect(200)["meta"]["total"], 2);
}
