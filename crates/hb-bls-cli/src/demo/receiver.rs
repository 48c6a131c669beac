//! Receives webhook deliveries on loopback and verifies each.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use axum::{Router, extract::State, routing::post};
use bytes::Bytes;
use hb_bls::{
    Secret,
    webhook::{Delivery, Event, Verifier, VerifyError},
};
use http::{HeaderMap, StatusCode};
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};

use crate::{clock::within, receiver::status_of};

/// The portal delivers at once; a second try would come after 15 minutes.
const PATIENCE: Duration = Duration::from_secs(10);

/// A receiver with an address, and without a secret yet: the portal makes the secret for the address.
pub struct Bound {
    listener: TcpListener,
    url: String,
}

pub async fn bind() -> Result<Bound> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port to receive webhooks on")?;
    let url = format!("http://{}/", listener.local_addr().context("no port to receive webhooks on")?);
    Ok(Bound { listener, url })
}

impl Bound {
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Starts to receive.
    pub fn receive(self, secret: Secret) -> Result<Receiver> {
        let (sender, deliveries) = mpsc::channel(16);
        let state = Arc::new(Handler { verifier: Verifier::new(secret)?, sender });
        let router = Router::new().route("/", post(handle)).with_state(state);
        let server = tokio::spawn(async move { axum::serve(self.listener, router).await });
        Ok(Receiver { deliveries, server })
    }
}

struct Handler {
    verifier: Verifier,
    sender: mpsc::Sender<Result<Delivery, VerifyError>>,
}

async fn handle(State(handler): State<Arc<Handler>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let verified = handler.verifier.receive(&headers, &body);
    let status = verified.as_ref().map_or_else(status_of, |_| StatusCode::OK);
    match handler.sender.send(verified).await {
        Ok(()) => status,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A verified delivery.
pub struct Received {
    pub event: Event,
    pub delivery_id: u64,
}

/// Verified deliveries, in the order in which they came.
pub struct Receiver {
    deliveries: mpsc::Receiver<Result<Delivery, VerifyError>>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Receiver {
    /// The next delivery; an error if it does not verify or does not come.
    pub async fn next(&mut self) -> Result<Received> {
        let next = within(PATIENCE, self.deliveries.recv()).await;
        let delivery = next.context("no delivery came")?.context("the receiver has stopped")?;
        let Delivery { event, verified, .. } = delivery.context("a delivery did not verify")?;
        Ok(Received { event, delivery_id: verified.delivery_id })
    }

    pub async fn stop(self) -> Result<()> {
        self.server.abort();
        match self.server.await {
            Err(stopped) if stopped.is_cancelled() => Ok(()),
            Err(_) => anyhow::bail!("the receiver failed"),
            Ok(result) => result.context("the receiver failed"),
        }
    }
}
