//! The steps that every API request passes: the log, the quota, and injected faults.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, future, stream};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::json;

use super::{PREFIX, later_version, operations};
use crate::clock;
use crate::core::Core;
use crate::core::Peer;
use crate::faults::{Fault, FaultKind};
use crate::live::Topic;
use crate::quota::QuotaState;
use crate::request_log::{RequestNotes, RequestOutcome, RequestRecord};
use crate::response::{ErrorMessage, json_response};

/// Marks a response that must never be sent: the connection is reset instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResetConnection;

/// The middleware.
pub(crate) async fn gate(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !path.starts_with(PREFIX) {
        return next.run(request).await;
    }
    let operation = operations::find(request.method(), path);
    let now = core.clock.now();
    let entry = core.request_log.note(RequestRecord {
        method: request.method().to_string(),
        path: path.to_owned(),
        query: request.uri().query().map(str::to_owned),
        operation_id: operation,
        at: now,
        ..RequestRecord::default()
    });
    core.changed(Topic::Requests);
    let notes = RequestNotes::default();
    let mut in_flight =
        RequestInFlight { core: Arc::clone(&core), entry, notes: notes.clone(), fault: None, is_over: false };
    let mut request = match operation {
        Some(operation) if core.captures() => kept(request, operation, &notes).await,
        // What is none of the API's may hold a key at the wrong address.
        _ => request,
    };
    request.extensions_mut().insert(notes);
    let standing = core.quota.take(peer(&request), now);
    let mut response = if let QuotaState::Over { .. } = standing {
        json_response(StatusCode::TOO_MANY_REQUESTS, &json!({ "message": "Too Many Attempts." }))
    } else {
        let met = operation.and_then(|id| core.faults.take(id));
        in_flight.fault = met.as_ref().map(|fault| fault.kind.name());
        match met {
            Some(fault) if fault.ms > 0 => delayed(Arc::clone(&core), fault, request, next).await,
            Some(fault) => faulty(&fault, request, next).await,
            None => next.run(request).await,
        }
    };
    standing.add_to(response.headers_mut());
    let hung_up = response.extensions().get::<ResetConnection>().is_some();
    let status = (!hung_up).then(|| response.status().as_u16());
    let message = response.extensions_mut().remove::<ErrorMessage>().map(|ErrorMessage(message)| message);
    in_flight.end(status, standing.remaining(), message);
    response
}

/// A request that has been noted. Dropped before its end, it has lost its caller.
struct RequestInFlight {
    core: Arc<Core>,
    entry: u64,
    notes: RequestNotes,
    fault: Option<&'static str>,
    is_over: bool,
}

impl RequestInFlight {
    fn end(&mut self, status: Option<u16>, remaining: Option<i64>, message: Option<String>) {
        self.is_over = true;
        let outcome = RequestOutcome { status, remaining, message, fault: self.fault };
        self.core.request_log.answered(self.entry, &self.notes, outcome);
        self.core.changed(Topic::Requests);
        if self.fault.is_some() {
            self.core.changed(Topic::Control);
        }
    }
}

impl Drop for RequestInFlight {
    fn drop(&mut self) {
        if !self.is_over {
            self.end(None, None, Some("The caller hung up before there was a response.".to_owned()));
        }
    }
}

/// How much is kept of a body.
pub(crate) const MOST_KEPT: usize = 16 * 1024;

/// The same request; its body is noted, unless it holds a key or a token.
async fn kept(request: Request, operation: &str, notes: &RequestNotes) -> Request {
    if matches!(operation, "createToken" | "refreshToken") {
        return request;
    }
    let (parts, body) = request.into_parts();
    // Whatever is too long is left to the operation, which refuses it.
    let mut body = Box::pin(body);
    let mut read = BytesMut::new();
    while read.len() <= MOST_KEPT {
        match body.frame().await {
            Some(Ok(frame)) => read.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Some(Err(error)) => {
                return Request::from_parts(
                    parts,
                    Body::from_stream(stream::once(future::ready(Err::<Bytes, _>(error)))),
                );
            }
            None => break,
        }
    }
    let read = read.freeze();
    if !read.is_empty() {
        let _ = notes.body.set(String::from_utf8_lossy(&read[..read.len().min(MOST_KEPT)]).into_owned());
    }
    let start = stream::once(future::ready(Ok(read)));
    Request::from_parts(parts, Body::from_stream(start.chain(Body::new(body).into_data_stream())))
}

fn peer(request: &Request) -> IpAddr {
    request.extensions().get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0)
}

/// Like a real portal, it completes a request even if its caller has hung up.
async fn delayed(core: Arc<Core>, fault: Fault, request: Request, next: Next) -> Response {
    let work = tokio::spawn(async move {
        let delay = core.faults.delay();
        clock::pause(Duration::from_millis(fault.ms)).await;
        drop(delay);
        faulty(&fault, request, next).await
    });
    work.await.unwrap_or_else(|_| hang_up())
}

async fn faulty(fault: &Fault, request: Request, next: Next) -> Response {
    match fault.kind {
        FaultKind::Latency => next.run(request).await,
        FaultKind::Status => refusal(fault),
        FaultKind::Html => page(fault),
        FaultKind::ResetBefore => hang_up(),
        FaultKind::ResetAfter => {
            next.run(request).await;
            hang_up()
        }
        FaultKind::Truncate => truncated(next.run(request).await).await,
        FaultKind::LaterVersion => as_later_version(next.run(request).await).await,
    }
}

fn status(fault: &Fault, default: StatusCode) -> StatusCode {
    fault.status.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(default)
}

fn refusal(fault: &Fault) -> Response {
    let status = status(fault, StatusCode::INTERNAL_SERVER_ERROR);
    let message = status.canonical_reason().unwrap_or("Server Error");
    let mut response = json_response(status, &json!({ "message": message }));
    if let Some(seconds) = fault.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn page(fault: &Fault) -> Response {
    let status = status(fault, StatusCode::BAD_GATEWAY);
    let title = status.canonical_reason().unwrap_or("Error");
    let html =
        format!("<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n");
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=UTF-8"));
    response
}

fn hang_up() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(ResetConnection);
    response
}

/// Announces the whole body, sends the first half and breaks off.
async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = whole(body).await;
    let half = bytes.slice(..bytes.len() / 2);
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let broken = async {
        // Gives the first half time to go out.
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    };
    let parts_of_it = stream::once(future::ready(Ok(half))).chain(stream::once(broken));
    Response::from_parts(parts, Body::from_stream(parts_of_it))
}

async fn as_later_version(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = whole(body).await;
    let bytes = match serde_json::from_slice(&bytes) {
        Ok(response) => Bytes::from(later_version::change(response).to_string()),
        Err(_) => bytes,
    };
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(bytes))
}

/// The body of one of our own responses, which is in memory already.
async fn whole(body: Body) -> Bytes {
    body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default()
}
