//! Time limits of the command, and today's date in the UK.

use std::time::Duration;

use hb_bls::{Clock as _, Date, SystemClock};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// Where the trainings take place.
pub const LONDON: TimeZone = jiff::tz::get!("Europe/London");

/// The time of this machine.
pub fn now() -> Timestamp {
    SystemClock.now()
}

/// Today in the UK.
pub fn today() -> Date {
    in_london(SystemClock.now()).date()
}

/// What the clocks of the UK show at a time.
pub fn in_london(time: Timestamp) -> DateTime {
    time.to_zoned_datetime(LONDON).datetime()
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
