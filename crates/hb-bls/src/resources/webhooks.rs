use hb_bls_gen::Operation;

use super::resource;
use crate::{
    Result,
    model::{WebhookCreated, WebhookRequest},
};

resource! {
    /// Endpoints that events are sent to. From [`Client::webhooks`](crate::Client::webhooks).
    Webhooks
}

impl Webhooks<'_> {
    /// Registers an endpoint. API: `POST /webhooks`.
    ///
    /// Keep the secret of the answer: it is shown this once, and verifying deliveries needs it.
    pub async fn create(&self, request: &WebhookRequest) -> Result<WebhookCreated> {
        let call = self.client.pipeline.call(Operation::CreateWebhook);
        let answer = call.raw.create_webhook().body(request.to_request()).send().await;
        call.finish_as(answer)
    }
}
