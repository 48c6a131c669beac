//! The handle of a running sandbox.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde_json::Value;

use crate::api;
use crate::control::{self, AccountPatch, Seed};
use crate::core::Core;
use crate::credentials::SandboxCredentials;
use crate::delivery::DeliveryAttempt;
use crate::error::SandboxError;
use crate::faults::Fault;
use crate::problem::Problem;
use crate::request_log::RequestRecord;
use crate::runtime::Running;

/// A running sandbox: a local BLS portal. It runs until it is shut down or dropped.
///
/// The methods that play staff and candidate return the booking as the API would show it. Every method fails once the
/// sandbox has stopped.
#[derive(Debug)]
pub struct Sandbox {
    base_url: String,
    control_url: String,
    running: Running,
}

impl Sandbox {
    pub(crate) fn new(running: Running) -> Self {
        let origin = &running.core.origin;
        Self {
            base_url: format!("{origin}{}", api::PREFIX),
            control_url: format!("{origin}{}", control::PREFIX),
            running,
        }
    }

    /// The base URL of the API: `http://127.0.0.1:PORT/api/v1`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The base URL of the control API: `http://127.0.0.1:PORT/_sandbox`.
    #[must_use]
    pub fn control_url(&self) -> &str {
        &self.control_url
    }

    /// The token with which other machines can use the control API and the page, if there is one.
    #[must_use]
    pub fn control_token(&self) -> Option<&str> {
        self.running.core.control_token.as_deref()
    }

    /// The URL of the page for people: `http://127.0.0.1:PORT/`.
    #[must_use]
    pub fn page_url(&self) -> String {
        format!("{}/", self.running.core.origin)
    }

    /// The credentials of the first account.
    #[must_use]
    pub fn credentials(&self) -> &SandboxCredentials {
        &self.running.core.credentials
    }

