use futures::future::BoxFuture;
use hb_bls_gen::{Operation, Secret, WebhookId};

use super::resource;
use crate::{
    Client, Error, Result,
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
    /// After [`Error::Network`], [`Error::Server`] or [`Error::Decode`] it may be registered all the same, with a secret
    /// that is lost: before trying again, look for it in the [list](Self::list).
    pub async fn create(self, request: &WebhookRequest) -> Result<WebhookCreated> {
        let request = request.clone();
        self.client
            .run(Operation::CreateWebhook, move |call| async move {
                call.read(|| call.raw.create_webhook().body(request.to_request()).send()).await
            })
            .await
    }

    /// Asks for all endpoints. API: `GET /webhooks`.
    pub fn list(self) -> WebhookQuery {
        WebhookQuery { client: self.client.clone() }
    }

    /// One endpoint. API: `GET /webhooks/{id}`.
    pub async fn get(self, id: WebhookId) -> Result<Webhook> {
        self.client
            .run(
                Operation::GetWebhook,
                move |call| async move { call.read(|| call.raw.get_webhook().id(id).send()).await },
            )
            .await
    }

    /// Changes what is given of an endpoint. API: `PUT /webhooks/{id}`.
    pub async fn update(self, id: WebhookId, update: &WebhookUpdate) -> Result<Webhook> {
        let update = update.clone();
        self.client
            .run(Operation::UpdateWebhook, move |call| async move {
                call.read(|| call.raw.update_webhook().id(id).body(update.to_request()).send()).await
            })
            .await
    }

    /// Deletes an endpoint. API: `DELETE /webhooks/{id}`.
    pub async fn delete(self, id: WebhookId) -> Result<()> {
        let delete = move |call: Call| async move {
            match call.take(|| call.raw.delete_webhook().id(id).send()).await {
                // an attempt whose answer was lost did it
                Err(Error::NotFound { .. }) if call.is_unsettled() => Ok(()),
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
    /// After [`Error::Network`], [`Error::Server`] or [`Error::Decode`] it may be replaced all the same, by one that
    /// is lost: replace it again.
    pub async fn rotate_secret(self, id: WebhookId) -> Result<Secret> {
        let rotate =
            move |call: Call| async move { call.read_raw(|| call.raw.rotate_webhook_secret().id(id).send()).await };
        Ok(self.client.run(Operation::RotateWebhookSecret, rotate).await?.secret)
    }

    /// Has the portal send a `webhook.test` event to an endpoint. API: `POST /webhooks/{id}/test`.
    pub async fn test(self, id: WebhookId) -> Result<()> {
        self.client
            .run(Operation::TestWebhook, move |call| async move {
                call.take(|| call.raw.test_webhook().id(id).send()).await
            })
            .await
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
        Box::pin(async move {
            self.client
                .run(
                    Operation::ListWebhooks,
                    move |call| async move { call.read(|| call.raw.list_webhooks().send()).await },
                )
                .await
        })
    }
}
