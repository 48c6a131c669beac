//! The rules of an [`EventQueue`].

mod accounts;
mod completion;
mod retention;
mod take;

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Outcome, Report, Subject, broken, check, dropped_after};
use crate::{
    BookingId, WebhookEventType,
    webhook::{Accepted, EventFilter, EventQueue, NewEvent, Origin, QueueStats, TakenEvent},
};

const SECOND: Duration = Duration::from_secs(1);
const LEASE: Duration = Duration::from_secs(60);

/// Checks an [`EventQueue`] that keeps bodies for this long, which must be longer than [`RETENTION`](crate::webhook::RETENTION).
///
/// # Panics
///
/// With the names of the rules that do not hold.
pub async fn event_queue<S: EventQueue>(keep_bodies: Duration, make: impl AsyncFn() -> Subject<S>) {
    let mut report = Report::default();
    report.rule("an event is accepted once", take::once(&make().await)).await;
    report.rule("of those who accept an event at once one is first", take::race_to_accept(&make().await)).await;
    report.rule("an event is taken as it was accepted", take::whole(&make().await)).await;
    report.rule("an event is taken by one", take::race_to_take(&make().await)).await;
    report.rule("no more is taken than asked for", take::limit(&make().await)).await;
    report.rule("events of a booking are taken in order", take::order(&make().await)).await;
    report.rule("events of a booking are taken one at a time", take::one_at_a_time(&make().await)).await;
    report.rule("what occurred earlier is taken first", take::late(&make().await)).await;
    report.rule("events overtake those of other bookings", take::others(&make().await)).await;
    report.rule("a lease lapses", completion::lapses(&make().await)).await;
    report.rule("a lease can be renewed", completion::renewed(&make().await)).await;
    report.rule("a lease that has lapsed changes nothing", completion::late_reports(&make().await)).await;
    report.rule("an event can be done after its lease has lapsed", completion::late_done(&make().await)).await;
    report.rule("an event that failed is due again in time", completion::failed(&make().await)).await;
    report.rule("an event that is given back has not been attempted", completion::given_back(&make().await)).await;
    report.rule("a dead event is not taken, and lets others pass", completion::dead(&make().await)).await;
    report.rule("a dead event can be retried", completion::retry(&make().await)).await;
    report.rule("a removed event is not handled or accepted again", completion::removed(&make().await)).await;
    report.rule("an event that is done stays done", retention::stays_done(&make().await, keep_bodies)).await;
    report.rule("bodies are removed in time", retention::cleaned(&make().await, keep_bodies)).await;
    report.rule("events are listed in order", retention::listed(&make().await)).await;
    report.rule("a note is replaced with the end of an event", retention::noted(&make().await)).await;
    report.rule("open notes are listed in order", retention::unfinished_bookings(&make().await)).await;
    report.rule("the notes of two accounts are kept apart", accounts::kept_apart(&make().await)).await;
    report.rule("a note that an account skips is listed for others", accounts::skipped(&make().await)).await;
    report
        .rule("an event that is dropped while it is accepted is whole or not there", take::aborted_accept(&make))
        .await;
    report.rule("an event that is dropped while it is taken comes back", take::aborted_take(&make)).await;
    report.end();
}

fn time(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1_780_000_000 + second)
}

/// An event of this booking that occurred at this second; its id is the number.
fn event(number: u128, booking: i64, second: i64) -> NewEvent {
    NewEvent {
        event_id: Uuid::from_u128(number),
        event_type: WebhookEventType::from("booking.created"),
        booking_id: Some(BookingId::new(booking)),
        occurred_at: Some(time(second)),
        origin: Origin::Delivered,
        headers: Some(format!("x-tdta-event-id: {}\nx-tdta-signature: sha256={number:064x}", Uuid::from_u128(number))),
        body: format!(r#"{{"number":{number},"text":"\u00e9'\\ é $1"}}"#).into_bytes(),
    }
}

impl<S: EventQueue> Subject<S> {
    async fn accept(&self, event: &NewEvent) -> Outcome<Accepted> {
        self.soon("the end of accept", self.one.accept(event)).await
    }

    async fn accept_all(&self, events: &[NewEvent]) -> Outcome {
        for event in events {
            check(self.accept(event).await? == Accepted::New, "a new event is known")?;
        }
        Ok(())
    }

    async fn take(&self, limit: usize) -> Outcome<Vec<TakenEvent>> {
        self.soon("the end of take", self.other.take(limit, LEASE)).await
    }

    async fn take_one(&self, number: u128) -> Outcome<TakenEvent> {
        let mut taken = self.take(1).await?;
        match taken.pop() {
            Some(event) if event.lease.event_id == Uuid::from_u128(number) => Ok(event),
            other => broken(format!("instead of event {number} there is {other:?}")),
        }
    }

    async fn takes(&self, numbers: &[u128], otherwise: &str) -> Outcome<Vec<TakenEvent>> {
        let taken = self.take(100).await?;
        let mut found: Vec<_> = taken.iter().map(|event| event.lease.event_id.as_u128()).collect();
        found.sort_unstable();
        check(found == numbers, &format!("{otherwise}: {found:?} instead of {numbers:?}"))?;
        Ok(taken)
    }

    async fn finish(&self, event: &TakenEvent) -> Outcome {
        let done = self.soon("the end of done", self.one.done(event.lease, None)).await?;
        check(done, "it is done already")
    }

    async fn fails(&self, event: &TakenEvent, again_in: Duration) -> Outcome<bool> {
        self.soon("the end of failed", self.one.failed(event.lease, again_in, "a reason")).await
    }

    async fn list(&self, filter: EventFilter) -> Outcome<Vec<u128>> {
        let list = self.soon("the list", self.other.list(filter)).await?;
        Ok(list.into_iter().map(|event| event.event_id.as_u128()).collect())
    }

    async fn stats(&self) -> Outcome<QueueStats> {
        self.soon("the end of stats", self.one.stats()).await
    }
}
