//! What a portal starts with, by a seed file's document.

use hb_bls_sandbox::SandboxError;
use serde_json::{Value, json};

use crate::support::{Client, Portal, START, frozen};

fn document() -> Value {
    json!({
        "courses": [{ "id": 7, "name": "First Aid", "price": 19.99, "duration_minutes": 120 }],
        "trainers": [{ "name": "Ana", "courses": { "7": ["monday", "friday"] } }],
        "accounts": [
            { "hb_client_id": "north", "api_key": "key-north", "credits": { "7": 3 }, "money_balance": 50.5 },
            { "hb_client_id": "south", "api_key": "key-south", "invoice_payments": true, "credit_limit": 100 },
        ],
        "bookings": [
            { "course": 7, "in_working_days": 1, "time": "09:00", "first_name": "Amara", "last_name": "Okafor",
              "email": "amara@example.org" },
            { "account": "south", "course": 7, "date": "2026-06-01", "time": "11:00", "first_name": "Mei",
              "last_name": "Chen", "email": "mei@example.org", "state": "attended", "kit": "back" },
        ],
    })
}

#[tokio::test]
async fn a_portal_can_start_with_contents_of_its_own() {
    let portal = Portal::with(frozen(START).contents(document())).await;
    assert_eq!(portal.sandbox.credentials().hb_client_id, "north");
    let courses = portal.client.get("/courses").await.expect(200);
    assert_eq!(courses["data"], json!([{ "id": 7, "name": "First Aid", "price": 19.99, "duration_minutes": 120 }]));
    let slots = portal.client.slots(7).await;
    assert_eq!(slots[0]["date"], "2026-06-08", "Monday");
    assert_eq!(slots[0]["time"], "11:00", "09:00 is booked");
    let credits = portal.client.get("/credits").await.expect(200);
    assert_eq!(
        (&credits["booking_money_balance"], &credits["booking_credits"][0]["credits"]),
        (&json!(50.5), &json!(3))
    );
    let own = portal.client.get("/bookings").await.expect(200);
    assert_eq!((&own["meta"]["total"], &own["data"][0]["candidate"]["name"]), (&json!(1), &json!("Amara Okafor")));
    assert_eq!(own["data"][0]["start_date"], "2026-06-08T09:00:00+01:00");

    let south = Client::of(&portal, "south", "key-south").await;
    let theirs = south.get("/bookings").await.expect(200);
    assert_eq!(theirs["data"][0]["certificate_available"], true);
    south.get("/bookings/1").await.expect(404);

    portal.client.book_course(7).await.expect(201);
    portal.sandbox.reset().await.unwrap();
    let north = Client::of(&portal, "north", "key-north").await;
    assert_eq!(north.get("/bookings").await.expect(200)["meta"]["total"], 1, "a reset goes back to it");
}

#[tokio::test]
async fn contents_can_be_added_to_a_running_portal_or_none_of_them() {
    let portal = Portal::start().await;
    let more = json!({
        "accounts": [{ "hb_client_id": "east", "api_key": "key-east" }],
        "bookings": [{ "account": "east", "course": 1, "in_working_days": -3, "time": "10:00", "first_name": "Юлія",
            "last_name": "Ш", "email": "y@example.org", "state": "no-show", "kit": "late" }],
    });
    portal.control(reqwest::Method::POST, "/seed", more.clone()).await.expect(200);
    let east = Client::of(&portal, "east", "key-east").await;
    let booking = east.get("/bookings/1").await.expect(200);
    assert_eq!((&booking["attendance"], &booking["equipment_status"]), (&json!("no_show"), &json!("late")));
    assert_eq!(booking["start_date"], "2026-06-02T10:00:00+01:00");
    let mut other = more.clone();
    other["accounts"][0]["api_key"] = json!("another");
    other["bookings"][0]["email"] = json!("another@example.org");
    let refused = portal.control(reqwest::Method::POST, "/seed", other).await;
    assert_eq!(refused.refused_fields(), ["accounts"]);
    assert_eq!(east.get("/bookings").await.expect(200)["meta"]["total"], 1);
}

