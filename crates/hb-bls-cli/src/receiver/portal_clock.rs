//! The time as the local portal has it, which runs ahead of the system's once somebody has advanced it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result};
use hb_bls::{Clock, SystemClock};
use jiff::{SignedDuration, Timestamp, civil::DateTime};
use reqwest::{Client, Url};

use crate::{clock::in_london, loopback::is_loopback};

const RESPONSE_WITHIN: Duration = Duration::from_secs(5);

/// Another clock, put forward by as much as the portal was when it was last asked.
pub struct PortalClock {
    clock: Arc<dyn Clock>,
    ahead_ms: AtomicI64,
    client: Client,
    url: Url,
}

impl PortalClock {
    /// Takes the clock to correct, and the base URL of an API on this machine.
    pub fn new(clock: Arc<dyn Clock>, base_url: &Url) -> Result<Self> {
        let client = Client::builder().no_proxy().timeout(RESPONSE_WITHIN).build().context("no HTTP client")?;
        let url = base_url.join("/_sandbox/clock").context("no clock at the base URL")?;
        Ok(Self { clock, ahead_ms: AtomicI64::new(0), client, url })
    }

    /// Asks the portal for its time. Without a response everything stays as it is.
    pub async fn ask(&self) {
        if let Some(now) = self.portal_now().await {
            let ahead = now.as_millisecond() - self.clock.now().as_millisecond();
            self.ahead_ms.store(ahead, Ordering::Relaxed);
        }
    }

    async fn portal_now(&self) -> Option<Timestamp> {
        let response = self.client.get(self.url.clone()).send().await.ok()?.error_for_status().ok()?;
        let response: serde_json::Value = serde_json::from_slice(&response.bytes().await.ok()?).ok()?;
        response.get("now")?.as_str()?.parse().ok()
    }
}

impl Clock for PortalClock {
    fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead_ms.load(Ordering::Relaxed));
        self.clock.now().saturating_add(ahead).unwrap_or(Timestamp::MAX)
    }
}

/// The time in the UK, as the portal with this base URL has it if it is on this machine.
pub async fn now_at(base_url: &str) -> Result<DateTime> {
    let now = match Url::parse(base_url).ok().filter(is_loopback) {
        Some(url) => {
            let clock = PortalClock::new(Arc::new(SystemClock), &url)?;
            clock.ask().await;
            clock.now()
        }
        None => SystemClock.now(),
    };
    Ok(in_london(now))
}

impl fmt::Debug for PortalClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortalClock").field("clock", &self.clock).finish_non_exhaustive()
    }
}
