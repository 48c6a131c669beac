//! The control API itself.

use std::time::Duration;

use hb_bls_sandbox::{AccountPatch, ClockMode, Sandbox, Seed};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Portal, Receiver, Reply};

#[tokio::test]
async fn the_clock_goes_forward_only() {
    let portal = Portal::start().await;
    let clock = portal.control(Method::GET, "/clock", Value::Null).await.expect(200);
    assert_eq!(clock, json!({ "now": "2026-06-05T10:00:00+00:00", "mode": "frozen" }));
    let body = json!({ "seconds": 90 });
    let moved = portal.control(Method::POST, "/clock/advance", body).await.expect(200);
    assert_eq!(moved["now"], "2026-06-05T10:01:30+00:00");
    assert_eq!(portal.sandbox.now().to_string(), "2026-06-05T10:01:30Z");
    for wrong in [json!(-1), json!("60"), Value::Null, json!(1e300), json!(4e10)] {
        let body = json!({ "seconds": wrong });
        let refused = portal.control(Method::POST, "/clock/advance", body).await;
        assert_eq!(refused.refused_fields(), ["seconds"]);
    }
    assert_eq!(portal.sandbox.now().to_string(), "2026-06-05T10:01:30Z");
}

#[tokio::test]
async fn a_real_clock_runs_and_can_be_advanced() {
    let sandbox = Sandbox::builder().clock(ClockMode::Real).start().await.unwrap();
    let before = sandbox.now();
    let after = sandbox.advance(Duration::from_secs(3_600)).await.unwrap();
    assert!(after.duration_since(before).as_secs() >= 3_600);
    assert!(sandbox.now() >= after);
}

#[tokio::test]
async fn the_clock_can_be_frozen_and_run_again() {
    let portal = Portal::start().await;
    let receiver = Receiver::scripted([Reply::Status(500)]).await;
    receiver.register(&portal.client, &["booking.created"]).await;
    let set = async |to: &str| portal.control(Method::POST, &format!("/clock/{to}"), json!({})).await.expect(200);
    assert_eq!(set("unfreeze").await["mode"], "real");
    let earlier = portal.sandbox.now();
    while portal.sandbox.now() == earlier {
        tokio::task::yield_now().await;
    }
    let stopped = set("freeze").await;
    assert_eq!(stopped["mode"], "frozen");
    let now = portal.sandbox.now();
    assert_eq!(portal.sandbox.now(), now);
    assert_eq!(portal.sandbox.advance(Duration::from_secs(5)).await.unwrap(), now + Duration::from_secs(5));
    // What becomes due while it runs again happens by itself: the retry of an event, in a moment.
    portal.client.book("credits").await;
    portal.sandbox.advance(Duration::from_millis(15 * 60 * 1_000 - 20)).await.unwrap();
    assert_eq!(receiver.events(), ["booking.created"]);
    set("unfreeze").await;
    while receiver.events().len() < 2 {
        tokio::task::yield_now().await;
    }
    portal.sandbox.freeze().await.unwrap();
    let clock = portal.control(Method::GET, "/clock", Value::Null).await.expect(200);
    assert_eq!(clock["mode"], "frozen");
    portal.sandbox.unfreeze().await.unwrap();
    let clock = portal.control(Method::GET, "/clock", Value::Null).await.expect(200);
    assert_eq!(clock["mode"], "real");
    let wrong = portal.control(Method::POST, "/clock/freeze", json!({ "at": "noon" })).await;
    assert_eq!(wrong.refused_fields(), ["at"]);
}

#[tokio::test]
async fn balances_can_be_set_and_leave_a_trace() {
    let portal = Portal::start().await;
    let body = json!({
        "credits": { "1": 5, "2": 3 },
        "money_balance": 19.99,
        "invoice_payments": false,
        "credit_limit": 1000.0,
    });
    let account = portal.control(Method::PATCH, "/account", body).await.expect(200);
    assert_eq!(
        account,
        json!({
            "hb_client_id": portal.sandbox.credentials().hb_client_id,
            "credits": { "1": 5, "2": 3 },
            "money_balance": 19.99,
            "invoice_payments": false,
            "credit_limit": 1000.0,
            "invoiced": 0.0,
        })
    );
    let credits = portal.client.get("/credits").await.expect(200);
    assert_eq!(credits["booking_money_balance"], 19.99);
    assert_eq!(credits["booking_credits"][1]["credits"], 3);
    let ledger = portal.client.get("/transactions").await.expect(200);
    let newest: Vec<(&str, i64, &str)> = ledger["data"]
        .as_array()
        .unwrap()
        .iter()
        .take(3)
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap();
            (text("type"), entry["amount"].as_i64().unwrap(), text("wallet"))
        })
        .collect();
    assert_eq!(newest, [("withdraw", 46_001, "booking_balance"), ("deposit", 3, "2"), ("withdraw", 7, "1")]);
}

