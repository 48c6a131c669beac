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

/// A folder in which the processes of one machine share state: tokens, the locks of accounts, and the rate limit.
///
/// Only the user can read the files (on Unix mode 0600, in a folder of mode 0700). They are replaced as a whole, and changed
/// under file locks of the operating system. The time is that of the machine. A file that cannot be read, because of a
/// power failure or because another program wrote it, is started afresh. A file of a newer version of this crate is an
/// error. The folder must be on a local disk: file locks of network file systems are unreliable.
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
    /// Uses this folder, which is created when it is first needed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), clock: Arc::new(SystemClock) }
    }

    /// Uses this clock instead of the system's. It must be the same for all processes.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Stores tokens, encrypted with a key that is derived from the API key of these credentials. Without the API key,
    /// nobody who reads the folder can use them.
    pub fn token_store(&self, credentials: &Credentials) -> FileTokenStore {
        FileTokenStore::new(self.clone(), Seal::new(credentials.api_key()))
    }

    /// Queues the bookings of each account.
    pub fn account_lock(&self) -> FileAccountLock {
        FileAccountLock(Leases::new(self.clone(), "book"))
    }

    /// Allows this number of requests in any minute, from 1 to 100,000. The header `X-RateLimit-Limit` replaces it. Name the
    /// window after the outgoing IP address.
    pub fn rate_limiter(&self, window: &str, per_minute: u32) -> FileRateLimiter {
        let digest: String = Sha256::digest(window).iter().map(|byte| format!("{byte:02x}")).collect();
        FileRateLimiter::new(self.record("window", &digest), Arc::clone(&self.clock), per_minute)
    }

    fn record(&self, kind: &str, name: &str) -> Record {
        Record::new(self.folder.join(format!("{kind}-{name}")))
    }
}
