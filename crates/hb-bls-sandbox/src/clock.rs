//! The sandbox's time. Nothing else in this crate asks the system for it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::SandboxError;

/// Where the sandbox's time comes from when it starts. It can be frozen, and run again, later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ClockMode {
    /// The system's time, plus whatever the clock was advanced by.
    #[default]
    Real,
    /// This instant, until the clock is advanced or runs.
    Frozen(Timestamp),
    /// The system's time until this instant, and from then on a time that passes `speed` times as fast, plus whatever the
    /// clock was advanced by. Other processes can calculate the same time.
    Fast {
        /// When it begins to be fast.
        since: Timestamp,
        /// How many seconds pass per second of the system's clock.
        speed: u32,
    },
}

/// The last instant to which the clock may go: far enough, and date arithmetic beyond it still works.
const LATEST_SECOND: i64 = 32_503_680_000; // 3000-01-01
const LATEST: Timestamp = Timestamp::constant(LATEST_SECOND, 0);
const EARLIEST_SECOND: i64 = 0;

/// The state of a clock, stored for a later run on the same file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockReading {
    /// The latest instant that it had shown.
    pub(crate) time: Timestamp,
    /// By how much it was ahead of the system's time; `None` for a frozen clock.
    pub(crate) ahead: Option<SignedDuration>,
}

#[derive(Debug)]
pub(crate) struct Clock {
    /// How time passes while it is not frozen.
    running: ClockMode,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    mode: ClockMode,
    /// By how much it is ahead of what its mode alone would show; below zero if it is behind.
    ahead: SignedDuration,
    /// The latest instant that was given out. The system's clock may be set back; this one never goes back.
    latest: Timestamp,
}

impl ClockReading {
    /// The latest instant that may have been given out since then.
    fn reached(self) -> Timestamp {
        let running = self.ahead.map(|ahead| later(base(ClockMode::Real), ahead));
        running.map_or(self.time, |running| running.max(self.time))
    }
}

