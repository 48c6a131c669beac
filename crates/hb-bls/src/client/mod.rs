//! The client and its builder.

mod base_url;
mod builder;
mod environment;
mod options;

use std::{fmt, sync::Arc};

pub use builder::{ClientBuilder, DEFAULT_BASE_URL};
use hb_bls_gen::{List, Operation};
pub use options::CallOptions;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::{
    Result, Undocumented,
    book::KnownSlots,
    pipeline::{Build, Call, Pipeline, task},
    resources::{LostHolds, RecentBookings},
    undocumented::Findings,
};

/// A client of the API for one account. From [`Client::builder`].
///
/// It is cheap to clone. Clones share the token, the rate limit and the connections.
///
/// It needs a tokio runtime with timers and IO enabled. If clones are used on several runtimes, keep all of these
/// runtimes running: a clone on a runtime that is suspended may hold something that the others wait for.
#[derive(Clone)]
pub struct Client {
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) memory: Arc<ClientMemory>,
    pub(crate) options: Arc<CallOptions>,
}

/// What all clones of a client remember about their bookings.
#[derive(Default)]
pub(crate) struct ClientMemory {
    pub(crate) lost_holds: LostHolds,
    pub(crate) recent: RecentBookings,
    pub(crate) known_slots: KnownSlots,
    /// Has a receiver for each hold that is being released in the background.
    pub(crate) releasing: watch::Sender<()>,
}

impl Client {
    fn new(pipeline: Pipeline) -> Self {
        Self { pipeline: Arc::new(pipeline), memory: Arc::default(), options: Arc::default() }
    }

    /// Returns a builder for a client of one account.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// The same client with other options, for individual calls:
    ///
    /// ```no_run
    /// # async fn example(client: hb_bls::Client) -> hb_bls::Result<()> {
    /// use hb_bls::{CallOptions, RetryPolicy};
    ///
    /// let once = CallOptions::new().retry(RetryPolicy::none()).timeout(std::time::Duration::from_secs(5));
    /// let courses = client.with_options(once).courses().list().await?;
    /// # let _ = courses;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_options(&self, options: CallOptions) -> Self {
        Self { options: Arc::new(options), ..self.clone() }
    }

    /// Returns what responses have contained so far that the API's document does not describe, if
    /// [`ClientBuilder::record_undocumented`] is on.
    pub fn undocumented(&self) -> Vec<Undocumented> {
        self.pipeline.undocumented.as_ref().map(Findings::report).unwrap_or_default()
    }

    /// Sends a request and decodes the response from JSON.
    pub(crate) async fn json<T>(&self, operation: Operation, build: impl Build + Send + Sync + 'static) -> Result<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.run(operation, move |call| async move { call.json(build).await }).await
    }

    /// Fetches a list that has only one page.
    pub(crate) async fn list<T>(
        &self,
        operation: Operation,
        build: impl Build + Send + Sync + 'static,
    ) -> Result<Vec<T>>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let list: List<T> = self.json(operation, build).await?;
        Ok(list.data)
    }

    /// Sends a request and ignores the body of the response.
    pub(crate) async fn done(&self, operation: Operation, build: impl Build + Send + Sync + 'static) -> Result<()> {
        self.run(operation, move |call| async move { call.done(build).await }).await
    }

    pub(crate) fn call(&self, operation: Operation) -> Call {
        self.pipeline.call(operation, &self.options)
    }

    /// Runs a call in its own task.
    pub(crate) async fn run<T, W>(&self, operation: Operation, work: impl FnOnce(Call) -> W) -> Result<T>
    where
        T: Send + 'static,
        W: Future<Output = Result<T>> + Send + 'static,
    {
        task::run(work(self.call(operation)), || task::stopped(operation)).await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.pipeline.config.base_url.as_str()).finish_non_exhaustive()
    }
}
