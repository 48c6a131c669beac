//! Books all rows in turn, and decides what to do when one fails.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

use hb_bls::{Client, Clock as _, Error, HoldDetails, SystemClock};
use jiff::Timestamp;

use super::{
    ctrl_c::Stopping,
    input::Row,
    journal::{Journal, State},
    progress::Progress,
    row::{Reason, RowError, is_cancelled, tell},
};
use crate::book::preflight::Funds;

/// How often a row is tried before the others go first.
const TRIES: u32 = 3;
/// After this many failures in a row, whichever rows they concern, the run ends: the rows are not the cause. A portal that does
/// not respond is given more time.
const FAILURES: u32 = 6;
/// The pause after a failure. It doubles with each further one, up to the longest.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How the run ended.
pub enum End {
    /// Every row has been tried.
    Done,
    /// The user stopped the run.
    Stopped,
    /// Continuing makes no sense for now.
    Failed(anyhow::Error),
}

/// The rows that are to be booked, in the order in which they are. Rows that an earlier run has begun go first, since a hold
/// of theirs blocks all others; then those that name their timeslot or their day, before it is the earliest for another.
pub fn booking_order(rows: &[Row], states: &[State]) -> Vec<usize> {
    let mut turn: Vec<usize> = (0..rows.len()).filter(|row| !states[*row].is_done()).collect();
    turn.sort_by_key(|row| {
        let order = &rows[*row].order;
        (states[*row] == State::Open, order.at.is_none(), order.on.is_none())
    });
    turn
}

/// Whether a run gives up instead of trying again at this time. A portal that does not respond is borne until `limit`.
fn ends(is_away: bool, failures: u32, next: Timestamp, limit: Timestamp) -> bool {
    if is_away { next > limit } else { failures >= FAILURES }
}

/// The rows that still have to be booked.
pub struct Work<'a> {
    client: &'a Client,
    rows: &'a [Row],
    pub journal: Journal,
    /// Rows that were booked, and whose booking was cancelled since.
    pub cancelled: HashSet<usize>,
    /// Whether those are booked again.
    rebook_cancelled: bool,
    /// What is left to pay with.
    funds: Funds,
    /// The holds that this command has made. No row can be booked while there is one.
    own_holds: Vec<HoldDetails>,
    pub reasons: HashMap<usize, Reason>,
    queue: VecDeque<usize>,
    tries: HashMap<usize, u32>,
}

impl<'a> Work<'a> {
    pub fn new(
        client: &'a Client,
        rows: &'a [Row],
        journal: Journal,
        cancelled: HashSet<usize>,
        rebook_cancelled: bool,
        funds: Funds,
    ) -> Self {
        let queue = booking_order(rows, journal.states()).into();
        let (reasons, tries, own_holds) = (HashMap::new(), HashMap::new(), Vec::new());
        Self { client, rows, journal, cancelled, rebook_cancelled, funds, own_holds, reasons, queue, tries }
    }

    /// Books this row before all others.
    pub fn first(&mut self, row: usize) {
        self.queue.retain(|other| *other != row);
        self.queue.push_front(row);
    }

    /// Ends the run as soon as it meets one of these holds.
    pub fn end_at(&mut self, hold: HoldDetails) {
        self.own_holds.push(hold);
    }

    /// Leaves these rows out, for these reasons.
    pub fn skip(&mut self, rows: HashMap<usize, String>) {
        self.queue.retain(|row| !rows.contains_key(row));
        let reasons =
            rows.into_iter().map(|(row, reason)| (row, Reason { outcome: "skipped", error_kind: None, reason }));
        self.reasons.extend(reasons);
    }

