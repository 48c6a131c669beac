//! A portal to test against, a client for it, and a receiver for its webhooks.

mod browser;
pub(crate) mod contract;
mod receiver;

use hb_bls_sandbox::{ClockMode, Sandbox, SandboxBuilder, SandboxCredentials};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

pub(crate) use browser::Browser;
pub(crate) use receiver::{Delivered, Receiver, Reply};

/// Friday, 5 June 2026, 11:00 in the UK.
pub(crate) const START: &str = "2026-06-05T10:00:00Z";

/// Every event that a webhook can ask for.
pub(crate) const EVENTS: [&str; 8] = [
    "booking.created",
    "booking.confirmed",
    "booking.rescheduled",
    "booking.cancelled",
    "booking.attendance_marked",
    "booking.equipment_late",
    "booking.certificate_available",
    "webhook.test",
];

/// A sandbox with a client that is logged in to an account of it.
#[derive(Debug)]
pub(crate) struct Portal {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
}

impl Portal {
    /// In frozen time, without the quota.
    pub(crate) async fn start() -> Self {
        Self::with(frozen(START)).await
    }

    pub(crate) async fn with(builder: SandboxBuilder) -> Self {
        let sandbox = builder.start().await.unwrap();
        let mut client = Client::new(sandbox.base_url());
        client.log_in(sandbox.credentials()).await;
        Self { sandbox, client }
    }

    /// A client logged in to a second account, which can pay with credits of course 1.
    pub(crate) async fn another_account(&self) -> Client {
        let credentials = self.sandbox.add_account().await.unwrap();
        let patch =
            hb_bls_sandbox::AccountPatch::default().hb_client_id(credentials.hb_client_id.clone()).credits([(1, 5)]);
        self.sandbox.set_account(patch).await.unwrap();
        let mut client = Client::new(self.sandbox.base_url());
        client.log_in(&credentials).await;
        client
    }

    /// Calls the control API over HTTP.
    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Answer {
        let client = Client::new(self.sandbox.control_url());
        client.send(method, path, (!body.is_null()).then_some(body)).await
    }
}

/// In memory, frozen, without the quota.
pub(crate) fn frozen(at: &str) -> SandboxBuilder {
    Sandbox::builder().rate_limit(false).clock(ClockMode::Frozen(at.parse().unwrap()))
}

/// An HTTP client that knows nothing of the API but its paths.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    pub(crate) token: Option<String>,
}

/// An answer, its JSON body parsed where it has one.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The fields a 422 complains about.
    #[track_caller]
    pub(crate) fn refused_fields(self) -> Vec<String> {
        let body = self.expect(422);
        assert!(body["message"].is_string(), "{body}");
        body["errors"].as_object().unwrap().keys().cloned().collect()
    }
}

impl Client {
    pub(crate) fn new(base: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, base: base.to_owned(), token: None }
    }

    pub(crate) async fn log_in(&mut self, credentials: &SandboxCredentials) -> Value {
        let body = json!({
            "hb_client_id": credentials.hb_client_id,
            "api_key": credentials.api_key,
        });
        let pair = self.post("/auth/token", body).await.expect(200);
        self.token = Some(pair["access_token"].as_str().unwrap().to_owned());
        pair
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.try_send(method, path, body).await.unwrap()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn try_send(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Result<Answer> {
        let mut request = self.request(method, path);
        if let Some(body) = &body {
            request = request.json(body);
        }
        read(request.send().await?).await
    }

    /// The first open slots of a course.
    pub(crate) async fn slots(&self, course: i64) -> Vec<Value> {
        let body = self.get(&format!("/timeslots?course_id={course}")).await.expect(200);
        body["data"].as_array().unwrap().clone()
    }

    /// Holds the first open slot of the course.
    pub(crate) async fn hold(&self, course: i64) -> Value {
        let slot = self.slots(course).await.remove(0);
        self.post("/timeslots/hold", slot_request(&slot)).await.expect(201)
    }

    /// Books the first open slot of course 1.
    pub(crate) async fn book(&self, pay_option: &str) -> Value {
        let hold = self.hold(1).await;
        self.post("/bookings", order(&hold, pay_option)).await.expect(201)
    }
}

pub(crate) async fn read(response: reqwest::Response) -> reqwest::Result<Answer> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await?.to_vec();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Ok(Answer { status, headers, bytes, body })
}

/// The body that holds a slot of the list.
pub(crate) fn slot_request(slot: &Value) -> Value {
    json!({ "course_id": slot["course"]["id"], "date": slot["date"], "time": slot["time"] })
}

/// A complete booking request.
pub(crate) fn order(hold: &Value, pay_option: &str) -> Value {
    json!({
        "hold_hash": hold["hold_hash"],
        "first_name": "Ștefan",
        "last_name": "Łukasz",
        "email": "stefan@example.org",
        "phone": "07700 900123",
        "address": "1 High Street",
        "city": "Leeds",
        "postcode": "LS1 1AA",
        "job_role": "Nurse",
        "pay_option": pay_option,
        "agency_contact_name": "Desk",
        "agency_contact_email": "desk@agency.example",
    })
}

/// The id of a booking or webhook.
#[track_caller]
pub(crate) fn id(object: &Value) -> i64 {
    object["id"].as_i64().unwrap()
}
