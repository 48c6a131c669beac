use futures::future::BoxFuture;
use hb_bls_gen::{self as raw, Operation, Secret, WebhookId, types};

use super::resource;
use crate::{
    Client, Result,
    model::{Webhook, WebhookCreated, WebhookRequest, WebhookUpdate},
    pipeline::Call,
};

resource! {
    /// Webhook endpoints, to which the portal sends events. From [`Client::webhooks`](crate::Client::webhooks).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = hb_bls_sandbox::Sandbox::start().await?;
    /// # let client = hb_bls::testing::client_builder(&sandbox).build()?;
    /// use hb_bls::{WebhookEventType, WebhookRequest};
    ///
    /// let request = WebhookRequest::builder()
    ///     .name("CRM").url("https://crm.agency.example/hb").events([WebhookEventType::BookingCreated])
    ///     .build();
    /// let webhook = client.webhooks().create(&request).await?;
    /// // store webhook.secret now: the portal does not show it again
    /// client.webhooks().test(webhook.id).await?;
    /// # Ok(())
    /// # }
    /// ```
    Webhooks
}

impl Webhooks<'_> {
    /// Registers an endpoint. API: `POST /webhooks`.
    ///
    /// Store the secret of the response. The portal shows it only once, and you need it to verify deliveries.
    ///
    /// # Errors
    ///
    /// After [`Network`](crate::ErrorKind::Network), [`Server`](crate::ErrorKind::Server),
    /// [`Timeout`](crate::ErrorKind::Timeout) and [`Decode`](crate::ErrorKind::Decode) errors, the endpoint may have
    /// been registered with a secret that is lost. Before you try again, look for it in the [list](Self::list).
    pub async fn create(self, request: &WebhookRequest) -> Result<WebhookCreated> {
        let body = request.to_request();
        let build = move |raw: &raw::Client| raw.create_webhook().body(body.clone()).request();
        self.client.json(Operation::CreateWebhook, build).await
    }

    /// Lists all endpoints. API: `GET /webhooks`.
    pub fn list(self) -> WebhookQuery {
        WebhookQuery { client: self.client.clone() }
    }

    /// Returns one endpoint. API: `GET /webhooks/{id}`.
    ///
    /// # Errors
    ///
    /// The [kinds of every call](crate::ErrorKind#kinds-of-every-call), and
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the account has no such endpoint.
    pub async fn get(self, id: WebhookId) -> Result<Webhook> {
        self.client.json(Operation::GetWebhook, move |raw| raw.get_webhook().id(id).request()).await
    }

    /// Changes the fields of an endpoint that are set in `update`. API: `PUT /webhooks/{id}`.
    ///
    /// # Errors
    ///
    /// The [kinds of every call](crate::ErrorKind#kinds-of-every-call), among them
    /// [`ErrorKind::Rejected`](crate::ErrorKind::Rejected) if a value is invalid, and [`ErrorKind::NotFound`](crate::ErrorKind::NotFound)
    /// if the account has no such endpoint.
    pub async fn update(self, id: WebhookId, update: &WebhookUpdate) -> Result<Webhook> {
        let body = update.to_request();
        let build = move |raw: &raw::Client| raw.update_webhook().id(id).body(body.clone()).request();
        self.client.json(Operation::UpdateWebhook, build).await
    }

    /// Deletes an endpoint. API: `DELETE /webhooks/{id}`.
    ///
    /// # Errors
    ///
    /// The [kinds of every call](crate::ErrorKind#kinds-of-every-call), and
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the account has no such endpoint.
    pub async fn delete(self, id: WebhookId) -> Result<()> {
        let delete = move |call: Call| async move {
            match call.done(|raw| raw.delete_webhook().id(id).request()).await {
                // an earlier attempt, whose response was lost, has deleted it
                Err(error) if error.is_not_found() && call.earlier_may_have_executed() => Ok(()),
                outcome => outcome,
            }
        };
        self.client.run(Operation::DeleteWebhook, delete).await
    }

    /// Replaces the signing secret and returns the new one, with which all later deliveries are signed. API: `POST
    /// /webhooks/{id}/rotate-secret`.
    ///
    /// Deliveries that are already in flight are signed with the old secret, so let the verifier accept both for a
    /// while.
    ///
    /// # Errors
    ///
    /// After [`Network`](crate::ErrorKind::Network), [`Server`](crate::ErrorKind::Server),
    /// [`Timeout`](crate::ErrorKind::Timeout) and [`Decode`](crate::ErrorKind::Decode) errors, the secret may have been
    /// replaced by one that is lost. Rotate it again.
    pub async fn rotate_secret(self, id: WebhookId) -> Result<Secret> {
        let build = move |raw: &raw::Client| raw.rotate_webhook_secret().id(id).request();
        let rotated: types::WebhookSecret = self.client.json(Operation::RotateWebhookSecret, build).await?;
        Ok(rotated.secret)
    }

    /// Makes the portal send a `webhook.test` event to an endpoint. API: `POST /webhooks/{id}/test`.
    ///
    /// # Errors
    ///
    /// The [kinds of every call](crate::ErrorKind#kinds-of-every-call), and
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the account has no such endpoint.
    pub async fn test(self, id: WebhookId) -> Result<()> {
        self.client.done(Operation::TestWebhook, move |raw| raw.test_webhook().id(id).request()).await
    }
}

/// A query for webhook endpoints, which is sent when it is awaited. From [`Webhooks::list`].
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before it is awaited"]
pub struct WebhookQuery {
    client: Client,
}

impl IntoFuture for WebhookQuery {
    type Output = Result<Vec<Webhook>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.client.list(Operation::ListWebhooks, |raw| raw.list_webhooks().request()).await })
    }
}
