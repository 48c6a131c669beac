//! Shows the progress on a terminal.

use std::{collections::HashMap, io::IsTerminal as _, time::Duration};

use anyhow::Result;
use hb_bls::{Clock as _, SystemClock};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;

use super::{
    journal::{Journal, State},
    row::Reason,
};
use crate::{context::Context, output::Format};

/// A progress bar on stderr, which may be hidden.
pub struct Progress {
    bar: ProgressBar,
    /// How many rows earlier runs had finished.
    before: usize,
    began: Timestamp,
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
        let done = journal.states().iter().filter(|state| state.is_done()).count();
        let bar = ProgressBar::with_draw_target(Some(rows), target).with_position(u64::try_from(done)?);
        bar.set_style(ProgressStyle::with_template("{wide_bar} {msg}")?);
        bar.enable_steady_tick(Duration::from_secs(1));
        let progress = Self { bar, before: done, began: SystemClock.now() };
        progress.show(journal, &HashMap::new());
        Ok(progress)
    }

    /// Shows how many rows are booked, have failed, and are left.
    pub fn show(&self, journal: &Journal, reasons: &HashMap<usize, Reason>) {
        let states = journal.states();
        let booked = states.iter().filter(|state| matches!(state, State::Booked { .. })).count();
        let is_rejected = |row: &usize| matches!(journal.state(*row), State::Rejected { .. });
        let before = (0..states.len()).filter(|row| is_rejected(row) && !reasons.contains_key(row)).count();
        let failed = before + reasons.len();
        let left = states.len() - booked - failed;
        self.bar.set_position(u64::try_from(booked + failed).unwrap_or_default());
        let pace = match self.pace((booked + failed).saturating_sub(self.before)) {
            0 => String::new(),
            rate => format!(" · {rate}/min · {} min to go", left.div_ceil(rate)),
        };
        self.bar.set_message(format!("{booked} booked · {failed} failed · {left} left{pace}"));
    }

    /// How many rows are finished per minute. The quota is per minute, so a minute that has begun counts in full.
    fn pace(&self, done: usize) -> usize {
        let seconds = SystemClock.now().duration_since(self.began).as_secs();
        let minutes = usize::try_from(seconds).unwrap_or_default() / 60 + 1;
        done.div_ceil(minutes)
    }

    /// Removes the bar.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
