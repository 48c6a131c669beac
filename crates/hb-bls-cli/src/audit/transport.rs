//! Sends the requests of a client, and notes those that change something: before they are sent, and what came of them.

use std::{future, sync::Arc, time::Duration};

use anyhow::Context as _;
use bytes::Bytes;
use hb_bls::{Transport, TransportFuture, raw::Operation};
use reqwest::{Client, Method, Request, Response, ResponseBuilderExt as _, Url, redirect::Policy};
use serde_json::{Map, Value};

use super::{
    Audit,
    line::{Line, Outcome, digest},
};
use crate::loopback::is_loopback;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// No response to a change is longer.
const LONGEST: usize = 1 << 20;

/// A transport that keeps an audit file.
pub struct Audited {
    http: Client,
    audit: Arc<Audit>,
    base_url: Url,
}

impl Audited {
    /// With the settings that the client has without a transport of its own.
    pub fn new(audit: Arc<Audit>, base_url: &str, user_agent: &str) -> anyhow::Result<Self> {
        let base_url = Url::parse(base_url).context("the base URL is not a URL")?;
        let mut http = Client::builder().user_agent(user_agent).connect_timeout(CONNECT_WITHIN);
        http = http.redirect(Policy::none()).referer(false);
        if is_loopback(&base_url) {
            http = http.no_proxy();
        }
        Ok(Self { http: http.build().context("no HTTP client")?, audit, base_url })
    }

    /// The change that a request makes, if it makes one. Tokens are no change.
    fn change(&self, request: &Request) -> Option<Line> {
        if request.method() == Method::GET {
            return None;
        }
        let path = request.url().path().strip_prefix(self.base_url.path().trim_end_matches('/'))?;
        if path.starts_with("/auth/") {
            return None;
        }
        let fits = |operation: &Operation| {
            operation.method() == request.method().as_str() && parameters(operation.path(), path).is_some()
        };
        let operation = Operation::ALL.into_iter().find(fits)?;
        let ids = parameters(operation.path(), path)?.into_iter().filter_map(id);
        Some(Line { change: self.audit.next_change(), operation, ids: ids.collect(), status: None })
    }

    async fn send_change(&self, request: Request, mut line: Line) -> Result<Response, hb_bls::TransportError> {
        let audit = &self.audit;
        if !audit.note(&line, Outcome::Begun, "the command was stopped before it changed anything else") {
            // the command ends by itself, and nothing is sent any more
            return future::pending().await;
        }
        let cut_off = UnknownIfDropped { audit, line: line.clone(), ended: false };
        let response = self.http.execute(request).await;
        let read = match response {
            Ok(response) => read(response).await,
            Err(error) => Err(error.into()),
        };
        cut_off.end();
        let outcome = match &read {
            Ok((response, body)) => {
                line.status = Some(response.status().as_u16());
                line.ids.extend(made(body));
                Outcome::of(response.status())
            }
            Err(_) => Outcome::Unknown,
        };
        if !audit.note(&line, outcome, "the last change was made or refused, and the command was stopped after it") {
            return future::pending().await;
        }
        let (head, body) = read?;
        let response = head.map(|()| body);
        Ok(Response::from(response))
    }
}

impl Transport for Audited {
    fn send(&self, request: Request) -> TransportFuture<'_> {
        match self.change(&request) {
            Some(line) => Box::pin(self.send_change(request, line)),
            None => Box::pin(async move { Ok(self.http.execute(request).await?) }),
        }
    }
}

/// Notes that the outcome is not known if the request is given up while it is under way.
struct UnknownIfDropped<'a> {
    audit: &'a Audit,
    line: Line,
    ended: bool,
}

impl UnknownIfDropped<'_> {
    fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for UnknownIfDropped<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.audit.note(&self.line, Outcome::Unknown, "the outcome of the last change is not known");
        }
    }
}

/// The head and the body of a response, which must not be longer than any is.
async fn read(mut response: Response) -> Result<(http::Response<()>, Bytes), hb_bls::TransportError> {
    let mut head = http::Response::builder().status(response.status()).url(response.url().clone()).body(())?;
    *head.headers_mut() = response.headers().clone();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LONGEST {
            return Err("the response is too long".into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok((head, Bytes::from(body)))
}

/// The parts of a path in the places of a template's parameters, with their names; nothing if it is another path.
fn parameters<'a>(template: &'static str, path: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
    let (mut names, mut parts) = (template.split('/'), path.split('/'));
    let mut found = Vec::new();
    loop {
        match (names.next(), parts.next()) {
            (None, None) => return Some(found),
            (Some(name), Some(part)) if name.starts_with('{') => found.push((name.trim_matches(['{', '}']), part)),
            (Some(name), Some(part)) if name == part => {}
            _ => return None,
        }
    }
}

/// A parameter as it is noted: numbers as they are, and of anything else a digest.
fn id((name, part): (&'static str, &str)) -> Option<(String, Value)> {
    match part.parse::<i64>() {
        Ok(number) => Some((name.to_owned(), number.into())),
        Err(_) => Some((HOLD.to_owned(), digest(part).into())),
    }
}

/// The field for a hold. It contains a digest, since anybody who has the hash itself can use the hold.
const HOLD: &str = "hold_digest";

/// What the response says was made.
fn made(body: &[u8]) -> Map<String, Value> {
    let response: Value = serde_json::from_slice(body).unwrap_or_default();
    let id = response.get("id").filter(|id| id.is_i64()).map(|id| ("id".to_owned(), id.clone()));
    let hold = response.get("hold_hash").and_then(Value::as_str).map(|hash| (HOLD.to_owned(), digest(hash).into()));
    id.into_iter().chain(hold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_reported_by_their_templates() {
        let found = |path| parameters("/webhooks/{id}/test", path);
        assert_eq!(found("/webhooks/7/test"), Some(vec![("id", "7")]));
        for other in ["/webhooks/7", "/webhooks/7/test/8", "/webhooks", "/bookings/7/test"] {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[test]
    fn hashes_and_texts_are_not_noted() {
        let made = made(br#"{"id":7,"hold_hash":"secret","name":"Ada"}"#);
        assert_eq!(made.keys().collect::<Vec<_>>(), ["hold_digest", "id"]);
        assert!(!format!("{made:?}").contains("secret"));
        assert!(super::made(br#"{"id":"Ada"}"#).is_empty());
        assert!(super::made(b"<html>").is_empty());
    }
}