#[tokio::test]
async fn wrong_input_is_422_with_a_message() {
    let portal = Portal::start().await;
    for (method, path, body) in [
        (Method::PATCH, "/account", json!({ "credits": { "9": 1 } })),
        (Method::PATCH, "/account", json!({ "credits": { "1": -1 } })),
        (Method::PATCH, "/account", json!({ "credits": [1] })),
        (Method::PATCH, "/account", json!({ "money_balance": "480" })),
        (Method::PATCH, "/account", json!({ "money_balance": -1 })),
        (Method::PATCH, "/account", json!({ "money_balance": 0.001 })),
        (Method::PATCH, "/account", json!({ "money_balance": 1e30 })),
        (Method::PATCH, "/account", json!({ "invoice_payments": "yes" })),
        (Method::PATCH, "/account", json!({ "unheard_of": 1 })),
        (Method::PATCH, "/account", json!([])),
        (Method::POST, "/seed", json!({ "bookings": -1 })),
        (Method::POST, "/seed", json!({ "bookings": 1_000_001 })),
        (Method::POST, "/seed", json!({ "transactions": "3" })),
        (Method::POST, "/faults", json!({ "operation": "createBooking" })),
        (Method::POST, "/faults", json!({ "operation": "imagined", "kind": "html" })),
        (Method::POST, "/faults", json!({ "operation": "createBooking", "kind": "x" })),
        (Method::POST, "/faults", json!({ "operation": "createBooking", "kind": "status", "status": 200 })),
        (Method::POST, "/faults", json!({ "operation": "createBooking", "kind": "html", "times": 0 })),
        (Method::POST, "/reset", json!({ "all": true })),
        (Method::POST, "/bookings/1/pay", json!({ "amount": 1 })),
    ] {
        let answer = portal.control(method, path, body.clone()).await;
        assert_eq!(answer.refused_fields().len(), 1, "{path} {body}");
    }
    let client = Client::new(portal.sandbox.control_url());
    let broken = client.request(Method::POST, "/seed").body("{\"bookings\":").send().await.unwrap();
    assert_eq!(broken.status(), 422);
    for path in ["pay", "complete", "no-show", "return-kit", "cancel"] {
        let path = format!("/bookings/77/{path}");
        portal.control(Method::POST, &path, json!({})).await.expect(404);
    }
    client.get("/unheard-of").await.expect(404);
    client.get("/reset").await.expect(405);
}

/// One that a browser on this machine shows, by its own name or by one that was made to lead here.
#[tokio::test]
async fn a_web_page_cannot_steer_it() {
    let portal = Portal::start().await;
    portal.client.book("credits").await;
    let control = Client::new(portal.sandbox.control_url());
    for (header, value) in [("origin", "https://evil.example"), ("host", "evil.example")] {
        for path in ["/reset", "/accounts"] {
            let answer = control.request(Method::POST, path).header(header, value).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{header} {path}");
        }
    }
    assert_eq!(portal.client.get("/bookings").await.expect(200)["meta"]["total"], 1);
    let embed = |mode: &str| {
        let request = control.request(Method::GET, "/requests").header("sec-fetch-site", "cross-site");
        request.header("sec-fetch-mode", mode).send()
    };
    assert_eq!(embed("no-cors").await.unwrap().status(), 403);
    assert_eq!(embed("navigate").await.unwrap().status(), 200, "a link leads there");
}

#[tokio::test]
async fn accounts_are_listed_with_their_booking_pages() {
    let portal = Portal::start().await;
    let other = portal.another_account().await;
    let accounts = portal.control(Method::GET, "/accounts", Value::Null).await.expect(200);
    for (at, client) in [&portal.client, &other].into_iter().enumerate() {
        let own = client.get("/booking-url").await.expect(200);
        assert_eq!(accounts["data"][at]["booking_url"], own["booking_url"]);
    }
    assert_eq!(accounts["data"][0]["hb_client_id"], portal.sandbox.credentials().hb_client_id);
    assert!(!accounts.to_string().contains(&portal.sandbox.credentials().api_key));
}

