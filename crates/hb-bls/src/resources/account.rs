use std::sync::Arc;

use hb_bls_gen::Operation;

use super::{
    paging::{self, Fetched, Items, Key, Pages, Position, Source},
    resource,
};
use crate::{
    Client, Result,
    model::{Balances, TokenInfo, Transaction},
    pipeline::Call,
};

resource! {
    /// The account itself. From [`Client::account`](crate::Client::account).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = hb_bls_sandbox::Sandbox::start().await?;
    /// # let client = hb_bls::testing::client(&sandbox).build()?;
    /// let balances = client.account().balances().await?;
    /// for course in &balances.booking_credits {
    ///     println!("{} credits of course {}", course.credits, course.course_id);
    /// }
    /// use futures::TryStreamExt as _;
    /// let movements: Vec<_> = client.account().transactions().items().try_collect().await?;
    /// # assert!(movements.is_empty() || movements[0].id.is_some());
    /// # Ok(())
    /// # }
    /// ```
    Account
}

impl Account<'_> {
    /// Prepaid credits by course, and the money balance. API: `GET /credits`.
    pub async fn balances(self) -> Result<Balances> {
        self.client
            .run(Operation::GetCredits, move |call| async move { call.read(|| call.raw.get_credits().send()).await })
            .await
    }

    /// The public page on which candidates book with this account. API: `GET /booking-url`.
    pub async fn booking_url(self) -> Result<Option<String>> {
        let work = move |call: Call| async move { call.read_raw(|| call.raw.get_booking_url().send()).await };
        Ok(self.client.run(Operation::GetBookingUrl, work).await?.booking_url)
    }

    /// Asks for the movements of the account's wallets. API: `GET /transactions`.
    pub fn transactions(self) -> TransactionQuery {
        TransactionQuery { client: self.client.clone(), per_page: None }
    }

    /// What the portal knows of the token in use. API: `GET /auth/token-info`.
    pub async fn token_info(self) -> Result<TokenInfo> {
        self.client
            .run(
                Operation::GetTokenInfo,
                move |call| async move { call.read(|| call.raw.get_token_info().send()).await },
            )
            .await
    }

    /// Revokes the token in use. The next call gets another by the credentials. API: `POST /auth/revoke`.
    pub async fn revoke_token(self) -> Result<()> {
        self.client
            .run(
                Operation::RevokeToken,
                move |call| async move { call.revoke(|| call.raw.revoke_token().send()).await },
            )
            .await
    }
}

/// A question for transactions. From [`Account::transactions`].
#[derive(Debug, Clone)]
#[must_use = "nothing is asked before the stream is polled"]
pub struct TransactionQuery {
    client: Client,
    per_page: Option<u32>,
}

impl TransactionQuery {
    /// How many to fetch with each request: 1 to 100, or the stream is an error and nothing is sent; 20 by default.
    pub fn per_page(mut self, entries: u32) -> Self {
        self.per_page = Some(entries);
        self
    }

    /// The transactions, from the first.
    pub fn items(self) -> Items<Transaction> {
        self.items_from(Position::default())
    }

    /// The transactions, from where an earlier walk stood.
    pub fn items_from(self, position: Position) -> Items<Transaction> {
        Items::new(self.source(), position)
    }

    /// The transactions by page, from a page on.
    pub fn pages(self, first: u32) -> Pages<Transaction> {
        Pages::new(self.source(), first)
    }

    fn source(self) -> Source<Transaction> {
        Source {
            operation: Operation::ListTransactions.id(),
            key,
            fetch: Arc::new(move |page| Box::pin(self.clone().fetch(page))),
        }
    }

    async fn fetch(self, page: u32) -> Result<Fetched<Transaction>> {
        let per_page = self.per_page.map(paging::per_page).transpose()?;
        let fetch = move |call: Call| async move {
            let list = call.read_raw(|| {
                let mut request = call.raw.list_transactions().page(i64::from(page));
                if let Some(per_page) = per_page {
                    request = request.per_page(per_page);
                }
                request.send()
            });
            Fetched::new(list.await?, page, |list| call.convert(list))
        };
        self.client.run(Operation::ListTransactions, fetch).await
    }
}

fn key(transaction: &Transaction) -> Key {
    let Transaction { id, transaction_type, amount, wallet, description, created_at } = transaction;
    match id {
        Some(id) => Key::Id(id.get()),
        None => Key::content((transaction_type, amount, wallet, description, created_at)),
    }
}
