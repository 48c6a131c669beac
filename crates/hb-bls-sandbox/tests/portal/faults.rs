//! Injected faults: what the client sees, and whether the operation was carried out.

use hb_bls_sandbox::{Fault, FaultKind, RequestRecord};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Portal, order};

async fn bookings(portal: &Portal) -> i64 {
    portal.client.get("/bookings").await.expect(200)["meta"]["total"].as_i64().unwrap()
}

#[tokio::test]
async fn a_status_is_answered_so_many_times_and_nothing_is_done() {
    let portal = Portal::start().await;
    let hold = portal.client.hold(1).await;
    portal.sandbox.inject(Fault::status("createBooking", 503).times(2)).await.unwrap();
    for _ in 0..2 {
        let refused = portal.client.post("/bookings", order(&hold, "credits")).await.expect(503);
        assert!(refused["message"].is_string());
        assert_eq!(bookings(&portal).await, 0);
    }
    portal.client.post("/bookings", order(&hold, "credits")).await.expect(201);
    let fault = Fault::status("*", 429).retry_after(7);
    portal.sandbox.inject(fault).await.unwrap();
    let limited = portal.client.get("/courses").await;
    assert_eq!(limited.headers["retry-after"], "7");
    limited.expect(429);
}

#[tokio::test]
async fn html_instead_of_json() {
    let portal = Portal::start().await;
    portal.sandbox.inject(Fault::new("listCourses", FaultKind::Html)).await.unwrap();
    let page = portal.client.get("/courses").await;
    assert_eq!(page.status, 502);
    assert_eq!(page.headers["content-type"], "text/html; charset=UTF-8");
    assert!(page.bytes.starts_with(b"<!DOCTYPE html>"));
}

async fn lost(portal: &Portal, kind: FaultKind) -> Value {
    let hold = portal.client.hold(1).await;
    portal.sandbox.inject(Fault::new("createBooking", kind)).await.unwrap();
    let body = order(&hold, "credits");
    let answer = portal.client.try_send(Method::POST, "/bookings", Some(body.clone())).await;
    assert!(answer.is_err(), "{kind:?}");
    body
}

#[tokio::test]
async fn a_reset_before_does_nothing() {
    let portal = Portal::start().await;
    let body = lost(&portal, FaultKind::ResetBefore).await;
    assert_eq!(bookings(&portal).await, 0);
    portal.client.post("/bookings", body).await.expect(201);
    let requests = portal.sandbox.requests().await.unwrap();
    let statuses: Vec<Option<u16>> = requests
        .iter()
        .filter(|request| request.operation_id == Some("createBooking"))
        .map(|request| request.status)
        .collect();
    assert_eq!(statuses, [None, Some(201)]);
}

#[tokio::test]
async fn a_reset_after_has_done_it() {
    let portal = Portal::start().await;
    let body = lost(&portal, FaultKind::ResetAfter).await;
    assert_eq!(bookings(&portal).await, 1);
    portal.client.post("/bookings", body).await.expect(409);
}

