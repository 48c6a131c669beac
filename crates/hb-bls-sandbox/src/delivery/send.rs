//! One attempt over HTTP.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::redirect;

use super::sign::signature;
use crate::store::deliveries::Due;

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The receiver answered with this status.
    Answered(u16),
    /// It did not answer: no connection, a broken one, or the webhook's timeout passed.
    Unanswered(String),
}

impl Outcome {
    pub(crate) fn acknowledged(&self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }

    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Answered(status) => Some(*status),
            Self::Unanswered(_) => None,
        }
    }

    pub(crate) fn error(&self) -> Option<&str> {
        match self {
            Self::Answered(_) => None,
            Self::Unanswered(reason) => Some(reason),
        }
    }
}

/// The client for deliveries. It follows no redirect and uses no proxy.
pub(crate) fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().redirect(redirect::Policy::none()).no_proxy().user_agent("hb-bls-sandbox").build()
}

/// Sends it, signed for this very attempt.
pub(super) async fn send(client: &reqwest::Client, due: &Due, now: Timestamp) -> Outcome {
    // Whether the client could speak TLS is up to whatever else is built with it.
    if !reqwest::Url::parse(&due.webhook.url).is_ok_and(|url| url.scheme() == "http") {
        return Outcome::Unanswered("deliveries are sent over plain http only".to_owned());
    }
    let timestamp = now.as_second();
    let Some(signature) = signature(&due.webhook.secret, timestamp, &due.body) else {
        return Outcome::Unanswered("the signing secret cannot be used".to_owned());
    };
    let timeout = u64::try_from(due.webhook.timeout_seconds).unwrap_or(1);
    let sent = client
        .post(&due.webhook.url)
        .timeout(Duration::from_secs(timeout))
        .header("Content-Type", "application/json")
        .header("X-TDTA-Event", &due.event_type)
        .header("X-TDTA-Event-Id", &due.event_id)
        .header("X-TDTA-Delivery-Id", due.id)
        .header("X-TDTA-Timestamp", timestamp)
        .header("X-TDTA-Signature", signature)
        .body(due.body.clone())
        .send()
        .await;
    match sent {
        Ok(response) => Outcome::Answered(response.status().as_u16()),
        Err(error) if error.is_timeout() => Outcome::Unanswered(format!("no answer within {timeout} s")),
        Err(error) => Outcome::Unanswered(root_cause(&error)),
    }
}

/// The innermost reason: the outer ones only repeat the URL.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
