//! Shared state in one folder, for the processes of one machine and user.

mod account_lock;
mod rate_limiter;
mod record;
mod seal;
mod token_store;

use std::{path::PathBuf, sync::Arc};

use sha2::{Digest as _, Sha256};

use crate::{Clock, Credentials, SystemClock};
pub use account_lock::FileAccountLock;
use account_lock::Leases;
pub use rate_limiter::FileRateLimiter;
use record::Record;
use seal::Seal;
pub use token_store::FileTokenStore;

/// A folder in which the processes of one machine share state: tokens, the right to book, and the rate limit.
///
/// Files are for the user alone (mode 0600 in a folder of 0700 where there are modes), are replaced as a whole, and
/// changed under a lock of the system. The time is the machine's. What cannot be read, because the machine lost power or
/// something else has written there, is begun anew; what a newer version of this crate has written is an error. The
/// folder must be on a local disk: locks of network file systems are not to be relied on.
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
///     // all that go out by the same address share a window
///     .rate_limiter(state.rate_limiter("london", 60))
///     .credentials(credentials)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FileState {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
}

impl FileState {
    /// State in this folder, which is made when it is first needed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), clock: Arc::new(SystemClock) }
    }

    /// Asks this clock for the time, instead of the system's. All processes must agree on it.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Where tokens are kept, sealed by a key that is made from the API key of these
    /// credentials: who can read the folder but does not know
    /// the API key has nothing.
    pub fn token_store(&self, credentials: &Credentials) -> FileTokenStore {
        FileTokenStore::new(self.clone(), Seal::new(credentials.api_key()))
    }

    /// What queues the bookings of each account.
    pub fn account_lock(&self) -> FileAccountLock {
        FileAccountLock(Leases::new(self.clone(), "book"))
    }

    /// At most this number of requests in any minute: 1 to 100,000. `X-RateLimit-Limit` overrules it. The window is
    /// named after the address that requests go out by.
    pub fn rate_limiter(&self, window: &str, per_minute: u32) -> FileRateLimiter {
        let digest: String = Sha256::digest(window).iter().map(|byte| format!("{byte:02x}")).collect();
        FileRateLimiter::new(self.record("window", &digest), Arc::clone(&self.clock), per_minute)
    }

    fn record(&self, kind: &str, name: &str) -> Record {
        Record::new(self.folder.join(format!("{kind}-{name}")))
    }
}
