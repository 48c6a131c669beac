//! Paging and filters.

use hb_bls_sandbox::Seed;
use serde_json::{Value, json};

use crate::support::{Portal, id};

async fn seeded(bookings: u32) -> Portal {
    let portal = Portal::start().await;
    portal.sandbox.seed(Seed::default().bookings(bookings)).await.unwrap();
    portal
}

async fn total(portal: &Portal, query: &str) -> i64 {
    let body = portal.client.get(&format!("/bookings?per_page=100&{query}")).await.expect(200);
    let shown = body["data"].as_array().unwrap().len();
    let total = body["meta"]["total"].as_i64().unwrap();
    assert_eq!(shown, usize::try_from(total).unwrap(), "all on one page");
    total
}

#[tokio::test]
async fn following_next_gives_everything_once_newest_first() {
    let portal = seeded(45).await;
    let mut seen = Vec::new();
    let mut next = Some("/bookings?booked_by=x".to_owned());
    let mut sizes = Vec::new();
    while let Some(path) = next {
        let page = portal.client.get(&path).await.expect(200);
        let ids: Vec<i64> = page["data"].as_array().unwrap().iter().map(id).collect();
        sizes.push(ids.len());
        seen.extend(ids);
        let link = page["links"]["next"].as_str();
        assert!(link.is_none_or(|link| link.contains("booked_by=x")), "the query is kept");
        next = link.map(|link| link.strip_prefix(portal.sandbox.base_url()).unwrap().to_owned());
    }
    assert_eq!(sizes, [20, 20, 5]);
    assert_eq!(seen, (1..=45).rev().collect::<Vec<i64>>());
}

#[tokio::test]
async fn a_page_past_the_end_is_empty() {
    let portal = seeded(3).await;
    let page = portal.client.get("/bookings?page=9&per_page=2").await.expect(200);
    assert_eq!(page["data"], json!([]));
    assert_eq!(page["meta"], json!({ "current_page": 9, "per_page": 2, "last_page": 2, "total": 3 }));
    assert_eq!(page["links"]["next"], Value::Null);
    let furthest = portal.client.get("/bookings?page=1000000000&per_page=100").await.expect(200);
    assert_eq!(furthest["data"], json!([]));
}

#[tokio::test]
async fn an_empty_list_has_one_page() {
    let portal = Portal::start().await;
    assert_eq!(
        portal.client.get("/bookings").await.expect(200),
        json!({
            "data": [],
            "meta": { "current_page": 1, "per_page": 20, "last_page": 1, "total": 0 },
            "links": { "next": null, "prev": null },
        })
    );
}

#[tokio::test]
async fn sizes_go_from_1_to_100() {
    let portal = seeded(101).await;
    for size in [1, 100] {
        let page = portal.client.get(&format!("/bookings?per_page={size}")).await.expect(200);
        assert_eq!(page["data"].as_array().unwrap().len(), size);
    }
    for list in ["/bookings", "/transactions"] {
        for (name, value) in [
            ("per_page", "0"),
            ("per_page", "101"),
            ("per_page", "x"),
            ("per_page", "1.5"),
            ("page", "0"),
            ("page", "-1"),
            ("page", "99999999999999999999"),
        ] {
            let answer = portal.client.get(&format!("{list}?{name}={value}")).await;
            assert_eq!(answer.refused_fields(), [name], "{list} {name}={value}");
        }
    }
}

#[tokio::test]
async fn filters_narrow_and_combine() {
    let portal = seeded(60).await;
    assert_eq!(total(&portal, "").await, 60);
    assert_eq!(total(&portal, "status=cancelled").await, 3);
    assert_eq!(total(&portal, "status=booked").await, 57);
    assert_eq!(total(&portal, "status=unheard_of").await, 0);
    assert_eq!(total(&portal, "course_id=2").await, 30);
    // Every 20th is cancelled, every second is of course 1.
    assert_eq!(total(&portal, "course_id=1&status=cancelled").await, 3);
    assert_eq!(total(&portal, "course_id=2&status=cancelled").await, 0);
    // They go back a day each from 4 June.
    assert_eq!(total(&portal, "date_from=2026-06-04").await, 1);
    assert_eq!(total(&portal, "date_from=2026-06-01&date_to=2026-06-03").await, 3);
    assert_eq!(total(&portal, "search=candidate17%40example.org").await, 1);
    assert_eq!(total(&portal, "search=ADEYEMI").await, 6);
    assert_eq!(total(&portal, "search=Amina%20Adeyemi").await, 1);
    assert_eq!(total(&portal, "search=ŁUKASZ").await, 5, "whatever the case, in any script");
    assert_eq!(total(&portal, "search=юлія").await, 5);
    assert_eq!(total(&portal, "search=%25").await, 0, "a wildcard is a letter like others");
    for (name, value) in [("course_id", "x"), ("date_from", "june"), ("date_to", "2026-13-01")] {
        let answer = portal.client.get(&format!("/bookings?{name}={value}")).await;
        assert_eq!(answer.refused_fields(), [name]);
    }
}

#[tokio::test]
async fn the_ledger_is_paged_and_adds_up() {
    let portal = Portal::start().await;
    portal.sandbox.seed(Seed::default().transactions(41)).await.unwrap();
    let mut sum = 0;
    let mut count = 0;
    for page in 1..=3 {
        let body = portal.client.get(&format!("/transactions?page={page}")).await.expect(200);
        assert_eq!(body["meta"]["total"], 43, "with the two opening balances");
        for entry in body["data"].as_array().unwrap() {
            assert!(entry["meta"]["description"].is_string());
            count += 1;
            let sign = if entry["type"] == "deposit" { 1 } else { -1 };
            if entry["wallet"] == "booking_balance" {
                sum += sign * entry["amount"].as_i64().unwrap();
            }
        }
    }
    assert_eq!((count, sum), (43, 48_001));
    let credits = portal.client.get("/credits").await.expect(200);
    assert_eq!(credits["booking_money_balance"], 480.01);
}
