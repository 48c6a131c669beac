//! Makes each call that only reads, once.

use std::sync::{Arc, Mutex, PoisonError};

use futures::TryStreamExt as _;
use hb_bls::{
    CallOptions, Client, Error, ErrorKind, Response,
    raw::{BookingId, CourseId, Operation, WebhookId},
};
use serde_json::Value;

#[derive(Clone)]
pub struct RecordedResponse {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Vec<u8>,
}

impl RecordedResponse {
    fn of(response: &Response) -> Self {
        Self { status: response.status(), headers: response.headers().clone(), body: response.body().to_vec() }
    }
}

pub enum Outcome {
    Read,
    /// The call failed, or the portal refused it.
    Error(Error),
    /// It was not made, since there was nothing to ask for.
    Skipped(&'static str),
}

pub struct CallResult {
    pub operation: Operation,
    /// All responses, also those to attempts that failed.
    pub responses: Vec<RecordedResponse>,
    pub outcome: Outcome,
}

impl CallResult {
    /// Why nothing could be checked, if the reason may be temporary or the user can fix it.
    pub fn failure(&self) -> Option<(Operation, &Error)> {
        match &self.outcome {
            Outcome::Error(error) if !is_about_the_response(error) => Some((self.operation, error)),
            _ => None,
        }
    }

    /// Whether later calls would fail for the same reason.
    fn ends_all(&self) -> bool {
        self.failure().is_some_and(|(_, error)| error.kind() != ErrorKind::Server)
    }

    /// The entries of a list, with or without its envelope.
    fn entries(&self) -> Vec<Value> {
        let success = self.responses.iter().rfind(|response| (200..300).contains(&response.status));
        let body =
            success.and_then(|response| serde_json::from_slice::<Value>(&response.body).ok()).unwrap_or_default();
        let list = if body.is_array() { &body } else { &body["data"] };
        list.as_array().cloned().unwrap_or_default()
    }
}

/// Whether the response itself shows what is wrong, and is checked.
fn is_about_the_response(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Decode
            | ErrorKind::NotFound
            | ErrorKind::Rejected
            | ErrorKind::Conflict
            | ErrorKind::CertificateNotReady
    )
}

/// The operations that change nothing.
pub fn operations() -> Vec<Operation> {
    Operation::ALL.into_iter().filter(|operation| operation.method() == "GET").collect()
}

/// Makes the calls, until one fails in a way that all would.
pub async fn make(client: &Client) -> Vec<CallResult> {
    let mut calls = Calls { client, made: Vec::new(), ended: false };
    calls.all().await;
    calls.made
}

struct Calls<'a> {
    client: &'a Client,
    made: Vec<CallResult>,
    ended: bool,
}

impl Calls<'_> {
    async fn all(&mut self) {
        self.ask(Operation::GetTokenInfo, async |client| client.account().token_info().await.map(drop)).await;
        self.ask(Operation::GetBookingUrl, async |client| client.account().booking_url().await.map(drop)).await;
        self.ask(Operation::GetCredits, async |client| client.account().balances().await.map(drop)).await;
        let transactions = async |client: &Client| client.account().transactions().pages().try_next().await.map(drop);
        self.ask(Operation::ListTransactions, transactions).await;
        let courses = self.ask(Operation::ListCourses, async |client| client.courses().list().await.map(drop)).await;
        self.ask_for(Operation::ListTimeslots, id(&courses), "there is no course to ask for", async |client, id| {
            client.timeslots().list(CourseId::new(id)).await.map(drop)
        })
        .await;
        let bookings = async |client: &Client| client.bookings().list().pages().try_next().await.map(drop);
        let bookings = self.ask(Operation::ListBookings, bookings).await;
        self.ask_for(Operation::GetBooking, id(&bookings), "there is no booking to ask for", async |client, id| {
            client.bookings().get(BookingId::new(id)).await.map(drop)
        })
        .await;
        let certified: Vec<_> =
            bookings.into_iter().filter(|booking| booking["certificate_available"] == true).collect();
        let why = "no booking of the first page has a certificate";
        self.ask_for(Operation::DownloadCertificate, id(&certified), why, async |client, id| {
            client.bookings().certificate(BookingId::new(id)).await.map(drop)
        })
        .await;
        let webhooks = self.ask(Operation::ListWebhooks, async |client| client.webhooks().list().await.map(drop)).await;
        let why = "there is no webhook endpoint to ask for";
        self.ask_for(Operation::GetWebhook, id(&webhooks), why, async |client, id| {
            client.webhooks().get(WebhookId::new(id)).await.map(drop)
        })
        .await;
    }

    /// Makes a call for something, or says why there is nothing to ask for.
    async fn ask_for(
        &mut self,
        operation: Operation,
        id: Option<i64>,
        why: &'static str,
        call: impl AsyncFnOnce(&Client, i64) -> hb_bls::Result<()>,
    ) {
        match id {
            Some(id) => drop(self.ask(operation, async |client| call(client, id).await).await),
            None => self.skip(operation, why),
        }
    }

    /// Makes a call, and gives the entries if it was for a list.
    async fn ask(&mut self, operation: Operation, call: impl AsyncFnOnce(&Client) -> hb_bls::Result<()>) -> Vec<Value> {
        if self.ended {
            self.skip(operation, "the calls had to end before");
            return Vec::new();
        }
        let responses = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&responses);
        let look = move |response: &Response| {
            sink.lock().unwrap_or_else(PoisonError::into_inner).push(RecordedResponse::of(response))
        };
        let client = self.client.with_options(CallOptions::new().on_response(look));
        let outcome = call(&client).await;
        let responses = std::mem::take(&mut *responses.lock().unwrap_or_else(PoisonError::into_inner));
        let result =
            CallResult { operation, responses, outcome: outcome.map_or_else(Outcome::Error, |()| Outcome::Read) };
        self.ended = result.ends_all();
        let entries = result.entries();
        self.made.push(result);
        entries
    }

    fn skip(&mut self, operation: Operation, why: &'static str) {
        let why = if self.ended { "the calls had to end before" } else { why };
        self.made.push(CallResult { operation, responses: Vec::new(), outcome: Outcome::Skipped(why) });
    }
}

/// The id of the first entry that has one.
fn id(entries: &[Value]) -> Option<i64> {
    entries.iter().find_map(|entry| entry["id"].as_i64())
}
