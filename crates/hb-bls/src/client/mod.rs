//! The client, and how it is built.

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
    Drift, Result,
    drift::Watch,
    pipeline::{Build, Call, Pipeline, task},
    resources::{Account, Bookings, Courses, LostHolds, RecentBookings, Timeslots, Webhooks},
};

/// A client of the API for one account. Cheap to clone; clones share token, quota and connections.
///
/// Needs a tokio runtime with timers and IO. If clones are used on several runtimes, all of these must be driven: what one
/// clone holds on a runtime that nobody polls, the others wait for.
#[derive(Clone)]
pub struct Client {
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) memory: Arc<Memory>,
    pub(crate) options: Arc<CallOptions>,
}

/// What the clones of a client know of their own bookings.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) lost_holds: LostHolds,
    pub(crate) recent: RecentBookings,
    /// Has a receiver for each hold that is being released in the background.
    pub(crate) releasing: watch::Sender<()>,
}

impl Client {
    fn new(pipeline: Pipeline) -> Self {
        Self { pipeline: Arc::new(pipeline), memory: Arc::default(), options: Arc::default() }
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
        Self { options: Arc::new(options), ..self.clone() }
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

    /// What the portal answers to a request, as JSON.
    pub(crate) async fn json<T>(&self, operation: Operation, build: impl Build + Send + Sync + 'static) -> Result<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.run(operation, move |call| async move { call.json(build).await }).await
    }

    /// The entries of a list that has one page.
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

    /// Sends a request whose answer nobody needs.
    pub(crate) async fn done(&self, operation: Operation, build: impl Build + Send + Sync + 'static) -> Result<()> {
        self.run(operation, move |call| async move { call.done(build).await }).await
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
