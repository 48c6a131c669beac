//! The sandbox's time. Nothing else in this crate asks the system for it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::SandboxError;

/// Where the sandbox's time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ClockMode {
    /// The system's time, plus whatever the clock was advanced by.
    #[default]
    Real,
    /// This instant, until the clock is advanced.
    Frozen(Timestamp),
    /// The system's time until this instant, and from then on a time that passes so many times as fast, plus whatever the
    /// clock was advanced by. Other processes can calculate the same time.
    Fast {
        /// When it starts to be fast.
        since: Timestamp,
        /// How many seconds pass in a second of the system's clock.
        speed: u32,
    },
}

/// The last instant to which the clock may go: far enough, and date arithmetic beyond it still works.
const LATEST_SECOND: i64 = 32_503_680_000; // 3000-01-01
const EARLIEST_SECOND: i64 = 0;

/// How far a clock had come, for a later run on the same file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) told: Timestamp,
    /// By how much it was ahead of the system's time; `None` for a frozen clock.
    pub(crate) ahead: Option<SignedDuration>,
}

#[derive(Debug)]
pub(crate) struct Clock {
    mode: ClockMode,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    ahead: SignedDuration,
    /// The latest instant that was given out. The system's clock may be set back; this one never goes back.
    latest: Timestamp,
}

impl Mark {
    /// The latest instant that may have been given out since then.
    fn reached(self) -> Timestamp {
        let running = self.ahead.map(|ahead| later(base(ClockMode::Real), ahead));
        running.map_or(self.told, |running| running.max(self.told))
    }
}

impl Clock {
    /// A clock that starts no earlier than the clock of an earlier run may have stopped.
    pub(crate) fn new(mode: ClockMode, earlier: Option<Mark>) -> Result<Self, SandboxError> {
        let base = base(mode);
        if !(EARLIEST_SECOND..=LATEST_SECOND).contains(&base.as_second()) {
            return Err(SandboxError::Refused(format!("the clock cannot start at {base}")));
        }
        let start = earlier.map_or(base, |mark| mark.reached().max(base));
        let state = State { ahead: start.duration_since(base), latest: start };
        Ok(Self { mode, state: Mutex::new(state) })
    }

    pub(crate) fn mark(&self) -> Mark {
        let told = self.now();
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Mark { told, ahead: matches!(self.mode, ClockMode::Real).then_some(state.ahead) }
    }

    pub(crate) fn mode_name(&self) -> &'static str {
        match self.mode {
            ClockMode::Real => "real",
            ClockMode::Frozen(_) => "frozen",
            ClockMode::Fast { .. } => "fast",
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let told = later(base(self.mode), state.ahead);
        state.latest = state.latest.max(told);
        state.latest
    }

    /// The instant `by` from now, if the clock may go there.
    pub(crate) fn after(&self, by: Duration) -> Option<Timestamp> {
        let target = self.now().checked_add(by).ok()?;
        (target.as_second() <= LATEST_SECOND).then_some(target)
    }

    /// Moves forward to `target`; does nothing when that is in the past.
    pub(crate) fn move_to(&self, target: Timestamp) {
        let now = self.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if target > now {
            state.ahead = state.ahead.saturating_add(target.duration_since(now));
            state.latest = target;
        }
    }

    /// Returns when the clock may have reached `due`; never, when only `advance` can bring it there.
    pub(crate) async fn reach(&self, due: Option<Timestamp>) {
        let speed = match self.mode {
            ClockMode::Real => 1,
            ClockMode::Frozen(_) => 0,
            ClockMode::Fast { speed, .. } => speed,
        };
        match due {
            Some(due) if speed > 0 => {
                let left = due.duration_since(self.now()).unsigned_abs() / speed;
                pause(left.min(LONGEST_NAP)).await;
            }
            _ => std::future::pending().await,
        }
    }
}

/// A sleep of hours would end too late if the machine is suspended, so the caller checks again after this time.
const LONGEST_NAP: Duration = Duration::from_secs(60);

#[expect(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
fn base(mode: ClockMode) -> Timestamp {
    match mode {
        ClockMode::Real => Timestamp::now(),
        ClockMode::Frozen(at) => at,
        ClockMode::Fast { since, speed } => {
            let now = Timestamp::now();
            later(
                now,
                now.duration_since(since).max(SignedDuration::ZERO) * (i32::try_from(speed).unwrap_or(i32::MAX) - 1),
            )
        }
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Measures real time: how long a receiver takes.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
pub(crate) fn stopwatch() -> impl FnOnce() -> Duration {
    let start = std::time::Instant::now();
    move || start.elapsed()
}

/// Waits in real time: for injected latency, which a client's own timeouts measure.
#[expect(clippy::disallowed_methods, reason = "the one place that waits")]
pub(crate) async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_frozen_clock_moves_only_when_told_and_only_forward() {
        let clock = Clock::new(ClockMode::Frozen(at("2026-06-05T10:00:00Z")), None).unwrap();
        assert_eq!(clock.now(), at("2026-06-05T10:00:00Z"));
        clock.move_to(at("2026-06-05T11:00:00Z"));
        clock.move_to(at("2026-06-05T10:30:00Z"));
        assert_eq!(clock.now(), at("2026-06-05T11:00:00Z"));
    }

    #[test]
    fn a_later_run_does_not_start_in_the_past_of_an_earlier_one() {
        let told = at("2026-07-01T00:00:00Z");
        let mark = Mark { told, ahead: None };
        let clock = Clock::new(ClockMode::Frozen(at("2026-06-05T10:00:00Z")), Some(mark)).unwrap();
        assert_eq!(clock.now(), told);
    }

    #[test]
    fn a_run_in_real_time_may_have_gone_on_after_its_last_mark() {
        let now = base(ClockMode::Real);
        let (day, hour) = (SignedDuration::from_hours(24), SignedDuration::from_hours(1));
        let mark = Mark { told: now + day - hour, ahead: Some(day) };
        for mode in [ClockMode::Real, ClockMode::Frozen(now)] {
            assert!(Clock::new(mode, Some(mark)).unwrap().now() >= now + day, "{mode:?}");
        }
        // The system's clock was set back by two hours since.
        let mark = Mark { told: now + day + hour + hour, ahead: Some(day) };
        assert!(Clock::new(ClockMode::Real, Some(mark)).unwrap().now() >= mark.told);
    }

    #[test]
    fn time_beyond_reach_is_refused() {
        let clock = Clock::new(ClockMode::Frozen(at("2026-06-05T10:00:00Z")), None).unwrap();
        assert_eq!(clock.after(Duration::from_secs(u64::MAX)), None);
        assert_eq!(clock.after(Duration::from_secs(40_000_000_000)), None);
        assert!(Clock::new(ClockMode::Frozen(Timestamp::MAX), None).is_err());
    }
}