    /// The sandbox's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.running.core.clock.now()
    }

    /// Moves the clock forward, and returns the new time. Whatever becomes due by then, such as deliveries and their
    /// retries, has been done when this returns. Zero waits for the deliveries that are due already.
    ///
    /// # Errors
    ///
    /// If the clock would go beyond the year 3000.
    pub async fn advance(&self, by: Duration) -> Result<Timestamp, SandboxError> {
        self.run(async move |core| core.advance(by).await).await
    }

    /// Stops the clock where it is. Only [`Sandbox::advance`] moves it then.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Stopped`] if the sandbox has stopped.
    pub async fn freeze(&self) -> Result<(), SandboxError> {
        self.run(async |core| core.set_frozen(true)).await
    }

    /// Lets a frozen clock run on from where it stands: like the system's, or as fast as [`ClockMode::Fast`](crate::ClockMode)
    /// says if it started so.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Stopped`] if the sandbox has stopped.
    pub async fn unfreeze(&self) -> Result<(), SandboxError> {
        self.run(async |core| core.set_frozen(false)).await
    }

    /// Plays the candidate, who pays for a pending booking.
    ///
    /// # Errors
    ///
    /// If there is no such booking, or it is not pending.
    pub async fn pay(&self, booking: i64) -> Result<Value, SandboxError> {
        self.run(async move |core| core.pay(booking)).await
    }

    /// Plays staff, who record that the candidate attended and passed.
    ///
    /// # Errors
    ///
    /// If there is no such booking, it is not confirmed, or attendance is recorded already.
    pub async fn complete(&self, booking: i64) -> Result<Value, SandboxError> {
        self.run(async move |core| core.complete(booking)).await
    }

    /// Plays staff, who record that the candidate did not come.
    ///
    /// # Errors
    ///
    /// As for [`Sandbox::complete`].
    pub async fn no_show(&self, booking: i64) -> Result<Value, SandboxError> {
        self.run(async move |core| core.no_show(booking)).await
    }

    /// Records that the kit has been returned.
    ///
    /// # Errors
    ///
    /// If there is no such booking, it is not paid, or the kit is back already.
    pub async fn return_kit(&self, booking: i64) -> Result<Value, SandboxError> {
        self.run(async move |core| core.return_kit(booking)).await
    }

    /// Cancels the booking. Credits or balance spent on it are returned to the account.
    ///
    /// # Errors
    ///
    /// If there is no such booking, it is cancelled already, or attendance is recorded.
    pub async fn cancel(&self, booking: i64) -> Result<Value, SandboxError> {
        self.run(async move |core| core.cancel(booking)).await
    }

    /// Moves the booking to another open timeslot of its course, given as `YYYY-MM-DD` and `HH:MM` in UK time.
    ///
    /// # Errors
    ///
    /// As for [`Sandbox::cancel`], or if the timeslot is not open.
    pub async fn reschedule(&self, booking: i64, date: &str, time: &str) -> Result<Value, SandboxError> {
        let wrong = |_| SandboxError::Refused(format!("{date} {time} is not a date and time"));
        let date: Date = date.parse().map_err(wrong)?;
        let time: Time = time.parse().map_err(wrong)?;
        self.run(async move |core| core.reschedule(booking, date, time)).await
    }

    /// Makes up past bookings and transactions of the first account.
    ///
    /// # Errors
    ///
    /// If more than a million bookings or transactions are asked for.
    pub async fn seed(&self, seed: Seed) -> Result<(), SandboxError> {
        self.run(async move |core| core.seed(seed)).await
    }

    /// Adds the accounts, courses, trainers and bookings of a seed file, given as JSON. What exists already stays as it is.
    ///
    /// # Errors
    ///
    /// If something in it cannot be read, or contradicts what exists already. Nothing is added then.
    pub async fn add_contents(&self, document: Value) -> Result<(), SandboxError> {
        self.run(async move |core| core.add_contents(document)).await
    }

    /// Makes a fault happen to future requests.
    ///
    /// # Errors
    ///
    /// If there is no such operation, or the status is not that of an error.
    pub async fn inject(&self, fault: Fault) -> Result<(), SandboxError> {
        self.run(async move |core| core.inject(fault)).await
    }

    /// Returns the faults that are still to happen.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Stopped`] if the sandbox has stopped.
    pub async fn faults(&self) -> Result<Vec<Fault>, SandboxError> {
        self.run(async |core| Ok(core.faults.all())).await
    }

    /// Cancels the faults that are still to happen.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Stopped`] if the sandbox has stopped.
    pub async fn clear_faults(&self) -> Result<(), SandboxError> {
        self.run(async |core| {
            core.clear_faults();
            Ok(())
        })
        .await
    }

    /// Returns how many requests injected latency has delayed so far.
    #[must_use]
    pub fn delays(&self) -> usize {
        self.running.core.faults.delays()
    }

    /// Returns how many requests injected latency is delaying at this moment.
    #[must_use]
    pub fn delayed(&self) -> usize {
        self.running.core.faults.delayed()
    }

    /// Returns every delivery attempt, made or scheduled, in order.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Stopped`] if the sandbox has stopped, or another error if its database fails.
    pub async fn deliveries(&self) -> Result<Vec<DeliveryAttempt>, SandboxError> {
        self.run(async |core| core.deliveries()).await
    }

    /// Sends the event of a delivery again, and returns the new attempt.
    ///
    /// # Errors
    ///
    /// If there is no such delivery, or its webhook was deleted.
    pub async fn retry_delivery(&self, delivery: i64) -> Result<DeliveryAttempt, SandboxError> {
        self.run(async move |core| core.retry_delivery(delivery)).await
    }

    /// Returns the requests that the API received: the last 10,000, oldest first.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Stopped`] if the sandbox has stopped.
    pub async fn requests(&self) -> Result<Vec<RequestRecord>, SandboxError> {
        self.run(async |core| Ok(core.request_log.after(0))).await
    }

    /// Changes the balances and limits of an account, and returns it as the control API shows it.
    ///
    /// # Errors
    ///
    /// If there is no such account or course, or a number is out of bounds.
    pub async fn set_account(&self, patch: AccountPatch) -> Result<Value, SandboxError> {
        self.run(async move |core| core.set_account(&patch)).await
    }

    /// Opens another account, with nothing in it.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Stopped`] if the sandbox has stopped, or another error if its database fails.
    pub async fn add_account(&self) -> Result<SandboxCredentials, SandboxError> {
        self.run(async |core| core.add_account()).await
    }

    /// Resets everything except the time: accounts, tokens, bookings, webhooks, faults and logs are as they were at the
    /// start.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Stopped`] if the sandbox has stopped, or another error if its database fails.
    pub async fn reset(&self) -> Result<(), SandboxError> {
        self.run(async |core| core.reset().await).await
    }

    /// Stops the sandbox. Dropping it does the same, but does not report an error of its thread.
    ///
    /// # Errors
    ///
    /// If the sandbox's thread had failed.
    pub async fn shutdown(self) -> Result<(), SandboxError> {
        self.running.end().await
    }

    /// Runs on the sandbox's own thread, so that the caller's runtime is neither needed nor blocked.
    async fn run<T, F, W>(&self, work: W) -> Result<T, SandboxError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Problem>> + Send,
        W: FnOnce(Arc<Core>) -> F + Send + 'static,
    {
        let core = self.running.core.clone();
        let done = self.running.handle.spawn(async move { work(core).await }).await;
        Ok(done.map_err(|_| SandboxError::Stopped)??)
    }
}