    /// Books one row after another. It can be stopped between two rows.
    pub async fn run(&mut self, stopping: &mut Stopping, progress: &Progress) -> End {
        let mut failures = 0;
        while let Some(row) = self.queue.pop_front() {
            if stopping.is_pressed() {
                self.queue.push_front(row);
                return End::Stopped;
            }
            // what a run has begun may have been paid for
            let is_begun = *self.journal.state(row) == State::Begun;
            let shortfall = if is_begun { None } else { self.funds.shortfall(&self.rows[row].order) };
            if let Some(reason) = shortfall {
                self.reasons.insert(row, Reason { outcome: "left", error_kind: None, reason });
                progress.show(&self.journal, &self.reasons);
                continue;
            }
            let outcome = self.book(row).await;
            if let Err(error) = self.journal.update(self.client, row).await {
                return End::Failed(error.into());
            }
            if !matches!(outcome, Err(RowError::Trouble(_))) {
                failures = 0;
                progress.no_trouble();
            }
            match outcome {
                Ok(()) => {
                    self.reasons.remove(&row);
                    if !is_begun {
                        self.funds.spend(&self.rows[row].order);
                    }
                }
                Err(RowError::Rejected(error) | RowError::NotNow(error)) => self.note(row, error, "rejected"),
                Err(RowError::Stop(error)) => {
                    let what = format!("cannot go on with line {}", self.line(row));
                    return End::Failed(anyhow::Error::new(error).context(what));
                }
                // this concerns only this row, so the others continue
                Err(RowError::Trouble(error)) if error.is_ambiguous() => {
                    self.again(row, false);
                    self.note(row, error, "failed");
                }
                Err(RowError::Trouble(error)) => {
                    failures += 1;
                    let pause = PAUSE.saturating_mul(1 << (failures - 1).min(16)).min(LONGEST_PAUSE);
                    let is_away = error.is_retryable();
                    self.again(row, is_away);
                    self.note(row, error.clone(), "failed");
                    if ends(is_away, failures, SystemClock.now() + pause, progress.trouble()) {
                        let what = format!("stopped at line {} after {failures} failures in a row", self.line(row));
                        return End::Failed(anyhow::Error::new(error).context(what));
                    }
                    tracing::debug!(kind = error.kind().as_str(), line = self.line(row), "the row is tried again");
                    stopping.unless_pressed(SystemClock.sleep(pause)).await;
                }
            }
            progress.show(&self.journal, &self.reasons);
        }
        End::Done
    }

    /// Books a row, or finds the booking that an earlier run has made.
    async fn book(&mut self, row: usize) -> Result<(), RowError> {
        let is_own = |hold: &HoldDetails| self.own_holds.iter().any(|own| own.hold_hash == hold.hold_hash);
        let of = |error: Error| match error.conflicting_hold() {
            Some(hold) if is_own(hold) => RowError::Stop(error),
            _ => RowError::new(error, self.rows[row].order.at.is_some()),
        };
        let mut booking = self.client.book(self.journal.request(row)).await.map_err(of)?;
        if self.rebook_cancelled && is_cancelled(&booking) {
            self.journal.reopen(self.client, row).await.map_err(RowError::Stop)?;
            booking = self.client.book(self.journal.request(row)).await.map_err(of)?;
        }
        if is_cancelled(&booking) {
            self.cancelled.insert(row);
        }
        Ok(())
    }

    /// Queues a row for another attempt, now or at the end, or gives it up for this run, unless it is not the cause.
    fn again(&mut self, row: usize, always: bool) {
        let tries = self.tries.entry(row).or_default();
        *tries += 1;
        match *tries {
            tries if !tries.is_multiple_of(TRIES) => self.queue.push_front(row),
            tries if always || tries < 2 * TRIES => self.queue.push_back(row),
            _ => {}
        }
    }

    fn note(&mut self, row: usize, error: Error, outcome: &'static str) {
        let (error_kind, reason) = tell(&self.rows[row], error);
        self.reasons.insert(row, Reason { outcome, error_kind: Some(error_kind), reason });
    }

    fn line(&self, row: usize) -> usize {
        self.rows[row].line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_borne_until_its_limit_and_other_trouble_for_a_few_failures() {
        let (limit, second) = (Timestamp::UNIX_EPOCH, jiff::SignedDuration::from_secs(1));
        assert!(!ends(true, 1000, limit, limit));
        assert!(ends(true, 1, limit + second, limit));
        assert!(!ends(false, FAILURES - 1, limit + second, limit));
        assert!(ends(false, FAILURES, limit - second, limit));
    }
}
