//! Time that a test can move on. A program of yours needs none of this.

use std::{path::PathBuf, pin::Pin, time::Duration};

use hb_bls::{Clock, SystemClock};
use jiff::{SignedDuration, Timestamp};

/// The system's clock, ahead by as many seconds as the file in `AGENCY_CLOCK_OFFSET_FILE` says.
#[derive(Debug, Clone)]
pub struct AgencyClock(Option<PathBuf>);

impl AgencyClock {
    pub fn from_env() -> Self {
        Self(std::env::var_os("AGENCY_CLOCK_OFFSET_FILE").map(PathBuf::from))
    }
}

impl Clock for AgencyClock {
    fn now(&self) -> Timestamp {
        let text = self.0.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        let ahead =
            text.and_then(|text| text.trim().parse().ok()).map_or(SignedDuration::ZERO, SignedDuration::from_secs);
        SystemClock.now() + ahead
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        SystemClock.sleep(duration)
    }
}
