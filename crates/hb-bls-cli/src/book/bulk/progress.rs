//! The progress of a bulk run on a terminal.

use std::collections::HashMap;

use anyhow::Result;
use jiff::Timestamp;

use super::{
    journal::{Journal, State},
    row::Reason,
};
use crate::{context::Context, output::Output, progress::Bar};

/// Of which the hold and the booking are most.
const REQUESTS_PER_ROW: usize = 2;

pub struct Progress {
    bar: Bar,
    /// How many rows earlier runs had finished.
    before: usize,
}

impl Progress {
    /// Starts the bar where earlier runs left off.
    pub fn new(context: &Context, journal: &Journal) -> Result<Self> {
        let before = journal.states().iter().filter(|state| state.is_done()).count();
        let progress = Self { bar: Bar::new(context, REQUESTS_PER_ROW)?, before };
        progress.show(journal, &HashMap::new());
        Ok(progress)
    }

    /// Shows how far the run is.
    pub fn show(&self, journal: &Journal, reasons: &HashMap<usize, Reason>) {
        let states = journal.states();
        let booked = states.iter().filter(|state| matches!(state, State::Booked { .. })).count();
        let is_rejected = |row: &usize| matches!(journal.state(*row), State::Rejected { .. });
        let before = (0..states.len()).filter(|row| is_rejected(row) && !reasons.contains_key(row)).count();
        let now = |outcome| reasons.values().filter(|reason| reason.outcome == outcome).count();
        // what failed for another reason is tried again
        let failed = before + now("rejected");
        let left = states.len() - booked - failed - now("skipped");
        let done = (booked + failed).saturating_sub(self.before);
        self.bar.show(self.before, done, left, format!("{booked} booked · {failed} failed · {left} left"));
    }

    /// A row has failed that may be booked later. Returns when the run gives up.
    pub fn trouble(&self) -> Timestamp {
        self.bar.trouble()
    }

    /// A row was booked or refused.
    pub fn no_trouble(&self) {
        self.bar.no_trouble();
    }

    /// Keeps what is waited for up to date. Does not end.
    pub async fn keep_current(&self) {
        self.bar.keep_current().await;
    }

    /// Says something above the bar.
    pub fn say(&self, output: Output, text: &str) {
        self.bar.say(output, text);
    }

    /// Removes the bar.
    pub fn end(&self) {
        self.bar.end();
    }
}
