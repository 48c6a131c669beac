//! How far it is, on a terminal.

use std::{collections::HashMap, io::IsTerminal as _, time::Duration};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::{
    journal::{Journal, State},
    work::Reason,
};
use crate::{context::Context, output::Format};

/// A bar on stderr, or nothing.
pub struct Progress(ProgressBar);

impl Progress {
    /// For so many rows, of which some are done already. Calls that are shown, and programs that read errors, do
    /// without it.
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
        let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // what cannot be shown is not shown
            let _ = write!(out, "{:.0}/min", state.per_sec() * 60.0);
        };
        bar.set_style(ProgressStyle::with_template("{wide_bar} {msg} · {rate} · {eta} left")?.with_key("rate", rate));
        // what was done before tells nothing of the rate
        bar.reset_eta();
        bar.enable_steady_tick(Duration::from_secs(1));
        let progress = Self(bar);
        progress.show(journal, &HashMap::new());
        Ok(progress)
    }

    /// Where it stands.
    pub fn show(&self, journal: &Journal, reasons: &HashMap<usize, Reason>) {
        let states = journal.states();
        let booked = states.iter().filter(|state| matches!(state, State::Booked { .. })).count();
        let failed = states.iter().filter(|state| state.is_done()).count() - booked + reasons.len();
        let left = states.len() - booked - failed;
        self.0.set_position(u64::try_from(booked + failed).unwrap_or_default());
        self.0.set_message(format!("{booked} booked · {failed} failed · {left} left"));
    }

    /// Takes it away.
    pub fn end(&self) {
        self.0.finish_and_clear();
    }
}
