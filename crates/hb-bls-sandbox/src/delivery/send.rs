//! One attempt over HTTP.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::redirect;

use super::sign::signature;
use crate::api::MOST_KEPT;
use crate::clock;
use crate::store::deliveries::Due;

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The receiver responded with this status.
    Response(u16),
    /// It did not respond: no connection, a broken one, or the webhook's timeout passed.
    NoResponse(String),
}

impl Outcome {
    pub(crate) fn acknowledged(&self) -> bool {
        matches!(self, Self::Response(200..=299))
    }

    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Response(status) => Some(*status),
            Self::NoResponse(_) => None,
        }
    }

    pub(crate) fn error(&self) -> Option<&str> {
        match self {
            Self::Response(_) => None,
            Self::NoResponse(reason) => Some(reason),
        }
    }
}

/// An attempt that was made.
#[derive(Debug)]
pub(crate) struct AttemptResult {
    pub(crate) outcome: Outcome,
    pub(crate) signature: Option<String>,
    /// The response, if it is to be kept.
    pub(crate) kept: Option<CapturedResponse>,
    pub(crate) took_ms: Option<i64>,
}

/// As much of a response as is kept.
#[derive(Debug)]
pub(crate) struct CapturedResponse {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// The authorities that are trusted besides the system's.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExtraRoots {
    #[cfg(feature = "https")]
    pub(crate) certificates: Vec<reqwest::Certificate>,
}

/// The client for deliveries. It follows no redirect and uses no proxy.
pub(crate) fn client(trust: &ExtraRoots) -> Result<reqwest::Client, reqwest::Error> {
    let client = reqwest::Client::builder().redirect(redirect::Policy::none()).no_proxy().user_agent("hb-bls-sandbox");
    #[cfg(feature = "https")]
    let client = client.tls_certs_merge(trust.certificates.clone());
    #[cfg(not(feature = "https"))]
    let ExtraRoots {} = trust;
    client.build()
}

/// Sends it, signed for this very attempt.
pub(super) async fn send(client: &reqwest::Client, due: &Due, now: Timestamp, keep: bool) -> AttemptResult {
    let unsent = |reason: &str| AttemptResult {
        outcome: Outcome::NoResponse(reason.to_owned()),
        signature: None,
        kept: None,
        took_ms: None,
    };
    // Without it, whether the client could speak TLS would be up to whatever else is built with it.
    let is_plain = reqwest::Url::parse(&due.webhook.url).is_ok_and(|url| url.scheme() == "http");
    if !is_plain && !cfg!(feature = "https") {
        return unsent("this sandbox is built without its feature https");
    }
    let timestamp = now.as_second();
    let Some(signature) = signature(&due.webhook.secret, timestamp, &due.body) else {
        return unsent("the signing secret cannot be used");
    };
    let timeout = u64::try_from(due.webhook.timeout_seconds).unwrap_or(1);
    let took = clock::stopwatch();
    let sent = client
        .post(&due.webhook.url)
        .timeout(Duration::from_secs(timeout))
        .header("Content-Type", "application/json")
        .header("X-TDTA-Event", &due.event_type)
        .header("X-TDTA-Event-Id", &due.event_id)
        .header("X-TDTA-Delivery-Id", due.id)
        .header("X-TDTA-Timestamp", timestamp)
        .header("X-TDTA-Signature", &signature)
        .body(due.body.clone())
        .send()
        .await;
    let took_ms = i64::try_from(took().as_millis()).ok();
    let (outcome, kept) = match sent {
        Ok(response) => {
            let status = response.status().as_u16();
            let kept = if keep { Some(start_of(response).await) } else { None };
            (Outcome::Response(status), kept)
        }
        Err(error) if error.is_timeout() => (Outcome::NoResponse(format!("no response within {timeout} s")), None),
        Err(error) => (Outcome::NoResponse(root_cause(&error)), None),
    };
    AttemptResult { outcome, signature: Some(signature), kept, took_ms }
}

/// One that breaks off counts as a response all the same.
async fn start_of(mut response: reqwest::Response) -> CapturedResponse {
    let mut size = 0;
    let headers = response.headers().iter().map(|(name, value)| (name.to_string(), lossy(value.as_bytes())));
    let headers = headers.take_while(|(name, value)| {
        size += name.len() + value.len();
        size <= MOST_KEPT
    });
    let headers = headers.collect();
    let mut read = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        read.extend_from_slice(&chunk);
        if read.len() >= MOST_KEPT {
            read.truncate(MOST_KEPT);
            break;
        }
    }
    CapturedResponse { headers, body: lossy(&read) }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The innermost reason: the outer ones only repeat the URL.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