impl Clock {
    /// A clock that starts no earlier than the clock of an earlier run may have stopped.
    pub(crate) fn new(mode: ClockMode, earlier: Option<ClockReading>) -> Result<Self, SandboxError> {
        let base = base(mode);
        if !(EARLIEST_SECOND..=LATEST_SECOND).contains(&base.as_second()) {
            return Err(SandboxError::Refused(format!("the clock cannot start at {base}")));
        }
        let start = earlier.map_or(base, |reading| reading.reached().max(base));
        let state = State { mode, ahead: start.duration_since(base), latest: start };
        let running = if matches!(mode, ClockMode::Frozen(_)) { ClockMode::Real } else { mode };
        Ok(Self { running, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mode(&self) -> ClockMode {
        self.state().mode
    }

    pub(crate) fn reading(&self) -> ClockReading {
        let mut state = self.state();
        ClockReading { time: state.now(), ahead: matches!(state.mode, ClockMode::Real).then_some(state.ahead) }
    }

    /// Stands still from now on, until it is advanced or runs again.
    pub(crate) fn freeze(&self) {
        let mut state = self.state();
        state.mode = ClockMode::Frozen(state.now());
        state.ahead = SignedDuration::ZERO;
    }

    /// Runs on from where it stands.
    pub(crate) fn unfreeze(&self) {
        let mut state = self.state();
        if matches!(state.mode, ClockMode::Frozen(_)) {
            state.ahead = state.now().duration_since(base(self.running));
            state.mode = self.running;
        }
    }

    pub(crate) fn mode_name(&self) -> &'static str {
        match self.mode() {
            ClockMode::Real => "real",
            ClockMode::Frozen(_) => "frozen",
            ClockMode::Fast { .. } => "fast",
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.state().now()
    }

    /// The instant `by` from now, if the clock may go there.
    pub(crate) fn after(&self, by: Duration) -> Option<Timestamp> {
        let target = self.now().checked_add(by).ok()?;
        (target <= LATEST).then_some(target)
    }

    /// Moves forward to `target`; does nothing when that is in the past.
    pub(crate) fn move_to(&self, target: Timestamp) {
        let mut state = self.state();
        let (now, target) = (state.now(), target.min(LATEST));
        if target > now {
            state.ahead = state.ahead.saturating_add(target.duration_since(now));
            state.latest = target;
        }
    }

    /// How many seconds pass in a second of the system's clock.
    pub(crate) fn speed(&self) -> u32 {
        self.mode().speed_at(system())
    }

    /// Returns when the clock may have reached `due`; never, when only `advance` can bring it there.
    pub(crate) async fn reach(&self, due: Option<Timestamp>) {
        match due.and_then(|due| self.mode().nap(due.duration_since(self.now()), system())) {
            Some(nap) => pause(nap).await,
            None => std::future::pending().await,
        }
    }
}

impl State {
    fn now(&mut self) -> Timestamp {
        let time = later(base(self.mode), self.ahead).min(LATEST);
        self.latest = self.latest.max(time);
        self.latest
    }
}

/// A sleep of hours would end too late if the machine is suspended, so the caller checks again after this time.
const LONGEST_NAP: Duration = Duration::from_secs(60);

#[expect(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
fn system() -> Timestamp {
    Timestamp::now()
}

fn base(mode: ClockMode) -> Timestamp {
    mode.base(system())
}

impl ClockMode {
    /// What a clock that was never advanced shows at this time of the system.
    fn base(self, system: Timestamp) -> Timestamp {
        match self {
            Self::Real => system,
            Self::Frozen(at) => at,
            Self::Fast { since, .. } if system <= since => system,
            Self::Fast { since, speed } => {
                let passed = system.duration_since(since).checked_mul(i32::try_from(speed).unwrap_or(i32::MAX));
                passed.map_or(LATEST, |passed| later(since, passed).min(LATEST))
            }
        }
    }

    fn speed_at(self, system: Timestamp) -> u32 {
        match self {
            Self::Frozen(_) => 0,
            Self::Fast { since, speed } if system >= since => speed,
            Self::Real | Self::Fast { .. } => 1,
        }
    }

    /// How long to wait, before looking again, for what is so far away; none if time does not pass.
    fn nap(self, left: SignedDuration, system: Timestamp) -> Option<Duration> {
        let nap = left.max(SignedDuration::ZERO).unsigned_abs().checked_div(self.speed_at(system))?.min(LONGEST_NAP);
        match self {
            // Its speed changes then.
            Self::Fast { since, .. } if system < since => Some(nap.min(since.duration_since(system).unsigned_abs())),
            _ => Some(nap),
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
    fn a_frozen_clock_moves_only_on_request_and_only_forward() {
        let clock = Clock::new(ClockMode::Frozen(at("2026-06-05T10:00:00Z")), None).unwrap();
        assert_eq!(clock.now(), at("2026-06-05T10:00:00Z"));
        clock.move_to(at("2026-06-05T11:00:00Z"));
        clock.move_to(at("2026-06-05T10:30:00Z"));
        assert_eq!(clock.now(), at("2026-06-05T11:00:00Z"));
    }

    #[test]
    fn a_clock_that_runs_again_goes_on_from_where_it_stood() {
        let stood = at("2026-06-05T10:00:00Z");
        let minute = SignedDuration::from_mins(1);
        let clock = Clock::new(ClockMode::Frozen(stood), None).unwrap();
        clock.unfreeze();
        assert_eq!((clock.mode_name(), clock.speed()), ("real", 1));
        assert!(clock.now() >= stood && clock.now() < stood + minute, "not the system's time");
        clock.freeze();
        let (frozen, reading) = (clock.now(), clock.reading());
        assert_eq!((clock.mode_name(), clock.speed(), reading.time), ("frozen", 0, frozen));
        assert!(reading.ahead.is_none(), "no time passes while the sandbox is stopped");
        clock.freeze();
        clock.move_to(frozen + minute);
        clock.freeze();
        assert_eq!(clock.now(), frozen + minute);
        clock.unfreeze();
        clock.unfreeze();
        assert!(clock.now() >= frozen + minute && clock.now() < frozen + minute + minute);
    }

    #[test]
    fn a_fast_clock_is_fast_again_after_it_stood_still() {
        let clock = Clock::new(ClockMode::Fast { since: base(ClockMode::Real), speed: 60 }, None).unwrap();
        clock.freeze();
        let stood = clock.now();
        clock.unfreeze();
        assert_eq!((clock.mode_name(), clock.speed()), ("fast", 60));
        assert!(clock.now() >= stood);
    }

    #[test]
    fn a_later_run_does_not_start_in_the_past_of_an_earlier_one() {
        let time = at("2026-07-01T00:00:00Z");
        let reading = ClockReading { time, ahead: None };
        let clock = Clock::new(ClockMode::Frozen(at("2026-06-05T10:00:00Z")), Some(reading)).unwrap();
        assert_eq!(clock.now(), time);
    }

    #[test]
    fn a_run_in_real_time_may_have_gone_on_after_its_last_mark() {
        let now = base(ClockMode::Real);
        let (day, hour) = (SignedDuration::from_hours(24), SignedDuration::from_hours(1));
        let reading = ClockReading { time: now + day - hour, ahead: Some(day) };
        for mode in [ClockMode::Real, ClockMode::Frozen(now)] {
            assert!(Clock::new(mode, Some(reading)).unwrap().now() >= now + day, "{mode:?}");
        }
        // The system's clock was set back by two hours since.
        let reading = ClockReading { time: now + day + hour + hour, ahead: Some(day) };
        assert!(Clock::new(ClockMode::Real, Some(reading)).unwrap().now() >= reading.time);
    }

    fn fast(speed: u32) -> ClockMode {
        ClockMode::Fast { since: at("2026-06-05T10:00:00Z"), speed }
    }

    #[test]
    fn a_fast_clock_is_the_systems_until_it_starts_to_be_fast() {
        let mode = fast(60);
        for (system, expected, speed) in [
            ("2026-06-05T09:00:00Z", "2026-06-05T09:00:00Z", 1),
            ("2026-06-05T10:00:00Z", "2026-06-05T10:00:00Z", 60),
            ("2026-06-05T10:00:01.5Z", "2026-06-05T10:01:30Z", 60),
            ("2026-06-05T11:00:00Z", "2026-06-07T22:00:00Z", 60),
        ] {
            assert_eq!((mode.base(at(system)), mode.speed_at(at(system))), (at(expected), speed), "{system}");
        }
        assert_eq!(fast(0).base(at("2027-01-01T00:00:00Z")), at("2026-06-05T10:00:00Z"), "it stands still then");
    }

    #[test]
    fn however_fast_a_clock_is_it_stops_where_dates_can_still_be_calculated() {
        assert_eq!(fast(u32::MAX).base(at("2026-06-05T10:01:00Z")), LATEST);
        let ancient = ClockMode::Fast { since: Timestamp::MIN, speed: u32::MAX };
        assert_eq!(ancient.base(at("2026-06-05T10:00:00Z")), LATEST);
        let clock = Clock::new(ancient, None).unwrap();
        clock.move_to(Timestamp::MAX);
        assert_eq!((clock.now(), clock.after(Duration::from_secs(1))), (LATEST, None));
    }

    #[test]
    fn a_fast_clock_is_advanced_like_any_other() {
        // It becomes fast so late that the system's time hardly passes meanwhile.
        let clock = Clock::new(ClockMode::Fast { since: LATEST, speed: 60 }, None).unwrap();
        let target = clock.after(Duration::from_secs(7 * 86_400)).unwrap();
        clock.move_to(target);
        assert!(clock.now() >= target);
        assert!(clock.reading().ahead.is_none(), "a later run does not add the time that passed at this speed");
    }

    #[test]
    fn a_fast_clock_waits_for_a_fraction_of_the_time() {
        let (mode, begun) = (fast(60), at("2026-06-05T10:00:00Z"));
        let minutes = SignedDuration::from_mins;
        assert_eq!(mode.nap(minutes(10), begun), Some(Duration::from_secs(10)));
        assert_eq!(mode.nap(minutes(-10), begun), Some(Duration::ZERO));
        assert_eq!(mode.nap(minutes(1_000), begun), Some(LONGEST_NAP));
        // Before, it waits as long as the system's clock does, but looks again when it becomes fast.
        assert_eq!(mode.nap(minutes(10), begun - minutes(60)), Some(LONGEST_NAP));
        assert_eq!(mode.nap(minutes(10), begun - SignedDuration::from_secs(3)), Some(Duration::from_secs(3)));
        assert_eq!(fast(0).nap(minutes(10), begun), None);
        assert_eq!(ClockMode::Real.nap(SignedDuration::from_secs(10), begun), Some(Duration::from_secs(10)));
    }

    #[test]
    fn time_beyond_reach_is_refused() {
        let clock = Clock::new(ClockMode::Frozen(at("2026-06-05T10:00:00Z")), None).unwrap();
        assert_eq!(clock.after(Duration::from_secs(u64::MAX)), None);
        assert_eq!(clock.after(Duration::from_secs(40_000_000_000)), None);
        assert!(Clock::new(ClockMode::Frozen(Timestamp::MAX), None).is_err());
    }
}
