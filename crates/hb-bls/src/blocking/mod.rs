//! The client for programs without an async runtime. It behaves like the async client.
//!
//! ```
//! # let started = tokio::runtime::Runtime::new()?;
//! # let sandbox = started.block_on(hb_bls_sandbox::Sandbox::start())?;
//! # let account = sandbox.credentials();
//! # let builder = hb_bls::Client::builder()
//! #     .credentials(hb_bls::Credentials::new(&account.hb_client_id, account.api_key.as_str()))
//! #     .base_url(sandbox.base_url());
//! # let details = hb_bls::testing::booking_details();
//! use hb_bls::{BookRequest, BookingStatus, blocking::Client};
//!
//! let client = Client::new(builder.build()?)?;
//! let courses = client.courses().list().send()?;
//! let booking = client.book(&BookRequest::earliest(courses[0].id, details))?;
//! for booking in client.bookings().list().status(BookingStatus::Booked).items() {
//!     println!("{}", booking?.id);
//! }
//! # let _ = booking;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Each method does the same as the method of that name of the async client, where it is documented. The client has its
//! own runtime with one thread, which it shares with its clones. Inside another runtime its methods would block that
//! runtime, so they fail with [`ErrorKind::Configuration`](crate::ErrorKind::Configuration). The same is true for the
//! threads of `spawn_blocking`, where [`Handle::block_on`](tokio::runtime::Handle::block_on) can wait for the async client.
//!
//! When the last clone and the last hold are dropped outside a runtime, the drop waits up to five seconds for holds
//! that are being released.
//!
//! Not available here are [`Client::builder`](crate::Client::builder), [`Client::book_all`](crate::Client::book_all),
//! [`Client::undocumented`](crate::Client::undocumented) and
//! [`Bookings::write_certificate`](crate::Bookings::write_certificate). Build the async client, wrap a clone of it in
//! [`Client::new`], and call [`Client::undocumented`](crate::Client::undocumented) on the original.

mod resources;
mod stream;

use std::{fmt, sync::Arc, time::Duration};

use tokio::runtime::{self, Handle};

pub use resources::{Account, Bookings, Courses, KeyedBookings, Timeslots, Webhooks};
pub use stream::{BookingQuery, CourseQuery, Iter, TimeslotQuery, TransactionQuery, WebhookQuery};

use crate::{BookRequest, Booking, CallOptions, Clock, Error, Hold, Result, client::ClientMemory, pipeline::timeout};

/// How long the end of the client waits for holds that are being released.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// A client of the API for one account, whose methods block until the call has ended. It is cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    client: crate::Client,
    runtime: Arc<Runtime>,
}

impl Client {
    /// Makes a blocking client of an async one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the thread cannot be started.
    pub fn new(client: crate::Client) -> Result<Self> {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("hb-bls")
            .enable_all()
            .build()
            .map_err(|error| Error::configuration("no thread can be started").because(error))?;
        let memory = Arc::clone(&client.memory);
        let clock = Arc::clone(&client.pipeline.config.clock);
        Ok(Self { client, runtime: Arc::new(Runtime { runtime: Some(runtime), memory, clock }) })
    }

    /// The same client with other options, for individual calls.
    #[must_use]
    pub fn with_options(&self, options: CallOptions) -> Self {
        Self { client: self.client.with_options(options), runtime: Arc::clone(&self.runtime) }
    }

    /// The account: balances, transactions and the access token.
    pub fn account(&self) -> Account<'_> {
        Account(self)
    }

    /// The courses that can be booked.
    pub fn courses(&self) -> Courses<'_> {
        Courses(self)
    }

    /// The timeslots of courses, and holds.
    pub fn timeslots(&self) -> Timeslots<'_> {
        Timeslots(self)
    }

    /// Bookings and their certificates.
    pub fn bookings(&self) -> Bookings<'_> {
        Bookings(self)
    }

    /// Webhook endpoints, to which the portal sends events.
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks(self)
    }

    /// Bookings that were made, or requested, with an idempotency key.
    pub fn keyed_bookings(&self) -> KeyedBookings<'_> {
        KeyedBookings(self)
    }

    /// Holds a timeslot and books it, exactly once, like [`crate::Client::book`].
    ///
    /// # Errors
    ///
    /// Those of [`crate::Client::book`].
    pub fn book(&self, request: &BookRequest) -> Result<Booking> {
        self.wait(self.client.book(request))?
    }

    /// Releases a hold, like [`Hold::release`].
    ///
    /// # Errors
    ///
    /// Those of [`Hold::release`].
    pub fn release(&self, hold: Hold) -> Result<()> {
        self.wait(hold.release())?
    }

    /// Waits for the outcome of an async call.
    fn wait<F: Future>(&self, call: F) -> Result<F::Output> {
        self.runtime.wait(call)
    }
}

/// A runtime that is used only from threads that belong to no other runtime.
struct Runtime {
    runtime: Option<runtime::Runtime>,
    memory: Arc<ClientMemory>,
    clock: Arc<dyn Clock>,
}

impl Runtime {
    /// The runtime, if this thread may wait for it: not inside another runtime, nor while thread-local values are dropped.
    fn usable(&self) -> Result<&runtime::Runtime> {
        let is_outside = Handle::try_current().is_err_and(|error| error.is_missing_context());
        let outside = self.runtime.as_ref().filter(|_| is_outside);
        outside.ok_or_else(|| Error::configuration("the blocking client cannot be used inside an async runtime"))
    }

    fn wait<F: Future>(&self, work: F) -> Result<F::Output> {
        Ok(self.usable()?.block_on(work))
    }
}

/// Waits for the holds that are being released; otherwise a program that ends would leave them to expire. Other background
/// work continues without being waited for: dropping the runtime would wait, and panics in async code.
impl Drop for Runtime {
    fn drop(&mut self) {
        if let Ok(runtime) = self.usable() {
            runtime.block_on(timeout::within(&*self.clock, TIME_LIMIT, self.memory.releasing.closed()));
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}
