//! The actions of the control API and of the library's handle, written once for both.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use rusqlite::Connection;
use serde_json::Value;

use crate::api::is_operation;
use crate::booking::{self, Attendance};
use crate::core::Core;
use crate::delivery::DeliveryAttempt;
use crate::faults::Fault;
use crate::live::Topic;
use crate::problem::Problem;
use crate::store::bookings::Booking;
use crate::store::contents::{self, Contents};
use crate::store::{deliveries, events, holds, note_clock, overview, seed, webhooks};

/// How much history to make up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seed {
    /// Past bookings of the first account.
    pub bookings: u32,
    /// Entries in the first account's ledger. They leave its money unchanged, except for a penny if their number is
    /// odd.
    pub transactions: u32,
}

impl Seed {
    /// Sets the number of past bookings, 0 by default.
    #[must_use]
    pub fn bookings(self, bookings: u32) -> Self {
        Self { bookings, ..self }
    }

    /// Sets the number of transactions, 0 by default.
    #[must_use]
    pub fn transactions(self, transactions: u32) -> Self {
        Self { transactions, ..self }
    }
}

/// One seeding takes a few seconds at this size.
const MOST_SEEDED: u32 = 1_000_000;

impl Core {
    /// Moves the clock forward, and does everything that becomes due on the way, each thing at its own time.
    pub(crate) async fn advance(&self, by: Duration) -> Result<Timestamp, Problem> {
        let turn = self.dispatch.turn().await;
        let target = self.clock.after(by).ok_or_else(|| Problem::rule("seconds", "The clock cannot go that far."))?;
        self.run_due(&turn).await?;
        while let Some(next) = self.next_due()?.filter(|next| *next <= target) {
            self.clock.move_to(next);
            self.run_due(&turn).await?;
        }
        self.clock.move_to(target);
        self.store.write(|db| {
            holds::expire(db, target)?;
            note_clock(db, self.clock.reading())
        })?;
        drop(turn);
        self.dispatch.wake();
        self.changed(Topic::Control);
        Ok(self.clock.now())
    }

    /// Moves the clock to the next thing that is due.
    pub(crate) async fn advance_to_next(&self) -> Result<Timestamp, Problem> {
        let now = self.clock.now();
        let due = self.store.read(|db| overview::due(db, now, 1))?;
        let due = due.first().ok_or_else(|| Problem::rule("next", "Nothing is due."))?;
        self.advance(Duration::try_from(due.at.duration_since(now)).unwrap_or_default()).await
    }

    /// Stops the clock where it is, or lets it run on from there.
    pub(crate) fn set_frozen(&self, on: bool) -> Result<(), Problem> {
        if on {
            self.clock.freeze();
        } else {
            self.clock.unfreeze();
        }
        self.store.write(|db| note_clock(db, self.clock.reading()))?;
        // It waits for the next thing that is due as long as the clock needs until then.
        self.dispatch.wake();
        self.changed(Topic::Control);
        Ok(())
    }

    pub(crate) fn pay(&self, id: i64) -> Result<Value, Problem> {
        self.change(|db, now| booking::pay(db, id, now))
    }

    pub(crate) fn complete(&self, id: i64) -> Result<Value, Problem> {
        self.change(|db, now| booking::attend(db, id, Attendance::Attended, now))
    }

    pub(crate) fn no_show(&self, id: i64) -> Result<Value, Problem> {
        self.change(|db, now| booking::attend(db, id, Attendance::NoShow, now))
    }

    pub(crate) fn return_kit(&self, id: i64) -> Result<Value, Problem> {
        self.change(|db, now| booking::return_kit(db, id, now))
    }

    pub(crate) fn cancel(&self, id: i64) -> Result<Value, Problem> {
        self.change(|db, now| booking::cancel(db, id, now))
    }

    pub(crate) fn reschedule(&self, id: i64, date: Date, time: Time) -> Result<Value, Problem> {
        self.change(|db, now| booking::reschedule(db, id, (date, time), now))
    }

    fn change(&self, work: impl FnOnce(&Connection, Timestamp) -> Result<Booking, Problem>) -> Result<Value, Problem> {
        let now = self.clock.now();
        let booking = self.store.write(|db| work(db, now))?;
        self.dispatch.wake();
        Ok(booking.json())
    }

    pub(crate) fn seed(&self, seed: Seed) -> Result<(), Problem> {
        for (field, count) in [("bookings", seed.bookings), ("transactions", seed.transactions)] {
            if count > MOST_SEEDED {
                return Err(Problem::rule(field, "At most 1000000 can be seeded at once."));
            }
        }
        let now = self.clock.now();
        self.store.write(|db| {
            seed::bookings(db, seed.bookings, now)?;
            seed::transactions(db, seed.transactions, now)
        })?;
        self.dispatch.wake();
        Ok(())
    }

    /// Adds accounts, bookings and more, as a seed file describes them.
    pub(crate) fn add_contents(&self, document: Value) -> Result<(), Problem> {
        let contents = Contents::read(document)?;
        let now = self.clock.now();
        self.store.write(|db| contents::add(db, &contents, now))?;
        self.dispatch.wake();
        Ok(())
    }

    pub(crate) fn deliveries(&self) -> Result<Vec<DeliveryAttempt>, Problem> {
        self.store.read(deliveries::all)
    }

    pub(crate) fn retry_delivery(&self, id: i64) -> Result<DeliveryAttempt, Problem> {
        let now = self.clock.now();
        let delivery = self.store.write(|db| deliveries::again(db, id, now))?;
        self.dispatch.wake();
        Ok(delivery)
    }

    /// Sends a test event to a webhook, whoever owns it.
    pub(crate) fn test_webhook(&self, id: i64) -> Result<(), Problem> {
        let now = self.clock.now();
        self.store.write(|db| {
            let webhook = webhooks::by_id(db, id)?.ok_or_else(|| Problem::not_found("Webhook"))?;
            events::publish_test(db, webhook.id, now)
        })?;
        self.dispatch.wake();
        Ok(())
    }

    pub(crate) fn inject(&self, fault: Fault) -> Result<(), Problem> {
        if fault.operation != "*" && !is_operation(&fault.operation) {
            return Err(Problem::rule("operation", "There is no such operation."));
        }
        if fault.status.is_some_and(|status| !(400..=599).contains(&status)) {
            return Err(Problem::rule("status", "The status must be between 400 and 599."));
        }
        if fault.times == 0 {
            return Err(Problem::rule("times", "A fault must be for at least one request."));
        }
        self.faults.add(fault);
        self.changed(Topic::Control);
        Ok(())
    }

    pub(crate) fn clear_faults(&self) {
        self.faults.clear();
        self.changed(Topic::Control);
    }

    /// Back to the start, except for the clock, which never goes back.
    pub(crate) async fn reset(&self) -> Result<(), Problem> {
        // A delivery under way must not report to a row of the new database.
        let turn = self.dispatch.turn().await;
        self.store.reset(&self.credentials, &self.contents, self.clock.reading())?;
        self.quota.reset();
        self.faults.clear();
        self.request_log.clear();
        drop(turn);
        self.dispatch.wake();
        self.changed(Topic::Control);
        self.changed(Topic::Requests);
        Ok(())
    }
}
