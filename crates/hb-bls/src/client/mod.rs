//! The client, and how it is built.

mod base_url;
mod builder;
mod environment;
mod options;

use std::{fmt, sync::Arc};

pub use builder::{ClientBuilder, DEFAULT_BASE_URL};
use hb_bls_gen::Operation;
pub use options::CallOptions;

use crate::{
    Drift, Result,
    drift::Watch,
    pipeline::{Call, Pipeline, task},
    resources::{Account, Bookings, Courses, Timeslots, Webhooks},
};

/// A client of the API for one account. Cheap to clone; clones share token, quota and connections.
///
/// Needs a tokio runtime with timers and IO. If clones are used on several runtimes, all of these must be driven: what one
/// clone holds on a runtime that nobody polls, the others wait for.
#[derive(Clone)]
pub struct Client {
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) options: Arc<CallOptions>,
}

impl Client {
    fn new(pipeline: Pipeline) -> Self {
        Self { pipeline: Arc::new(pipeline), options: Arc::default() }
    }

    /// Starts to build a client for the account.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// The same client with other options, for single calls:
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
        Self { pipeline: Arc::clone(&self.pipeline), options: Arc::new(options) }
    }

    /// Balances.
    pub fn account(&self) -> Account<'_> {
        Account::new(self)
    }

    /// What can be booked.
    pub fn courses(&self) -> Courses<'_> {
        Courses::new(self)
    }

    /// When it can be booked, and holds.
    pub fn timeslots(&self) -> Timeslots<'_> {
        Timeslots::new(self)
    }

    /// Bookings and certificates.
    pub fn bookings(&self) -> Bookings<'_> {
        Bookings::new(self)
    }

    /// Endpoints that events are sent to.
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks::new(self)
    }

    /// What answers have held so far that the API's document does not know, if the client was built to
    /// [watch](ClientBuilder::watch_drift) for it.
    pub fn drift(&self) -> Vec<Drift> {
        self.pipeline.drift.as_ref().map(Watch::report).unwrap_or_default()
    }

    pub(crate) fn call(&self, operation: Operation) -> Call {
        self.pipeline.call(operation, &self.options)
    }

    /// Runs a call in a task of its own.
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
        f.debug_struct("Client").field("base_url", &self.pipeline.settings.base_url.as_str()).finish_non_exhaustive()
    }
}
