//! A progress bar on a terminal, which also says what is being waited for.

use std::{
    io::IsTerminal as _,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Result;
use hb_bls::{Clock as _, SystemClock};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{SignedDuration, Timestamp};

use crate::{
    context::Context,
    output::{Format, Output, wrap},
    request_stats::{RequestStats, Wait},
    when,
};

const SECOND: Duration = Duration::from_secs(1);
/// The bar and its text do not fit into fewer columns.
const NARROW: u16 = 80;
/// Work for which the portal has failed for this long ends.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// A progress bar on stderr, which may be hidden.
pub struct Bar {
    bar: ProgressBar,
    styles: [ProgressStyle; 2],
    request_stats: RequestStats,
    /// The fewest requests that an item takes.
    requests: usize,
    state: Mutex<State>,
}

struct State {
    text: String,
    /// How many items this run has finished, and how many are left.
    done: usize,
    left: usize,
    began: Timestamp,
    /// Since when nothing has succeeded.
    trouble_since: Option<Timestamp>,
}

impl Bar {
    /// Makes a bar. `requests` is the least number of requests for each item. The bar is hidden if calls are shown
    /// (`--verbose`), or if a program reads the output.
    pub fn new(context: &Context, requests: usize) -> Result<Self> {
        let globals = context.globals();
        let plain = globals.quiet || globals.verbose || context.output().format() != Format::Table;
        let is_shown = !plain && std::io::stderr().is_terminal();
        let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        // on a narrow terminal the text has a line of its own
        let is_narrow = wrap::width_of_errors().is_some_and(|width| width < NARROW);
        let bar = if is_narrow { "{wide_bar}\n{msg}" } else { "{wide_bar} {msg}" };
        let styles = [bar.to_owned(), format!("{bar}\n{{prefix}}")].map(|style| ProgressStyle::with_template(&style));
        let [alone, with_wait] = styles;
        context.request_stats().show(is_shown);
        let began = SystemClock.now();
        let state = State { text: String::new(), done: 0, left: 0, began, trouble_since: None };
        Ok(Self {
            bar: ProgressBar::with_draw_target(Some(0), target),
            styles: [alone?, with_wait?],
            request_stats: context.request_stats().clone(),
            requests,
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows how far the work is: what earlier runs had finished, what this one has, and what is left.
    pub fn show(&self, before: usize, done: usize, left: usize, text: String) {
        {
            let mut state = self.state();
            (state.text, state.done, state.left) = (text, done, left);
        }
        let number = |count: usize| u64::try_from(count).unwrap_or_default();
        self.bar.set_length(number(before + done + left));
        self.bar.set_position(number(before + done));
        self.refresh();
    }

    /// Something has failed that may work later. Returns when it makes no sense to go on trying.
    pub fn trouble(&self) -> Timestamp {
        let since = self.request_stats.silent_since().unwrap_or_else(|| SystemClock.now());
        let since = *self.state().trouble_since.get_or_insert(since);
        self.refresh();
        end_of(since)
    }

    /// Something has succeeded. The time that was lost says nothing of how long the rest takes.
    pub fn no_trouble(&self) {
        let mut state = self.state();
        if let Some(since) = state.trouble_since.take() {
            let lost = SystemClock.now().duration_since(since);
            state.began = state.began.saturating_add(lost).unwrap_or(state.began);
        }
    }

    /// Keeps what is waited for up to date. Does not end.
    pub async fn keep_current(&self) {
        loop {
            SystemClock.sleep(SECOND).await;
            self.refresh();
        }
    }

    fn refresh(&self) {
        let state = self.state();
        let wait = self.request_stats.wait();
        let waits = state.waits(wait);
        let is_away = state.trouble_since.is_some() || matches!(wait, Some(Wait::Portal(_)));
        let estimate =
            if is_away { None } else { state.estimate(self.request_stats.minutes(state.left * self.requests)) };
        let estimate = estimate.map(|estimate| format!(" · {estimate}")).unwrap_or_default();
        let [alone, with_wait] = &self.styles;
        self.bar.set_style(if waits.is_some() { with_wait } else { alone }.clone());
        self.bar.set_prefix(waits.unwrap_or_default());
        self.bar.set_message(format!("{}{estimate}", state.text));
        self.bar.tick();
    }

    /// Says something above the bar.
    pub fn say(&self, output: Output, text: &str) {
        self.bar.suspend(|| output.notice(text));
    }

    /// Removes the bar.
    pub fn end(&self) {
        self.bar.finish_and_clear();
        self.request_stats.show(false);
    }
}

impl State {
    /// What is being waited for, and how long for.
    fn waits(&self, wait: Option<Wait>) -> Option<String> {
        let until = |since| format!("trying until {}", when::minute(end_of(since)));
        match (wait, self.trouble_since) {
            (Some(wait @ Wait::Portal(since)), trouble) => Some(format!("{wait}, {}", until(trouble.unwrap_or(since)))),
            (Some(wait), _) => Some(wait.to_string()),
            (None, Some(since)) => Some(until(since)),
            (None, None) => None,
        }
    }

    /// How long the rest takes: as the rate limit allows, or without one at the pace so far.
    fn estimate(&self, by_limit: Option<usize>) -> Option<String> {
        let elapsed = SystemClock.now().duration_since(self.began).as_secs();
        let elapsed = usize::try_from(elapsed).unwrap_or_default();
        let by_pace = (self.done > 0).then(|| (elapsed * self.left).div_ceil(self.done * 60));
        // the first minute begins with all that the limit allows, so its pace is not that of the rest
        match by_limit.or(by_pace)? {
            _ if self.left == 0 => None,
            0 => Some("less than 1 min to go".to_owned()),
            minutes => Some(format!("{minutes} min to go")),
        }
    }
}

fn end_of(since: Timestamp) -> Timestamp {
    since.saturating_add(PATIENCE).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request_stats::RemainingWait;

    #[test]
    fn an_outage_says_how_long_it_has_lasted_and_how_long_it_is_borne() {
        let now = SystemClock.now();
        let ago = |seconds| now - SignedDuration::from_secs(seconds);
        let state = |trouble_since| State { text: String::new(), done: 1, left: 1, began: now, trouble_since };
        let until = |since: Timestamp| when::minute(since + PATIENCE);
        assert_eq!(state(None).waits(None), None);
        let limit = Wait::RateLimit(RemainingWait { seconds: 37, at_most: true });
        assert_eq!(state(None).waits(Some(limit)).unwrap(), "rate limit reached, continuing in up to 37 s");
        let text = state(None).waits(Some(Wait::Portal(ago(20)))).unwrap();
        assert!(text.starts_with("no response from the portal for 2"), "{text}");
        assert!(text.ends_with(&format!(" s, trying until {}", until(ago(20)))), "{text}");
        // some requests may be answered meanwhile
        let text = state(Some(ago(600))).waits(Some(Wait::Portal(ago(20)))).unwrap();
        assert!(text.ends_with(&format!(" s, trying until {}", until(ago(600)))), "{text}");
        assert_eq!(state(Some(ago(600))).waits(None).unwrap(), format!("trying until {}", until(ago(600))));
    }
}
