//! The client for programs without an async runtime: the same engine, and the same rules.
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
//! Each method is that of the same name of the async client, where it is described. The client has a runtime of its own,
//! with one thread, which it shares with its clones. Inside another runtime its methods are errors: they would block it.

mod resources;
mod stream;

use std::sync::Arc;

use tokio::runtime::{self, Handle};

pub use resources::{Account, Bookings, Courses, Timeslots, Webhooks};
pub use stream::{BookingQuery, CourseQuery, Iter, TimeslotQuery, TransactionQuery, WebhookQuery};

use crate::{BookRequest, Booking, CallOptions, Error, Hold, Result};

/// A client of the API for one account, whose methods wait for their outcome. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    client: crate::Client,
    runtime: Arc<Runtime>,
}

impl Client {
    /// Waits for what this client does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if no thread can be started.
    pub fn new(client: crate::Client) -> Result<Self> {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("hb-bls")
            .enable_all()
            .build()
            .map_err(|error| Error::configuration("no thread can be started").because(error))?;
        Ok(Self { client, runtime: Arc::new(Runtime(Some(runtime))) })
    }

    /// The same client with other options, for single calls.
    #[must_use]
    pub fn with_options(&self, options: CallOptions) -> Self {
        Self { client: self.client.with_options(options), runtime: Arc::clone(&self.runtime) }
    }

    /// The account itself.
    pub fn account(&self) -> Account<'_> {
        Account(self)
    }

    /// What can be booked.
    pub fn courses(&self) -> Courses<'_> {
        Courses(self)
    }

    /// When it can be booked, and holds.
    pub fn timeslots(&self) -> Timeslots<'_> {
        Timeslots(self)
    }

    /// Bookings and certificates.
    pub fn bookings(&self) -> Bookings<'_> {
        Bookings(self)
    }

    /// Endpoints that events are sent to.
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks(self)
    }

    /// Holds a timeslot and books it, exactly once, as [`crate::Client::book`].
    ///
    /// # Errors
    ///
    /// Those of [`crate::Client::book`].
    pub fn book(&self, request: &BookRequest) -> Result<Booking> {
        self.wait(self.client.book(request))?
    }

    /// Gives a hold back, as [`Hold::release`].
    ///
    /// # Errors
    ///
    /// Those of [`Hold::release`].
    pub fn release(&self, hold: Hold) -> Result<()> {
        self.wait(hold.release())?
    }

    /// The outcome of an async call.
    fn wait<F: Future>(&self, call: F) -> Result<F::Output> {
        self.runtime.wait(call)
    }
}

/// Waits in threads that belong to no runtime.
#[derive(Debug)]
struct Runtime(Option<runtime::Runtime>);

impl Runtime {
    fn wait<F: Future>(&self, work: F) -> Result<F::Output> {
        match &self.0 {
            Some(runtime) if Handle::try_current().is_err() => Ok(runtime.block_on(work)),
            _ => Err(Error::configuration("the blocking client cannot be used inside an async runtime")),
        }
    }
}

/// Lets what is under way in the background go on without waiting for it, as dropping a runtime would, which panics in
/// async code.
impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
