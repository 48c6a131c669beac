//! The endpoint that `listen` has with a local portal, for as long as it runs.

use std::{io, net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result};
use hb_bls::{Client, Error, Secret, Webhook, WebhookEventType, WebhookId, WebhookRequest};
use reqwest::Url;
use tokio::net::TcpStream;

use crate::{clock::within, loopback::is_loopback};

/// The name that marks endpoints as ours.
const NAME: &str = "hb-bls listen";
const CONNECT_WITHIN: Duration = Duration::from_millis(500);

pub struct Endpoint {
    client: Client,
    pub id: WebhookId,
}

/// Registers an endpoint for this process's URL, and removes those that earlier runs left behind.
pub async fn register(client: Client, url: &str, events: Vec<WebhookEventType>) -> Result<(Endpoint, Secret)> {
    sweep(&client, url).await.context("cannot look for endpoints of earlier runs")?;
    let request = WebhookRequest::builder().name(NAME).url(url).events(events).build();
    match client.webhooks().create(&request).await {
        Ok(created) => Ok((Endpoint { client, id: created.id }, created.secret)),
        Err(error) => {
            // it may have been registered all the same, and only the response was lost
            drop(sweep(&client, url).await);
            Err(error).context("cannot register an endpoint")
        }
    }
}

/// Removes endpoints of runs that have ended. Those of runs that are still listening stay.
async fn sweep(client: &Client, own_url: &str) -> Result<(), Error> {
    for webhook in client.webhooks().list().await? {
        if webhook.name.as_deref() == Some(NAME) && is_left_behind(&webhook, own_url).await {
            delete(client, webhook.id).await?;
        }
    }
    Ok(())
}

async fn is_left_behind(webhook: &Webhook, own_url: &str) -> bool {
    // the port is ours now, so whoever registered it is gone
    if webhook.url.as_deref() == Some(own_url) {
        return true;
    }
    let Some(address) = webhook.url.as_deref().and_then(address) else { return false };
    let connected = within(CONNECT_WITHIN, TcpStream::connect(address)).await;
    matches!(connected, Some(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused)
}

/// Where on this machine a URL points.
fn address(url: &str) -> Option<SocketAddr> {
    let url = Url::parse(url).ok().filter(is_loopback)?;
    url.socket_addrs(|| None).ok()?.into_iter().next()
}

async fn delete(client: &Client, id: WebhookId) -> Result<(), Error> {
    match client.webhooks().delete(id).await {
        // somebody else was faster
        Err(error) if error.is_not_found() => Ok(()),
        deleted => deleted,
    }
}

impl Endpoint {
    pub async fn remove(self) -> Result<()> {
        let id = self.id;
        delete(&self.client, id)
            .await
            .with_context(|| format!("endpoint {id} is left behind; the next `hb-bls listen` removes it"))
    }
}
