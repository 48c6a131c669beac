//! An HTTP server that receives webhooks and answers as it is told.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;

use super::Client;

/// How to answer one delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    Status(u16),
    /// 302 to the same receiver.
    Redirect,
    /// Never.
    Silence,
}

/// One delivery as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Delivered {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) raw: Bytes,
    pub(crate) body: Value,
}

impl Delivered {
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().unwrap_or_else(|| panic!("no {name}"));
        assert!(values.next().is_none(), "more than one {name}");
        value.to_str().unwrap()
    }

    pub(crate) fn event(&self) -> &str {
        self.header("x-tdta-event")
    }

    /// Checks the signature with another piece of code than the one that made it.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{}.", self.header("x-tdta-timestamp")).as_bytes());
        mac.update(&self.raw);
        let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        self.header("x-tdta-signature") == format!("sha256={hex}")
    }
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Reply>,
    received: Vec<Delivered>,
}

/// A receiver on loopback. Answers 200 when its script is over.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        Self::scripted([]).await
    }

    pub(crate) async fn scripted(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { script: script.into_iter().collect(), received: vec![] }));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                let service = service_fn(move |request| answer(request, state.clone()));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { url, state }
    }

    /// What has arrived, in order.
    pub(crate) fn received(&self) -> Vec<Delivered> {
        self.state.lock().unwrap().received.clone()
    }

    /// The event types that have arrived, in order.
    pub(crate) fn events(&self) -> Vec<String> {
        self.received().iter().map(|delivered| delivered.event().to_owned()).collect()
    }

    /// Registers it for these events; gives the webhook as it was created.
    pub(crate) async fn register(&self, client: &Client, events: &[&str]) -> Value {
        let body = json!({ "name": "tests", "url": self.url, "events": events });
        client.post("/webhooks", body).await.expect(201)
    }
}

async fn answer(request: Request<Incoming>, state: Arc<Mutex<State>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (path, headers) = (request.uri().path().to_owned(), request.headers().clone());
    let raw = request.into_body().collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&raw).unwrap_or(Value::Null);
    let reply = {
        let mut state = state.lock().unwrap();
        state.received.push(Delivered { path, headers, raw, body });
        state.script.pop_front().unwrap_or(Reply::Status(200))
    };
    let (status, location) = match reply {
        Reply::Status(status) => (status, ""),
        Reply::Redirect => (302, "/elsewhere"),
        Reply::Silence => std::future::pending().await,
    };
    let response = Response::builder().status(status).header("location", location).header("x-receiver", "tests");
    Ok(response.body(Full::default()).unwrap())
}
