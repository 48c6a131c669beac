//! Every declared answer of every operation is given, and each is as declared.

use std::collections::BTreeSet;
use std::time::Duration;

use hb_bls_sandbox::{ClockMode, Fault, Sandbox};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::support::contract::{Contract, Operation};
use crate::support::{Answer, Client, EVENTS, Portal, Receiver, START, id, order, slot_request};

/// A client whose every answer is held against the document.
struct Judge {
    portal: Portal,
    contract: Contract,
    operations: Vec<Operation>,
    seen: Mutex<BTreeSet<(String, String)>>,
}

impl Judge {
    /// With the quota on, so that its headers are judged as well.
    async fn start() -> Self {
        let clock = ClockMode::Frozen(START.parse().unwrap());
        let portal = Portal::with(Sandbox::builder().clock(clock)).await;
        let contract = Contract::load();
        let operations = contract.operations();
        Self { portal, contract, operations, seen: Mutex::default() }
    }

    fn operation(&self, id: &str) -> &Operation {
        self.operations.iter().find(|operation| operation.id == id).unwrap()
    }

    /// Calls an operation; `what` is the path's parameter, or else a query.
    async fn call(&self, id: &str, what: &str, body: Value, status: u16) -> Value {
        self.call_as(&self.portal.client, id, what, body, status).await.body
    }

    async fn call_as(&self, client: &Client, id: &str, what: &str, body: Value, status: u16) -> Answer {
        let operation = self.operation(id);
        let path = match operation.path.split_once('{') {
            Some((start, rest)) => format!("{start}{what}{}", rest.split_once('}').unwrap().1),
            None if what.starts_with('?') => format!("{}{what}", operation.path),
            None => operation.path.clone(),
        };
        let body = (!body.is_null()).then_some(body);
        let answer = client.send(operation.method.clone(), &path, body).await;
        assert_eq!(answer.status, status, "{id}: {}", answer.body);
        let declared = self.contract.check(operation, &answer);
        self.seen.lock().await.insert((id.to_owned(), declared));
        answer
    }

    /// A new minute, a new quota.
    async fn next_minute(&self) {
        self.portal.sandbox.advance(Duration::from_secs(60)).await.unwrap();
    }
}

#[tokio::test]
async fn every_declared_answer_is_given_as_declared() {
    let judge = Judge::start().await;
    assert_eq!(judge.operations.len(), 22);
    account_and_lists(&judge).await;
    judge.next_minute().await;
    holds_and_bookings(&judge).await;
    judge.next_minute().await;
    webhooks(&judge).await;
    judge.next_minute().await;
    not_found(&judge).await;
    unauthenticated(&judge).await;
    judge.next_minute().await;
    server_errors(&judge).await;
    tokens(&judge).await;
    over_quota(&judge).await;

    let declared: BTreeSet<(String, String)> = judge
        .operations
        .iter()
        .flat_map(|operation| operation.statuses.iter().map(|status| (operation.id.clone(), status.clone())))
        .collect();
    let seen = judge.seen.lock().await;
    let missing: Vec<_> = declared.difference(&seen).collect();
    assert!(missing.is_empty(), "declared and never given: {missing:?}");
}

async fn account_and_lists(judge: &Judge) {
    for list in ["getTokenInfo", "getBookingUrl", "getCredits", "listTransactions", "listCourses"] {
        judge.call(list, "", Value::Null, 200).await;
    }
    judge.call("listTransactions", "?per_page=1&page=2", Value::Null, 200).await;
    judge.call("listTransactions", "?per_page=0", Value::Null, 422).await;
    judge.call("listTimeslots", "?course_id=1", Value::Null, 200).await;
    judge.call("listTimeslots", "", Value::Null, 422).await;
}

async fn holds_and_bookings(judge: &Judge) {
    judge.call("listBookings", "", Value::Null, 200).await;
    judge.call("listBookings", "?page=x", Value::Null, 422).await;
    judge.call("holdTimeslot", "", json!({}), 422).await;
    judge.call("createBooking", "", json!({}), 422).await;
    let mut bookings = Vec::new();
    for option in ["credits", "balance", "invoice", "candidate_pays"] {
        let slots = judge.call("listTimeslots", "?course_id=1", Value::Null, 200).await;
        let wanted = slot_request(&slots["data"][0]);
        let hold = judge.call("holdTimeslot", "", wanted.clone(), 201).await;
        judge.call("holdTimeslot", "", wanted.clone(), 409).await;
        bookings.push(judge.call("createBooking", "", order(&hold, option), 201).await);
        judge.call("createBooking", "", order(&hold, option), 409).await;
        judge.call("holdTimeslot", "", wanted, 409).await;
    }
    let slots = judge.call("listTimeslots", "?course_id=2", Value::Null, 200).await;
    let hold = judge.call("holdTimeslot", "", slot_request(&slots["data"][0]), 201).await;
    judge.call("releaseTimeslotHold", hold["hold_hash"].as_str().unwrap(), Value::Null, 200).await;

    let sandbox = &judge.portal.sandbox;
    let first = id(&bookings[0]);
    judge.call("downloadCertificate", &first.to_string(), Value::Null, 422).await;
    sandbox.complete(first).await.unwrap();
    sandbox.return_kit(first).await.unwrap();
    judge.call("downloadCertificate", &first.to_string(), Value::Null, 200).await;
    sandbox.no_show(id(&bookings[1])).await.unwrap();
    sandbox.cancel(id(&bookings[2])).await.unwrap();
    for booking in &bookings {
        judge.call("getBooking", &id(booking).to_string(), Value::Null, 200).await;
    }
    judge.call("listBookings", "?per_page=2", Value::Null, 200).await;
    judge.call("listTransactions", "", Value::Null, 200).await;
}

