//! Shared state in one folder, for the processes of one machine and user.

mod booking_log;
mod store;

use std::{path::PathBuf, sync::Arc};

use super::{SharedAccountLock, SharedRateLimiter, SharedState, SharedTokenStore};
use crate::{Clock, Credentials};
pub use booking_log::FileBookingLog;
pub use store::FileStore;

/// A folder in which the processes of one machine share state: tokens, the locks of accounts, the rate limit, and the log of
/// bookings.
///
/// Only the user can read the files (on Unix mode 0600, in a folder of mode 0700). They are replaced as a whole, and changed
/// under file locks of the operating system. The time is that of the machine. A file that cannot be read, because of a
/// power failure or because another program wrote it, is started afresh. A file of a newer version of this crate is an
/// error. The folder must be on a local disk: file locks of network file systems are unreliable.
///
/// If a process ends while it holds a lock, the next one continues at once; if it is suspended, when its lease expires.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// use hb_bls::{Client, Credentials, state::FileState};
///
/// let credentials = Credentials::new("client-id", "api-key");
/// let state = FileState::new(folder.path());
/// let client = Client::builder()
///     .token_store(state.token_store(&credentials))
///     .account_lock(state.account_lock())
///     .booking_log(state.booking_log())
///     // processes with the same outgoing IP address share a window
///     .rate_limiter(state.rate_limiter("london", 60))
///     .credentials(credentials)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FileState {
    folder: PathBuf,
    shared: SharedState,
}

impl FileState {
    /// Uses this folder, which is created when it is first needed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self { shared: SharedState::new(FileStore::new(&folder)), folder }
    }

    /// Uses this clock instead of the system's. It must be the same for all processes.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(clock);
        self.shared = SharedState::new(FileStore::new(&self.folder).with_clock(Arc::clone(&clock))).with_clock(clock);
        self
    }

    /// Stores tokens, encrypted with a key that is derived from the API key of these credentials. Without the API key,
    /// nobody who reads the folder can use them.
    pub fn token_store(&self, credentials: &Credentials) -> SharedTokenStore {
        self.shared.token_store(credentials)
    }

    /// Queues the bookings of each account.
    pub fn account_lock(&self) -> SharedAccountLock {
        self.shared.account_lock()
    }

    /// Allows this number of requests in any minute, from 1 to 100,000. The header `X-RateLimit-Limit` replaces it. Name the
    /// window after the outgoing IP address.
    pub fn rate_limiter(&self, window: &str, requests_per_minute: u32) -> SharedRateLimiter {
        self.shared.rate_limiter(window, requests_per_minute)
    }

    /// Records how far bookings with a key have come.
    pub fn booking_log(&self) -> FileBookingLog {
        FileBookingLog::new(&self.folder)
    }
}
