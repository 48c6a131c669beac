//! Whatever comes in, an answer in the documented shapes goes out.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::{Answer, Portal, read};

/// Every field and parameter that the API or the control API reads.
const NAMES: [&str; 34] = [
    "hb_client_id",
    "api_key",
    "refresh_token",
    "course_id",
    "date",
    "time",
    "hold_hash",
    "first_name",
    "last_name",
    "email",
    "phone",
    "address",
    "city",
    "postcode",
    "job_role",
    "pay_option",
    "agency_contact_name",
    "agency_contact_email",
    "agency_email",
    "name",
    "url",
    "events",
    "timeout_seconds",
    "is_active",
    "page",
    "per_page",
    "status",
    "search",
    "date_from",
    "months_ahead",
    "seconds",
    "credits",
    "money_balance",
    "kind",
];

/// Values that are nearly right, and some that are not at all.
const LIKELY: [&str; 20] = [
    "1",
    "0",
    "-1",
    "2026-06-08",
    "2026-02-30",
    "9999-12-31",
    "0000-01-01",
    "09:00",
    "24:00",
    "credits",
    "candidate_pays",
    "booking.created",
    "https://agency.example/",
    "http://[::1",
    "a@b",
    "99999999999999999999",
    "1e999",
    "\u{0}",
    "'; DROP TABLE bookings; --",
    "%",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![select(&LIKELY[..]).prop_map(str::to_owned), any::<String>()]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![9 => select(&NAMES[..]).prop_map(str::to_owned), 1 => any::<String>()]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(name(), inner, 0..4).prop_map(|fields| json!(fields)),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    btree_map(name(), value(), 0..NAMES.len()).prop_map(|fields| json!(fields))
}

struct Bench {
    runtime: Runtime,
    portal: Portal,
}

/// Runs it with so many made-up inputs against one portal.
fn with_inputs<S: Strategy>(cases: u32, inputs: &S, test: impl Fn(&Bench, S::Value) -> Result<(), TestCaseError>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let portal = runtime.block_on(Portal::start());
    let bench = Bench { runtime, portal };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(inputs, |input| test(&bench, input)).unwrap();
}

fn is_in_shape(answer: &Answer) -> Result<(), TestCaseError> {
    let known = [200, 201, 401, 404, 405, 409, 413, 422];
    prop_assert!(known.contains(&answer.status), "{} {}", answer.status, answer.body);
    prop_assert!(answer.body.is_object(), "{} {:?}", answer.status, answer.bytes);
    if answer.status >= 400 {
        prop_assert!(answer.body["message"].as_str().is_some_and(|text| !text.is_empty()));
    }
    if answer.status == 422 {
        let errors = answer.body["errors"].as_object();
        prop_assert!(errors.is_some_and(|errors| !errors.is_empty()), "{}", answer.body);
        for texts in errors.into_iter().flat_map(|errors| errors.values()) {
            let texts = texts.as_array();
            prop_assert!(texts.is_some_and(|texts| texts.iter().all(Value::is_string)));
        }
    }
    Ok(())
}

#[test]
fn any_object_as_a_body() {
    let paths = [
        (Method::POST, "/auth/token"),
        (Method::POST, "/auth/refresh"),
        (Method::POST, "/timeslots/hold"),
        (Method::POST, "/bookings"),
        (Method::POST, "/webhooks"),
        (Method::PUT, "/webhooks/1"),
        (Method::POST, "/webhooks/1/rotate-secret"),
    ];
    with_inputs(400, &(select(paths.to_vec()), object()), |bench, ((method, path), body)| {
        let sent = bench.portal.client.send(method, path, Some(body));
        is_in_shape(&bench.runtime.block_on(sent))
    });
}

#[test]
fn any_bytes_as_a_body() {
    let inputs = (vec(any::<u8>(), 0..200), select(&["application/json", "text/plain", "x"][..]));
    with_inputs(200, &inputs, |bench, (bytes, kind)| {
        let request = bench.portal.client.request(Method::POST, "/bookings");
        let request = request.header("content-type", kind).body(bytes);
        let answer = bench.runtime.block_on(async { read(request.send().await?).await }).unwrap();
        is_in_shape(&answer)
    });
}

#[test]
fn any_query() {
    let lists = ["/bookings", "/transactions", "/timeslots", "/courses", "/credits"];
    let inputs = (select(lists.to_vec()), vec((name(), text()), 0..6));
    with_inputs(400, &inputs, |bench, (path, pairs)| {
        let request = bench.portal.client.request(Method::GET, path).query(&pairs);
        let answer = bench.runtime.block_on(async { read(request.send().await?).await }).unwrap();
        is_in_shape(&answer)
    });
}

#[test]
fn any_path() {
    let starts = ["/bookings/", "/webhooks/", "/timeslots/hold/", "/"];
    let methods = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH];
    let inputs = (select(methods.to_vec()), select(starts.to_vec()), text());
    with_inputs(300, &inputs, |bench, (method, start, rest)| {
        let rest: String = form_urlencoded::byte_serialize(rest.as_bytes()).collect();
        // A bare `/bookings/` and the like would be another path.
        let path = format!("{start}x{}", rest.replace('+', "%20"));
        let sent = bench.portal.client.send(method, &path, None);
        is_in_shape(&bench.runtime.block_on(sent))
    });
}

#[test]
fn any_header() {
    let names = ["authorization", "content-type", "accept", "x-forwarded-for", "cookie", "range"];
    // What an HTTP header may hold at all.
    let bytes = vec(prop_oneof![0x20_u8..0x7f, 0x80_u8..], 0..60);
    with_inputs(200, &(select(names.to_vec()), bytes), |bench, (name, bytes)| {
        let mut client = bench.portal.client.clone();
        if name == "authorization" {
            client.token = None;
        }
        let request = client.request(Method::POST, "/timeslots/hold");
        let request = request.header(name, bytes).body("{}");
        let answer = bench.runtime.block_on(async { read(request.send().await?).await }).unwrap();
        is_in_shape(&answer)
    });
}

#[test]
fn any_control_input() {
    let paths = [
        (Method::PATCH, "/account"),
        (Method::POST, "/clock/advance"),
        (Method::POST, "/faults"),
        (Method::POST, "/bookings/1/reschedule"),
        (Method::POST, "/bookings/1/pay"),
        (Method::POST, "/deliveries/1/retry"),
    ];
    with_inputs(300, &(select(paths.to_vec()), object()), |bench, ((method, path), body)| {
        let sent = bench.portal.control(method, path, body);
        is_in_shape(&bench.runtime.block_on(sent))
    });
}

#[test]
fn any_bytes_on_the_wire() {
    use std::io::{Read as _, Write as _};
    with_inputs(100, &vec(any::<u8>(), 0..300), |bench, bytes| {
        let address = &bench.portal.sandbox.base_url()["http://".len()..];
        let mut stream = std::net::TcpStream::connect(address.split('/').next().unwrap()).unwrap();
        // It may be turned away before it is heard out; the portal is still there afterwards.
        let heard = stream.write_all(&bytes);
        let heard = heard.and_then(|()| stream.shutdown(std::net::Shutdown::Write));
        let _ = heard.and_then(|()| stream.read_to_end(&mut Vec::new()));
        let alive = bench.runtime.block_on(bench.portal.client.get("/courses"));
        prop_assert_eq!(alive.status, 200);
        Ok(())
    });
}