/// Like a portal that starts with it: a program may say again and again what it needs.
#[tokio::test]
async fn contents_that_are_there_are_not_added_again() {
    let portal = Portal::with(frozen(START).contents(document())).await;
    let seed = async |document: Value| portal.control(reqwest::Method::POST, "/seed", document).await;
    portal.client.book_course(7).await.expect(201);
    portal.sandbox.complete(1).await.unwrap();
    seed(document()).await.expect(200);
    let own = portal.client.get("/bookings").await.expect(200);
    assert_eq!(own["meta"]["total"], 2);
    assert_eq!(portal.client.get("/bookings/1").await.expect(200)["attendance"], "attended", "it stays as it is");
    let mut more = document();
    more["trainers"][0]["courses"]["7"] = json!(["monday", "friday", "saturday"]);
    more["bookings"][0]["email"] = json!("another@example.org");
    seed(more).await.expect(200);
    assert_eq!(portal.client.get("/bookings").await.expect(200)["meta"]["total"], 3);
    let days: Vec<Value> = portal.client.slots(7).await.iter().map(|slot| slot["date"].clone()).collect();
    assert!(days.contains(&json!("2026-06-06")) || days.contains(&json!("2026-06-13")), "a Saturday: {days:?}");
    for (path, value, field) in [
        ("/courses/0/price", json!(20), "courses"),
        ("/courses/0/name", json!("Second Aid"), "courses"),
        ("/courses/0/duration_minutes", json!(60), "courses"),
        ("/accounts/0/api_key", json!("other"), "accounts"),
        ("/accounts/0/credits", json!({ "7": 4 }), "accounts"),
        ("/accounts/0/money_balance", json!(50), "accounts"),
        ("/accounts/1/credit_limit", json!(200), "accounts"),
    ] {
        let mut other = document();
        let (parent, name) = path.rsplit_once('/').unwrap();
        other.pointer_mut(parent).unwrap()[name] = value;
        assert_eq!(seed(other).await.refused_fields(), [field], "{path}");
    }
}

#[tokio::test]
async fn a_cancelled_booking_of_a_seed_gives_back_the_credit_that_was_spent_on_it() {
    let portal = Portal::with(frozen(START).contents(document())).await;
    let credits =
        async || portal.client.get("/credits").await.expect(200)["booking_credits"][0]["credits"].as_i64().unwrap();
    let ledger = async || -> Vec<(String, String)> {
        let entries = portal.client.get("/transactions").await.expect(200);
        let entries = entries["data"].as_array().unwrap().iter().filter(|entry| entry["wallet"] == "7");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        entries.map(|entry| (text(&entry["type"]), text(&entry["meta"]["description"]))).collect()
    };
    assert_eq!(credits().await, 3, "as the file says");
    let entry = |kind: &str, what: &str| (kind.to_owned(), what.to_owned());
    let bought = entry("deposit", "Credit for booking 1");
    assert_eq!(ledger().await, [entry("withdraw", "Booking 1"), bought.clone(), entry("deposit", "Opening balance")]);
    portal.sandbox.cancel(1).await.unwrap();
    assert_eq!(credits().await, 4);
    assert_eq!(ledger().await[..3], [entry("deposit", "Refund of booking 1"), entry("withdraw", "Booking 1"), bought]);
}

#[tokio::test]
async fn history_can_be_made_up_whatever_the_trainers_and_courses() {
    let portal = Portal::with(frozen(START).contents(document())).await;
    portal.sandbox.seed(hb_bls_sandbox::Seed::default().bookings(5)).await.unwrap();
    assert_eq!(portal.client.get("/bookings").await.expect(200)["meta"]["total"], 6);
}

#[tokio::test]
async fn a_kit_that_is_overdue_when_it_is_added_becomes_late_by_itself() {
    let portal = Portal::start().await;
    let booking = json!({ "course": 1, "in_working_days": -60, "time": "10:00", "first_name": "Amara",
        "last_name": "Okafor", "email": "amara@example.org", "kit": "out" });
    portal.control(reqwest::Method::POST, "/seed", json!({ "bookings": [booking] })).await.expect(200);
    for _ in 0..2_000 {
        if portal.client.get("/bookings/1").await.expect(200)["equipment_status"] == "late" {
            return;
        }
    }
    panic!("the kit is still out");
}

#[tokio::test]
async fn a_seed_with_a_mistake_starts_nothing_and_says_where_it_is() {
    for (path, value, said) in [
        ("/accounts/0/api_kee", json!(1), "api_kee"),
        ("/bookings/0/state", json!("asleep"), "asleep"),
        ("/bookings/0/course", json!(1), "no course 1"),
        ("/bookings/1/account", json!("west"), "no account west"),
        ("/bookings/1/in_working_days", json!(3), "either a date or"),
        ("/trainers", json!([]), "both courses and trainers"),
        ("/courses/0/price", json!(0.001), "two decimals"),
        ("/accounts/1/hb_client_id", json!("north"), "north already"),
    ] {
        let mut document = document();
        let (parent, name) = path.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[name] = value;
        match frozen(START).contents(document).start().await {
            Err(SandboxError::Refused(message)) => assert!(message.contains(said), "{path}: {message}"),
            other => panic!("{path}: {other:?}"),
        }
    }
}

impl Client {
    async fn of(portal: &Portal, id: &str, key: &str) -> Self {
        let mut client = Self::new(portal.sandbox.base_url());
        let body = json!({ "hb_client_id": id, "api_key": key });
        let pair = client.post("/auth/token", body).await.expect(200);
        client.token = Some(pair["access_token"].as_str().unwrap().to_owned());
        client
    }

    async fn book_course(&self, course: i64) -> crate::support::Answer {
        let hold = self.hold(course).await;
        self.post("/bookings", crate::support::order(&hold, "credits")).await
    }
}
