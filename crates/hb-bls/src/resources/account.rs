use std::sync::Arc;

use hb_bls_gen::{self as raw, Operation, TransactionId, types};

use super::{
    paging::{self, Fetched, Items, Pages, Position, Source},
    resource,
};
use crate::{
    Client, Result,
    model::{Balances, TokenInfo, Transaction},
    pipeline::Call,
};

resource! {
    /// The account: balances, transactions and the access token. From [`Client::account`](crate::Client::account).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = hb_bls_sandbox::Sandbox::start().await?;
    /// # let client = hb_bls::testing::client_builder(&sandbox).build()?;
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
    /// Returns the prepaid credits by course, and the balance in money. API: `GET /credits`.
    ///
    /// # Errors
    ///
    /// The [kinds of every call](crate::ErrorKind#kinds-of-every-call).
    pub async fn balances(self) -> Result<Balances> {
        self.client.json(Operation::GetCredits, |raw| raw.get_credits().request()).await
    }

    /// Returns the URL of the public page on which candidates book with this account. API: `GET /booking-url`.
    ///
    /// # Errors
    ///
    /// The [kinds of every call](crate::ErrorKind#kinds-of-every-call).
    pub async fn booking_url(self) -> Result<Option<String>> {
        let answer: types::BookingUrl =
            self.client.json(Operation::GetBookingUrl, |raw| raw.get_booking_url().request()).await?;
        Ok(answer.booking_url)
    }

    /// Lists the transactions of the account's wallets. API: `GET /transactions`.
    pub fn transactions(self) -> TransactionQuery {
        TransactionQuery { client: self.client.clone(), per_page: None }
    }

    /// Returns what the portal knows about the access token in use. API: `GET /auth/token-info`.
    ///
    /// # Errors
    ///
    /// The [kinds of every call](crate::ErrorKind#kinds-of-every-call).
    pub async fn token_info(self) -> Result<TokenInfo> {
        self.client.json(Operation::GetTokenInfo, |raw| raw.get_token_info().request()).await
    }

    /// Revokes the access token in use. The next call gets a new one with the credentials. API: `POST /auth/revoke`.
    ///
    /// # Errors
    ///
    /// The [kinds of every call](crate::ErrorKind#kinds-of-every-call).
    pub async fn revoke_token(self) -> Result<()> {
        let revoke = |call: Call| async move { call.revoke(|raw| raw.revoke_token().request()).await };
        self.client.run(Operation::RevokeToken, revoke).await
    }
}

/// A query for transactions. From [`Account::transactions`].
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before the stream is polled"]
pub struct TransactionQuery {
    client: Client,
    per_page: Option<u32>,
}

impl TransactionQuery {
    /// Sets how many transactions to fetch with each request, from 1 to 100. By default 20. With any other number the
    /// stream yields an error and sends nothing.
    pub fn per_page(mut self, entries: u32) -> Self {
        self.per_page = Some(entries);
        self
    }

    /// The transactions, from the first one.
    pub fn items(self) -> Items<Transaction> {
        self.items_from(Position::default())
    }

    /// The transactions, from the position of an earlier stream.
    pub fn items_from(self, position: Position) -> Items<Transaction> {
        Items::new(self.source(), position)
    }

    /// The pages of the list, from the first one.
    pub fn pages(self) -> Pages<Transaction> {
        self.pages_from(1)
    }

    /// The pages of the list, from this page number.
    pub fn pages_from(self, first: u32) -> Pages<Transaction> {
        Pages::new(self.source(), first)
    }

    fn source(self) -> Source<Transaction> {
        Source {
            operation: Operation::ListTransactions,
            id: |transaction| transaction.id.map(TransactionId::get),
            fetch: Arc::new(move |page| Box::pin(self.clone().fetch(page))),
        }
    }

    async fn fetch(self, page: u32) -> Result<Fetched<Transaction>> {
        let per_page = self.per_page.map(paging::per_page).transpose()?;
        let build = move |raw: &raw::Client| {
            let mut request = raw.list_transactions().page(i64::from(page));
            if let Some(per_page) = per_page {
                request = request.per_page(per_page);
            }
            request.request()
        };
        Ok(Fetched::new(self.client.json(Operation::ListTransactions, build).await?, page))
    }
}