async fn webhooks(judge: &Judge) {
    let body = json!({
        "name": "CRM",
        "url": "https://agency.example/hook",
        "events": ["booking.created", "webhook.test"],
    });
    let created = judge.call("createWebhook", "", body, 201).await;
    judge.call("createWebhook", "", json!({}), 422).await;
    let webhook = id(&created).to_string();
    judge.call("listWebhooks", "", Value::Null, 200).await;
    judge.call("getWebhook", &webhook, Value::Null, 200).await;
    judge.call("updateWebhook", &webhook, json!({ "name": "CRM 2" }), 200).await;
    judge.call("updateWebhook", &webhook, json!({ "events": [] }), 422).await;
    judge.call("rotateWebhookSecret", &webhook, Value::Null, 200).await;
    judge.call("testWebhook", &webhook, Value::Null, 200).await;
    judge.call("deleteWebhook", &webhook, Value::Null, 200).await;
}

async fn not_found(judge: &Judge) {
    for operation in &judge.operations {
        if operation.statuses.iter().any(|status| status == "404") {
            judge.call(&operation.id, "999999", json!({}), 404).await;
        }
    }
}

async fn unauthenticated(judge: &Judge) {
    let nobody = Client::new(judge.portal.sandbox.base_url());
    let wrong = json!({ "hb_client_id": "x", "api_key": "x", "refresh_token": "x" });
    for operation in &judge.operations {
        judge.call_as(&nobody, &operation.id, "999999", wrong.clone(), 401).await;
    }
}

/// The sandbox has no failure of its own to show, so one is injected for each.
async fn server_errors(judge: &Judge) {
    for operation in &judge.operations {
        judge.portal.sandbox.inject(Fault::status(&operation.id, 500)).await.unwrap();
        judge.call(&operation.id, "1", json!({}), 500).await;
    }
}

async fn tokens(judge: &Judge) {
    let credentials = judge.portal.sandbox.credentials();
    let body = json!({ "hb_client_id": credentials.hb_client_id, "api_key": credentials.api_key });
    let pair = judge.call("createToken", "", body, 200).await;
    judge.call("createToken", "", json!({}), 422).await;
    let refresh = json!({ "refresh_token": pair["refresh_token"] });
    let pair = judge.call("refreshToken", "", refresh, 200).await;
    judge.call("refreshToken", "", json!({}), 422).await;
    let mut client = judge.portal.client.clone();
    client.token = pair["access_token"].as_str().map(str::to_owned);
    judge.call_as(&client, "revokeToken", "", Value::Null, 200).await;
}

async fn over_quota(judge: &Judge) {
    while judge.portal.client.get("/courses").await.status != 429 {}
    for operation in &judge.operations {
        judge.call(&operation.id, "1", json!({}), 429).await;
    }
}

#[tokio::test]
async fn every_event_is_as_declared() {
    let portal = Portal::start().await;
    let contract = Contract::load();
    let receiver = Receiver::start().await;
    let webhook = receiver.register(&portal.client, &EVENTS).await;
    let sandbox = &portal.sandbox;
    let first = id(&portal.client.book("candidate_pays").await);
    sandbox.pay(first).await.unwrap();
    let slot = portal.client.slots(1).await.remove(5);
    let (date, time) = (slot["date"].as_str().unwrap(), slot["time"].as_str().unwrap());
    sandbox.reschedule(first, date, time).await.unwrap();
    let second = id(&portal.client.book("credits").await);
    sandbox.cancel(second).await.unwrap();
    let test = format!("/webhooks/{}/test", id(&webhook));
    portal.client.post(&test, json!({})).await.expect(200);
    sandbox.advance(Duration::from_secs(30 * 86_400)).await.unwrap();
    sandbox.complete(first).await.unwrap();
    sandbox.return_kit(first).await.unwrap();
    sandbox.advance(Duration::ZERO).await.unwrap();

    let mut missing: BTreeSet<&str> = EVENTS.into();
    for delivered in receiver.received() {
        contract.check_schema("WebhookEvent", &delivered.body);
        contract.check_schema(&data_schema(delivered.event()), &delivered.body["data"]);
        missing.remove(delivered.event());
    }
    assert!(missing.is_empty(), "never fired: {missing:?}");
}

/// `booking.equipment_late` has the data `BookingEquipmentLateData`.
fn data_schema(event: &str) -> String {
    let mut name = String::new();
    for word in event.split(['.', '_']) {
        name.push_str(&word[..1].to_uppercase());
        name.push_str(&word[1..]);
    }
    name + "Data"
}

/// The judge itself: it must see what is wrong.
#[tokio::test]
#[should_panic(expected = "listCourses 200")]
async fn an_answer_with_a_wrong_type_is_caught() {
    let judge = Judge::start().await;
    let mut answer = judge.portal.client.get("/courses").await;
    answer.body["data"][0]["id"] = json!("one");
    judge.contract.check(judge.operation("listCourses"), &answer);
}

#[tokio::test]
#[should_panic(expected = "made_up is not declared")]
async fn an_answer_with_a_made_up_field_is_caught() {
    let judge = Judge::start().await;
    let mut answer = judge.portal.client.get("/courses").await;
    answer.body["data"][0]["made_up"] = json!(1);
    judge.contract.check(judge.operation("listCourses"), &answer);
}
