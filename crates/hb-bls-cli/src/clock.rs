//! How long the command waits, and which day it is.

use std::time::Duration;

use hb_bls::{Clock as _, Date, SystemClock};
use jiff::{Timestamp, tz::TimeZone};

/// Where the trainings take place.
pub const LONDON: TimeZone = jiff::tz::get!("Europe/London");

/// The time of this machine.
pub fn now() -> Timestamp {
    SystemClock.now()
}

/// Today in the UK.
pub fn today() -> Date {
    day_of(SystemClock.now())
}

/// The day in the UK at a time.
pub fn day_of(time: Timestamp) -> Date {
    time.to_zoned_datetime(LONDON).date()
}

/// When a day begins in the UK.
pub fn start_of(day: Date) -> Result<Timestamp, jiff::Error> {
    day.at(0, 0, 0, 0).to_zoned_datetime(LONDON).map(|start| start.timestamp())
}

/// The outcome of the work, or nothing if it takes longer.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        outcome = work => Some(outcome),
        () = SystemClock.sleep(limit) => None,
    }
}
