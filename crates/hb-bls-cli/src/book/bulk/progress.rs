//! Shows the progress on a terminal.

use std::{
    collections::HashMap,
    io::IsTerminal as _,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use hb_bls::{Clock as _, SystemClock};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;

use super::{
    journal::{Journal, State},
    row::Reason,
};
use crate::{
    context::Context,
    output::Format,
    traffic::{Traffic, Wait},
};

/// Of which the hold and the booking are most.
const REQUESTS_PER_ROW: usize = 2;
const SECOND: Duration = Duration::from_secs(1);

/// A progress bar on stderr, which may be hidden.
pub struct Progress {
    bar: ProgressBar,
    traffic: Traffic,
    /// How many rows earlier runs had finished.
    before: usize,
    began: Timestamp,
    counts: Mutex<Counts>,
}

/// How many rows are booked, have failed, and are left.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    booked: usize,
    failed: usize,
    left: usize,
}

impl Progress {
    /// Starts the bar where earlier runs left off. It is hidden if calls are shown (`--verbose`), or if a program reads
    /// the output.
    pub fn new(context: &Context, journal: &Journal) -> Result<Self> {
        let globals = context.globals();
        let plain = globals.quiet || globals.verbose || context.output().format() != Format::Table;
        let rows = u64::try_from(journal.states().len())?;
        let target = if plain || !std::io::stderr().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let before = journal.states().iter().filter(|state| state.is_done()).count();
        let bar = ProgressBar::with_draw_target(Some(rows), target).with_position(u64::try_from(before)?);
        bar.set_style(ProgressStyle::with_template("{wide_bar} {msg}")?);
        let (traffic, began) = (context.traffic().clone(), SystemClock.now());
        let progress = Self { bar, traffic, before, began, counts: Mutex::default() };
        progress.show(journal, &HashMap::new());
        Ok(progress)
    }

    /// Shows how far the run is.
    pub fn show(&self, journal: &Journal, reasons: &HashMap<usize, Reason>) {
        let states = journal.states();
        let booked = states.iter().filter(|state| matches!(state, State::Booked { .. })).count();
        let is_rejected = |row: &usize| matches!(journal.state(*row), State::Rejected { .. });
        let before = (0..states.len()).filter(|row| is_rejected(row) && !reasons.contains_key(row)).count();
        let now = |outcomes: &[&str]| reasons.values().filter(|reason| outcomes.contains(&reason.outcome)).count();
        let failed = before + now(&["rejected", "failed"]);
        let counts = Counts { booked, failed, left: states.len() - booked - failed - now(&["skipped"]) };
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner) = counts;
        self.refresh();
    }

    /// Keeps what is waited for up to date. Does not end.
    pub async fn keep_current(&self) {
        loop {
            SystemClock.sleep(SECOND).await;
            self.refresh();
        }
    }

    fn refresh(&self) {
        let counts @ Counts { booked, failed, left } = *self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        self.bar.set_position(u64::try_from(booked + failed).unwrap_or_default());
        let wait = self.traffic.wait().map(wait).unwrap_or_default();
        self.bar.set_message(format!("{booked} booked · {failed} failed · {left} left{}{wait}", self.estimate(counts)));
        self.bar.tick();
    }

    /// How long the rest takes: as the rate limit allows, or without one at the pace so far.
    fn estimate(&self, Counts { booked, failed, left }: Counts) -> String {
        let done = (booked + failed).saturating_sub(self.before);
        let elapsed = SystemClock.now().duration_since(self.began).as_secs();
        let elapsed = usize::try_from(elapsed).unwrap_or_default();
        let by_limit = self.traffic.minutes(left * REQUESTS_PER_ROW);
        let by_pace = (done > 0).then(|| (elapsed * left).div_ceil(done * 60));
        // the first minute begins with all that the limit allows, so its pace is not that of the rest
        match by_limit.or(by_pace) {
            _ if left == 0 => String::new(),
            None => String::new(),
            Some(0) => " · less than 1 min to go".to_owned(),
            Some(minutes) => format!(" · {minutes} min to go"),
        }
    }

    /// Removes the bar.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn wait(wait: Wait) -> String {
    match wait {
        Wait::RateLimit(Some(seconds)) => format!(" · rate limit reached, continuing in {seconds} s"),
        Wait::RateLimit(None) => " · rate limit reached".to_owned(),
        Wait::Portal(seconds) => format!(" · no response from the portal for {seconds} s"),
    }
}
