use hb_bls_gen::Operation;

use super::resource;
use crate::{Result, model::Balances};

resource! {
    /// The account itself. From [`Client::account`](crate::Client::account).
    Account
}

impl Account<'_> {
    /// Prepaid credits by course, and the money balance. API: `GET /credits`.
    pub async fn balances(&self) -> Result<Balances> {
        let call = self.client.pipeline.call(Operation::GetCredits);
        let answer = call.raw.get_credits().send().await;
        call.finish_as(answer)
    }
}