#[tokio::test]
async fn requests_are_listed() {
    let portal = Portal::start().await;
    portal.client.get("/bookings?page=2").await.expect(200);
    portal.client.get("/bookings/7/certificate").await.expect(404);
    portal.client.get("/nowhere").await.expect(404);
    let list = portal.control(Method::GET, "/requests", Value::Null).await.expect(200);
    let entry = |number: u64, method: &str, path: &str, operation: Value, status: u16| {
        json!({
            "number": number, "method": method, "path": format!("/api/v1{path}"), "query": null,
            "operationId": operation, "status": status, "at": "2026-06-05T10:00:00+00:00", "account": 1,
            "remaining": null, "message": null, "fault": null, "body": null,
        })
    };
    let mut expected = [
        entry(1, "POST", "/auth/token", json!("createToken"), 200),
        entry(2, "GET", "/bookings", json!("listBookings"), 200),
        entry(3, "GET", "/bookings/7/certificate", json!("downloadCertificate"), 404),
        entry(4, "GET", "/nowhere", Value::Null, 404),
    ];
    expected[1]["query"] = json!("page=2");
    expected[2]["message"] = json!("Booking not found.");
    expected[3]["message"] = json!("The route api/v1/nowhere could not be found.");
    expected[3]["account"] = Value::Null;
    assert_eq!(list["data"], json!(expected));
    let records = portal.sandbox.requests().await.unwrap();
    assert_eq!(records[1].operation_id, Some("listBookings"));
}

#[tokio::test]
async fn bodies_are_kept_on_request_but_none_with_secrets() {
    let mut portal = Portal::start().await;
    portal.client.book("credits").await;
    portal.control(Method::POST, "/capture", json!({ "on": true })).await.expect(200);
    let credentials = portal.sandbox.credentials().clone();
    portal.client.log_in(&credentials).await;
    portal.client.post("/auth/tokens", json!({ "api_key": credentials.api_key })).await.expect(404);
    portal.client.book("credits").await;
    let large = json!({ "hold_hash": "x".repeat(40_000) });
    portal.client.post("/bookings", large).await.expect(422);
    let requests = portal.sandbox.requests().await.unwrap();
    let bodies: Vec<(Option<&str>, Option<&str>)> =
        requests.iter().map(|request| (request.operation_id, request.body.as_deref())).collect();
    assert_eq!(bodies.iter().filter(|(_, body)| body.is_some()).count(), 3, "{bodies:?}");
    assert!(bodies.iter().all(|(operation, body)| *operation != Some("createToken") || body.is_none()));
    let booked = bodies[bodies.len() - 2];
    assert!(booked.1.unwrap().contains("Ștefan"), "and the operation has read it too");
    assert_eq!(bodies.last().unwrap().1.unwrap().len(), 16 * 1024);
}

#[tokio::test]
async fn the_clock_goes_to_the_next_thing_that_is_due() {
    let portal = Portal::start().await;
    let nothing = portal.control(Method::POST, "/clock/next", json!({})).await;
    assert_eq!(nothing.refused_fields(), ["next"]);
    portal.client.hold(1).await;
    let told = portal.control(Method::POST, "/clock/next", json!({})).await.expect(200);
    assert_eq!(told["now"], "2026-06-05T10:30:00+00:00", "the hold ends");
}

#[tokio::test]
async fn a_reset_leaves_nothing_but_the_time() {
    let portal = Portal::start().await;
    let receiver = Receiver::start().await;
    receiver.register(&portal.client, &["booking.created"]).await;
    portal.client.book("credits").await;
    portal.sandbox.seed(Seed::default().bookings(10).transactions(10)).await.unwrap();
    let patch = AccountPatch::default().invoice_payments(false);
    portal.sandbox.set_account(patch).await.unwrap();
    let late = portal.sandbox.advance(Duration::from_secs(60)).await.unwrap();
    let old = portal.another_account().await;
    portal.client.hold(1).await;

    portal.control(Method::POST, "/reset", json!({})).await.expect(200);
    assert_eq!(portal.sandbox.now(), late);
    portal.client.get("/courses").await.expect(401);
    old.get("/courses").await.expect(401);
    let mut client = Client::new(portal.sandbox.base_url());
    client.log_in(portal.sandbox.credentials()).await;
    assert_eq!(client.get("/bookings").await.expect(200)["meta"]["total"], 0);
    assert_eq!(client.get("/webhooks").await.expect(200), json!({ "data": [] }));
    assert_eq!(client.get("/transactions").await.expect(200)["meta"]["total"], 2);
    assert_eq!(client.get("/credits").await.expect(200)["booking_credits"][0]["credits"], 12);
    assert_eq!(portal.sandbox.deliveries().await.unwrap(), []);
    assert_eq!(client.book("invoice").await["id"], 1, "ids start over, invoicing is on again");
    portal.sandbox.reset().await.unwrap();
    assert_eq!(portal.sandbox.requests().await.unwrap(), []);
}
