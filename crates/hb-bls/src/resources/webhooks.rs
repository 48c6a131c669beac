use futures::future::BoxFuture;
use hb_bls_gen::{self as raw, Operation, Secret, WebhookId, types};

use super::resource;
use crate::{
    Client, Result,
    model::{Webhook, WebhookCreated, WebhookRequest, WebhookUpdate},
    pipeline::Call,
};

resource! {
    /// Endpoints that events are sent to. From [`Client::webhooks`](crate::Client::webhooks).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = hb_bls_sandbox::Sandbox::start().await?;
    /// # let client = hb_bls::testing::client(&sandbox).build()?;
    /// use hb_bls::{WebhookEventType, WebhookRequest};
    ///
    /// let request = WebhookRequest::builder()
    ///     .name("CRM").url("https://crm.agency.example/hb").events([WebhookEventType::BookingCreated])
    ///     .build();
    /// let webhook = client.webhooks().create(&request).await?;
    /// // keep webhook.secret now: it is not shown again
    /// client.webhooks().test(webhook.id).await?;
    /// # Ok(())
    /// # }
    /// ```
    Webhooks
}

impl Webhooks<'_> {
    /// Registers an endpoint. API: `POST /webhooks`.
    ///
    /// Keep the secret of the answer: it is shown this once, and verifying deliveries needs it.
    ///
    /// # Errors
    ///
    /// After a failure of the [network](crate::ErrorKind::Network) or the [portal](crate::ErrorKind::Server), a
    /// [timeout](crate::ErrorKind::Timeout) or an [answer](crate::ErrorKind::Decode) that cannot be read, it may be registered all the
    /// same, with a secret that is lost: before trying again, look for it in the [list](Self::list).
    pub async fn create(self, request: &WebhookRequest) -> Result<WebhookCreated> {
        let body = request.to_request();
        let build = move |raw: &raw::Client| raw.create_webhook().body(body.clone()).request();
        self.client.json(Operation::CreateWebhook, build).await
    }

    /// Asks for all endpoints. API: `GET /webhooks`.
    pub fn list(self) -> WebhookQuery {
        WebhookQuery { client: self.client.clone() }
    }

    /// One endpoint. API: `GET /webhooks/{id}`.
    pub async fn get(self, id: WebhookId) -> Result<Webhook> {
        self.client.json(Operation::GetWebhook, move |raw| raw.get_webhook().id(id).request()).await
    }

    /// Changes what is given of an endpoint. API: `PUT /webhooks/{id}`.
    pub async fn update(self, id: WebhookId, update: &WebhookUpdate) -> Result<Webhook> {
        let body = update.to_request();
        let build = move |raw: &raw::Client| raw.update_webhook().id(id).body(body.clone()).request();
        self.client.json(Operation::UpdateWebhook, build).await
    }

    /// Deletes an endpoint. API: `DELETE /webhooks/{id}`.
    pub async fn delete(self, id: WebhookId) -> Result<()> {
        let delete = move |call: Call| async move {
            match call.done(|raw| raw.delete_webhook().id(id).request()).await {
                // an attempt whose answer was lost did it
                Err(error) if error.is_not_found() && call.is_unsettled() => Ok(()),
                outcome => outcome,
            }
        };
        self.client.run(Operation::DeleteWebhook, delete).await
    }

    /// Replaces the signing secret; all later deliveries are signed with the one returned. API:
    /// `POST /webhooks/{id}/rotate-secret`.
    ///
    /// Deliveries under way are still signed with the old one: let a verifier take both for a while.
    ///
    /// # Errors
    ///
    /// After a failure of the [network](crate::ErrorKind::Network) or the [portal](crate::ErrorKind::Server), a
    /// [timeout](crate::ErrorKind::Timeout) or an [answer](crate::ErrorKind::Decode) that cannot be read, it may be replaced all the
    /// same, by one that is lost: replace it again.
    pub async fn rotate_secret(self, id: WebhookId) -> Result<Secret> {
        let build = move |raw: &raw::Client| raw.rotate_webhook_secret().id(id).request();
        let rotated: types::WebhookSecret = self.client.json(Operation::RotateWebhookSecret, build).await?;
        Ok(rotated.secret)
    }

    /// Has the portal send a `webhook.test` event to an endpoint. API: `POST /webhooks/{id}/test`.
    pub async fn test(self, id: WebhookId) -> Result<()> {
        self.client.done(Operation::TestWebhook, move |raw| raw.test_webhook().id(id).request()).await
    }
}

/// A question for webhook endpoints, to be awaited. From [`Webhooks::list`].
#[derive(Debug, Clone)]
#[must_use = "nothing is asked before it is awaited"]
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
