//! A portal with something in it, the same every time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use hb_bls_sandbox::{ClockMode, Fault, Sandbox, SandboxBuilder, SandboxCredentials};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A portal in frozen time, and a program that uses its API.
pub(crate) struct Portal {
    pub(crate) sandbox: Sandbox,
    http: reqwest::Client,
    token: String,
}

/// In frozen time: Monday, 8 June 2026, 10:00 in the UK.
pub(crate) fn frozen() -> SandboxBuilder {
    Sandbox::builder().clock(ClockMode::Frozen("2026-06-08T09:00:00Z".parse().unwrap())).capture(true)
}

/// How one candidate is called and pays.
pub(crate) struct Candidate(pub(crate) &'static str, pub(crate) &'static str, pub(crate) &'static str);

impl Portal {
    pub(crate) async fn start() -> Self {
        Self::with(frozen()).await
    }

    pub(crate) async fn with(builder: SandboxBuilder) -> Self {
        let sandbox = builder.start().await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut portal = Self { sandbox, http, token: String::new() };
        let credentials = portal.sandbox.credentials().clone();
        portal.log_in(&credentials).await;
        portal
    }

    /// With bookings in every state, and a receiver that has failed once.
    pub(crate) async fn with_a_history(receiver: &Receiver) -> Self {
        let portal = Self::start().await;
        portal.register(receiver).await;
        let candidates = [
            Candidate("Amara", "Okafor", "credits"),
            Candidate("Łukasz", "Kowalski", "invoice"),
            Candidate("Priya", "Desai", "credits"),
            Candidate("Siân", "Evans", "candidate_pays"),
            Candidate("Юлія", "Шевченко", "balance"),
            Candidate("Tomás", "García", "credits"),
            Candidate("Mei", "Chen", "invoice"),
            Candidate("Oluwaseun", "Mensah", "credits"),
            Candidate("Niamh", "Fraser", "balance"),
        ];
        let mut bookings = Vec::new();
        for (slot, candidate) in candidates.into_iter().enumerate() {
            bookings.push(portal.book(candidate, slot * 2).await);
            portal.sandbox.advance(Duration::from_secs(97)).await.unwrap();
        }
        let wrong = json!({ "first_name": "Ana", "pay_option": "gold" });
        portal.post("/bookings", wrong).await;
        portal.sandbox.complete(bookings[0]).await.unwrap();
        portal.sandbox.return_kit(bookings[0]).await.unwrap();
        portal.sandbox.complete(bookings[1]).await.unwrap();
        portal.sandbox.no_show(bookings[2]).await.unwrap();
        portal.sandbox.advance(Duration::from_secs(41)).await.unwrap();
        receiver.answer(500);
        portal.sandbox.cancel(bookings[6]).await.unwrap();
        portal.sandbox.advance(Duration::ZERO).await.unwrap();
        receiver.answer(200);
        portal.sandbox.inject(Fault::status("getBooking", 503)).await.unwrap();
        drop(portal.try_get("/bookings/2").await);
        portal.sandbox.advance(Duration::from_secs(5)).await.unwrap();
        portal
    }

    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.page_url().trim_end_matches('/'))
    }

    pub(crate) async fn log_in(&mut self, credentials: &SandboxCredentials) {
        let body = json!({ "hb_client_id": credentials.hb_client_id, "api_key": credentials.api_key });
        let pair = self.post("/auth/token", body).await;
        self.token = pair["access_token"].as_str().unwrap().to_owned();
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.sandbox.base_url())).bearer_auth(&self.token);
        request.json(&body).send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn try_get(&self, path: &str) -> reqwest::Result<Value> {
        let request = self.http.get(format!("{}{path}", self.sandbox.base_url())).bearer_auth(&self.token);
        request.send().await?.json().await
    }

    /// Holds the free slot of course 1 that has this place in the list.
    pub(crate) async fn hold(&self, slot: usize) -> Value {
        let slots = self.try_get("/timeslots?course_id=1").await.unwrap();
        let slot = &slots["data"][slot];
        self.post("/timeslots/hold", json!({ "course_id": 1, "date": slot["date"], "time": slot["time"] })).await
    }

    /// Books the free slot of course 1 that has this place in the list.
    pub(crate) async fn book(&self, Candidate(first, last, pay_option): Candidate, slot: usize) -> i64 {
        let hold = self.hold(slot).await;
        let booking = json!({
            "hold_hash": hold["hold_hash"], "first_name": first, "last_name": last,
            "email": format!("{}@example.org", deunicode::deunicode(first).to_lowercase().replace(|it: char| !it.is_ascii_alphanumeric(), "")),
            "phone": "07700 900123", "address": "12 Harbour Street", "city": "Leeds", "postcode": "LS1 4AP",
            "job_role": "Registered Nurse", "pay_option": pay_option,
            "agency_contact_name": "Jo Field", "agency_contact_email": "jo.field@agency.example",
        });
        let booking = self.post("/bookings", booking).await;
        booking["id"].as_i64().unwrap_or_else(|| panic!("{booking}"))
    }

    pub(crate) async fn register(&self, receiver: &Receiver) {
        let events = [
            "booking.created",
            "booking.confirmed",
            "booking.rescheduled",
            "booking.cancelled",
            "booking.attendance_marked",
            "booking.equipment_late",
            "booking.certificate_available",
        ];
        let body = json!({ "name": "Agency backend", "url": receiver.url, "events": events });
        self.post("/webhooks", body).await;
    }
}

/// A server that answers every request with one status, or with a page.
pub(crate) struct Receiver {
    pub(crate) url: String,
    status: Arc<AtomicU16>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        Self::serving("application/json", r#"{"received":true}"#.to_owned()).await
    }

    pub(crate) async fn serving(kind: &'static str, body: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks/bls", listener.local_addr().unwrap());
        let status = Arc::new(AtomicU16::new(200));
        let answers = status.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let status = answers.load(Ordering::SeqCst);
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                tokio::spawn(async move {
                    let mut request = [0; 16 * 1024];
                    let _ = stream.read(&mut request).await;
                    let _ = stream.write_all(answer.as_bytes()).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { url, status }
    }

    pub(crate) fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }
}