/// Bytes of the answer, and the error that the socket ends with.
async fn raw(portal: &Portal, path: &str) -> (Vec<u8>, Option<std::io::ErrorKind>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address = portal.sandbox.base_url().strip_prefix("http://").unwrap();
    let address = address.strip_suffix("/api/v1").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let token = portal.client.token.clone().unwrap();
    let request = format!("GET /api/v1{path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).await.err().map(|error| error.kind());
    (bytes, end)
}

#[tokio::test]
async fn a_reset_is_a_tcp_reset_without_a_byte() {
    let portal = Portal::start().await;
    portal.sandbox.inject(Fault::new("listCourses", FaultKind::ResetBefore)).await.unwrap();
    let (bytes, end) = raw(&portal, "/courses").await;
    assert_eq!(bytes, b"");
    assert_eq!(end, Some(std::io::ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn a_truncated_answer_promises_more_than_it_gives() {
    let portal = Portal::start().await;
    let whole = portal.client.get("/courses").await.bytes;
    let fault = Fault::new("listCourses", FaultKind::Truncate).times(2);
    portal.sandbox.inject(fault).await.unwrap();
    assert!(portal.client.try_send(Method::GET, "/courses", None).await.is_err());
    let (bytes, _) = raw(&portal, "/courses").await;
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("content-length: {}", whole.len())), "{head}");
    assert!(whole.starts_with(body.as_bytes()) && body.len() < whole.len());
}

#[tokio::test]
async fn a_later_version_is_valid_json_with_the_unknown_in_it_and_the_optional_gone() {
    let portal = Portal::start().await;
    let id = portal.client.book("credits").await["id"].clone();
    portal.sandbox.inject(Fault::new("getBooking", FaultKind::LaterVersion)).await.unwrap();
    let path = format!("/bookings/{id}");
    let changed = portal.client.get(&path).await.expect(200);
    assert_eq!(changed["id"], id);
    assert_eq!(changed["booking_status"], "beta_booked");
    assert!(changed["beta_note"].is_object() && changed["candidate"]["beta_note"].is_object());
    assert_eq!((changed.get("virtual"), changed.get("trainer")), (None, None));
    assert_eq!(portal.client.get(&path).await.expect(200)["booking_status"], "booked");
}

#[tokio::test]
async fn a_late_response_is_late_without_a_number() {
    let portal = Portal::start().await;
    let fault = serde_json::json!({ "operation": "listCourses", "kind": "latency" });
    assert_eq!(portal.control(Method::POST, "/faults", fault).await.expect(201)["ms"], 1000);
    let fault = serde_json::json!({ "operation": "listCourses", "kind": "html" });
    assert_eq!(portal.control(Method::POST, "/faults", fault).await.expect(201)["ms"], 0);
}

#[tokio::test]
async fn latency_waits_and_then_does_it() {
    let portal = Portal::start().await;
    portal.sandbox.inject(Fault::latency("listCourses", 30_000)).await.unwrap();
    let slow = portal.client.get("/courses");
    let quick = portal.client.get("/credits");
    tokio::select! {
        biased;
        _ = slow => panic!("the slow one came first"),
        answer = quick => { answer.expect(200); }
    }
    portal.sandbox.inject(Fault::latency("listCourses", 1)).await.unwrap();
    portal.client.get("/courses").await.expect(200);
}

#[tokio::test]
async fn a_request_whose_caller_hangs_up_does_not_stay_under_way() {
    let portal = Portal::start().await;
    portal.sandbox.inject(Fault::latency("listCourses", 30_000)).await.unwrap();
    let last = async |fits: fn(&RequestRecord) -> bool| {
        for _ in 0..100_000 {
            let last = portal.sandbox.requests().await.unwrap().pop().unwrap();
            if fits(&last) {
                return last;
            }
        }
        panic!("there is no such request");
    };
    tokio::select! {
        _ = portal.client.get("/courses") => panic!("it waits"),
        _ = last(|it| it.operation_id == Some("listCourses")) => {}
    }
    let over = last(|it| it.message.is_some()).await;
    assert_eq!((over.status, over.fault), (None, Some("latency")));
    assert_eq!(over.message.unwrap(), "The caller hung up before there was a response.");
}

#[tokio::test]
async fn faults_are_listed_and_called_off_over_http() {
    let portal = Portal::start().await;
    let body = json!({ "operation": "createBooking", "kind": "status", "status": 503, "times": 3 });
    let fault = portal.control(Method::POST, "/faults", body).await.expect(201);
    assert_eq!(
        fault,
        json!({
            "operation": "createBooking",
            "kind": "status",
            "status": 503,
            "ms": 0,
            "retry_after": null,
            "times": 3,
        })
    );
    let list = portal.control(Method::GET, "/faults", Value::Null).await.expect(200);
    assert_eq!(list, json!({ "data": [fault] }));
    assert_eq!(portal.sandbox.faults().await.unwrap().len(), 1);
    portal.control(Method::DELETE, "/faults", Value::Null).await.expect(200);
    assert_eq!(portal.sandbox.faults().await.unwrap(), []);
    for &kind in FaultKind::ALL {
        let body = json!({ "operation": "*", "kind": kind.name() });
        portal.control(Method::POST, "/faults", body).await.expect(201);
    }
    portal.sandbox.clear_faults().await.unwrap();
    portal.sandbox.inject(Fault::new("imagined", FaultKind::Html)).await.unwrap_err();
}
