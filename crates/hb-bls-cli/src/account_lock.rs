//! The queue for bookings that runs of the command share, and what a run says about waiting in it.

use std::{io::IsTerminal as _, pin::pin, sync::Arc, time::Duration};

use hb_bls::state::{AccountKey, AccountLease, AccountLock, StateFuture};

use crate::{clock::within, output::Output, request_stats::RequestStats};

/// A wait that is at least this long is announced.
const LONG: Duration = Duration::from_secs(3);

/// The queue as this run uses it.
#[derive(Debug)]
pub struct CommandAccountLock {
    pub shared: Arc<dyn AccountLock>,
    pub output: Output,
    pub request_stats: RequestStats,
}

impl AccountLock for CommandAccountLock {
    fn acquire<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        Box::pin(async move {
            let mut turn = pin!(self.shared.acquire(account));
            if let Some(lease) = within(LONG, turn.as_mut()).await {
                return lease;
            }
            let _queued = self.request_stats.queued();
            if !self.request_stats.is_shown() && std::io::stderr().is_terminal() {
                self.output.notice("another run is booking for this account; waiting until it has booked");
            }
            turn.await
        })
    }
}

#[cfg(test)]
mod tests {
    use hb_bls::{Credentials, state::MemoryAccountLock};

    use super::*;
    use crate::{output::Format, request_stats::Wait};

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_for_another_run_is_known_until_it_is_over() {
        let shared = Arc::new(MemoryAccountLock::default());
        let request_stats = RequestStats::default();
        let output = Output::new(Format::Table, true);
        let lock = CommandAccountLock { shared: shared.clone(), output, request_stats: request_stats.clone() };
        let account = AccountKey::new("https://portal.example/api/v1", &Credentials::new("ada", "key"));
        let other = shared.acquire(&account).await.unwrap();
        let seen = async {
            assert_eq!(request_stats.wait(), None, "it has only begun");
            // what Ctrl-C need not wait for
            within(2 * LONG, request_stats.waits()).await.unwrap();
            assert_eq!(request_stats.wait(), Some(Wait::OtherRun));
            other.release().await.unwrap();
        };
        let (lease, ()) = tokio::join!(lock.acquire(&account), seen);
        lease.unwrap().release().await.unwrap();
        assert_eq!(request_stats.wait(), None);
        // one that is given up does not wait any more
        let _other = shared.acquire(&account).await.unwrap();
        assert!(within(2 * LONG, lock.acquire(&account)).await.is_none());
        assert_eq!(request_stats.wait(), None);
    }
}
