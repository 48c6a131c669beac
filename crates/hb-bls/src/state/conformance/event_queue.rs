//! The rules of an [`EventQueue`].

use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Outcome, Report, Subject, broken, check, dropped_after};
use crate::{
    BookingId, WebhookEventType,
    webhook::{
        Accepted, EventFilter, EventQueue, EventState, NewEvent, Note, NoteChange, Origin, QueueStats, RETENTION,
        TakenEvent,
    },
};

const SECOND: Duration = Duration::from_secs(1);
const LEASE: Duration = Duration::from_secs(60);

/// Checks an [`EventQueue`] that keeps bodies for this long, which must be longer than [`RETENTION`].
///
/// # Panics
///
/// With the names of the rules that do not hold.
pub async fn event_queue<S: EventQueue>(keep_bodies: Duration, make: impl AsyncFn() -> Subject<S>) {
    let mut report = Report::default();
    report.rule("an event is accepted once", once(&make().await)).await;
    report.rule("of those who accept an event at once one is first", race_to_accept(&make().await)).await;
    report.rule("an event is taken as it was accepted", whole(&make().await)).await;
    report.rule("an event is taken by one", race_to_take(&make().await)).await;
    report.rule("no more is taken than asked for", limit(&make().await)).await;
    report.rule("events of a booking are taken in order", order(&make().await)).await;
    report.rule("events of a booking are taken one at a time", one_at_a_time(&make().await)).await;
    report.rule("what occurred earlier is taken first", late(&make().await)).await;
    report.rule("events overtake those of other bookings", others(&make().await)).await;
    report.rule("a lease lapses", lapses(&make().await)).await;
    report.rule("a lease can be renewed", renewed(&make().await)).await;
    report.rule("a lease that has lapsed changes nothing", late_reports(&make().await)).await;
    report.rule("an event can be done after its lease has lapsed", late_done(&make().await)).await;
    report.rule("an event that failed is due again in time", failed(&make().await)).await;
    report.rule("a dead event is not taken, and lets others pass", dead(&make().await)).await;
    report.rule("a dead event can be retried", retry(&make().await)).await;
    report.rule("a removed event is not handled or accepted again", removed(&make().await)).await;
    report.rule("an event that is done stays done", stays_done(&make().await, keep_bodies)).await;
    report.rule("bodies are removed in time", cleaned(&make().await, keep_bodies)).await;
    report.rule("events are listed in order", listed(&make().await)).await;
    report.rule("a note is replaced with the end of an event", noted(&make().await)).await;
    report.rule("open notes are listed in order", open_notes(&make().await)).await;
    report.rule("an event that is dropped while it is accepted is whole or not there", aborted_accept(&make)).await;
    report.rule("an event that is dropped while it is taken comes back", aborted_take(&make)).await;
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
        booking: Some(BookingId::new(booking)),
        occurred_at: Some(time(second)),
        origin: Origin::Delivered,
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

async fn once<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0)]).await?;
    let again = subject.soon("the end of accept", subject.other.accept(&event(1, 1, 0))).await?;
    check(again == Accepted::Known, "while it is open it is accepted again")?;
    subject.finish(&subject.take_one(1).await?).await?;
    check(subject.accept(&event(1, 1, 0)).await? == Accepted::Known, "when it is done it is accepted again")?;
    subject.takes(&[], "it is there again").await.map(drop)
}

async fn race_to_accept<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    for number in 0..10 {
        let event = event(number, 1, 0);
        let accepts = (0..8).map(|at| if at % 2 == 0 { &subject.one } else { &subject.other }.accept(&event));
        let racing = async { join_all(accepts).await.into_iter().collect::<Result<Vec<_>, _>>() };
        let accepted = subject.soon("the last of eight", racing).await?;
        let new = accepted.iter().filter(|it| **it == Accepted::New).count();
        check(new == 1, &format!("of eight {new} are"))?;
    }
    Ok(())
}

async fn whole<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    let mut large = NewEvent { booking: None, occurred_at: None, origin: Origin::Reconciled, ..event(2, 0, 0) };
    large.body = [b'x'].repeat(1 << 20);
    for event in [event(1, 1_042, 0), large] {
        subject.accept_all(std::slice::from_ref(&event)).await?;
        let taken = subject.take_one(event.event_id.as_u128()).await?;
        check(taken.body == event.body, "its body is another")?;
        check(taken.booking == event.booking && taken.origin == event.origin, "its booking or origin is another")?;
        check(taken.attempt == 1 && taken.note.is_none() && !taken.is_overtaken, "it is not new")?;
        let body = subject.soon("the body", subject.one.body(event.event_id)).await?;
        check(body.as_ref() == Some(&event.body), "its body cannot be read")?;
    }
    Ok(())
}

async fn race_to_take<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    for number in 0..30_u32 {
        subject.accept_all(&[event(number.into(), number.into(), 0)]).await?;
    }
    let takes = (0..8).map(|at| if at % 2 == 0 { &subject.one } else { &subject.other }.take(10, LEASE));
    let racing = async { join_all(takes).await.into_iter().collect::<Result<Vec<_>, _>>() };
    let taken = subject.soon("the last of eight", racing).await?.concat();
    let mut ids: Vec<_> = taken.iter().map(|event| event.lease.event_id).collect();
    ids.sort_unstable();
    ids.dedup();
    check(ids.len() == taken.len(), "one was taken twice")?;
    let rest = subject.take(100).await?;
    check(taken.len() + rest.len() == 30, &format!("of 30 there are {}", taken.len() + rest.len()))
}

async fn limit<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0), event(2, 2, 0), event(3, 3, 0)]).await?;
    check(subject.take(2).await?.len() == 2, "instead of two")?;
    check(subject.take(2).await?.len() == 1, "instead of one")
}

async fn order<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0), event(2, 1, 0), event(3, 1, 1)]).await?;
    for number in 1..=3 {
        let taken = subject.takes(&[number], "in its turn").await?;
        subject.takes(&[], "while one is being handled").await?;
        check(subject.fails(&taken[0], 10 * SECOND).await?, "it cannot fail")?;
        subject.takes(&[], "while one waits for its next attempt").await?;
        subject.pass(11 * SECOND).await;
        subject.finish(&subject.take_one(number).await?).await?;
    }
    Ok(())
}

async fn late<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 5), event(2, 1, 3)]).await?;
    subject.finish(&subject.take_one(2).await?).await?;
    subject.finish(&subject.take_one(1).await?).await?;
    subject.accept_all(&[event(3, 1, 4), event(4, 1, 6)]).await?;
    check(subject.take_one(3).await?.is_overtaken, "one that is overtaken is not told to be")?;
    let found = |number, second| NewEvent { origin: Origin::Reconciled, ..event(number, 9, second) };
    subject.accept_all(&[found(10, 1_000)]).await?;
    subject.finish(&subject.take_one(10).await?).await?;
    subject.accept_all(&[event(11, 9, 690), event(12, 9, 710)]).await?;
    let older = subject.take_one(11).await?;
    check(older.is_overtaken, "one that occurred long before what was found is not told to be overtaken")?;
    subject.finish(&older).await?;
    check(
        !subject.take_one(12).await?.is_overtaken,
        "one that may be newer than what was found is told to be overtaken",
    )?;
    subject.accept_all(&[event(5, 2, 0)]).await?;
    check(!subject.take_one(5).await?.is_overtaken, "one of another booking is told to be overtaken")
}

async fn one_at_a_time<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 5)]).await?;
    let taken = subject.take_one(1).await?;
    // it arrives late
    subject.accept_all(&[event(2, 1, 3)]).await?;
    subject.takes(&[], "while another is being handled").await?;
    check(subject.fails(&taken, 600 * SECOND).await?, "it cannot fail")?;
    subject.take_one(2).await?;
    subject.pass(LEASE + SECOND).await;
    subject.takes(&[2], "when its lease has lapsed").await.map(drop)
}

async fn others<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    let without = |number| NewEvent { booking: None, ..event(number, 0, 0) };
    subject.accept_all(&[event(1, 1, 0), event(2, 1, 1), event(3, 2, 2), without(4), without(5)]).await?;
    subject.takes(&[1, 3, 4, 5], "all but the second of a booking").await.map(drop)
}

async fn lapses<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0)]).await?;
    for attempt in 1..=3 {
        let taken = subject.take_one(1).await?;
        check(taken.attempt == attempt, &format!("attempt {attempt} is told to be {}", taken.attempt))?;
        subject.pass(LEASE - 5 * SECOND).await;
        subject.takes(&[], "five seconds early").await?;
        subject.pass(6 * SECOND).await;
    }
    Ok(())
}

async fn renewed<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0)]).await?;
    let taken = subject.take_one(1).await?;
    for _ in 0..3 {
        subject.pass(LEASE - 5 * SECOND).await;
        check(subject.soon("the end of renew", subject.one.renew(taken.lease, LEASE)).await?, "it cannot be")?;
        subject.takes(&[], "another got it").await?;
    }
    subject.pass(LEASE + SECOND).await;
    subject.take_one(1).await.map(drop)
}

async fn late_reports<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0)]).await?;
    let late = subject.take_one(1).await?;
    subject.pass(LEASE + SECOND).await;
    let taken = subject.take_one(1).await?;
    let renews = subject.soon("the end of renew", subject.one.renew(late.lease, LEASE)).await?;
    let fails = subject.fails(&late, Duration::ZERO).await?;
    let dies = subject.soon("the end of dead", subject.one.dead(late.lease, "a reason")).await?;
    check(!renews && !fails && !dies, "it is told that it did")?;
    subject.takes(&[], "another got it").await?;
    subject.finish(&taken).await
}

async fn late_done<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0), event(2, 2, 0)]).await?;
    let late = subject.take(2).await?;
    check(late.len() == 2, "they cannot be taken")?;
    subject.pass(LEASE + SECOND).await;
    subject.finish(&late[0]).await?;
    let other = subject.take(2).await?;
    check(other.len() == 1, "it is not done")?;
    let late = late.iter().find(|event| event.lease.event_id == other[0].lease.event_id);
    subject.finish(late.unwrap_or(&other[0])).await?;
    let again = subject.soon("the end of done", subject.one.done(other[0].lease, None)).await?;
    check(!again, "both are told that they were the first")?;
    subject.pass(LEASE + SECOND).await;
    subject.takes(&[], "it is there again").await.map(drop)
}

async fn failed<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0)]).await?;
    let taken = subject.take_one(1).await?;
    check(subject.fails(&taken, 600 * SECOND).await?, "it cannot fail")?;
    subject.pass(595 * SECOND).await;
    subject.takes(&[], "five seconds early").await?;
    let listed = subject.soon("the list", subject.one.list(EventFilter::default())).await?;
    check(listed.first().and_then(|event| event.why.as_deref()) == Some("a reason"), "the reason is not kept")?;
    subject.pass(6 * SECOND).await;
    let taken = subject.take_one(1).await?;
    check(taken.attempt == 2, "attempts are not counted")?;
    check(subject.fails(&taken, Duration::ZERO).await?, "it cannot fail again")?;
    subject.take_one(1).await.map(drop)
}

async fn dead<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0), event(2, 1, 1)]).await?;
    let taken = subject.take_one(1).await?;
    check(subject.soon("the end of dead", subject.one.dead(taken.lease, "a reason")).await?, "it cannot be")?;
    subject.takes(&[2], "of its booking").await?;
    subject.pass(10 * LEASE).await;
    subject.takes(&[2], "later").await?;
    let stats = subject.stats().await?;
    check((stats.open, stats.dead) == (1, 1), &format!("one is open and one dead, but told is {stats:?}"))?;
    check(stats.oldest_open.is_some_and(|age| age >= 10 * LEASE), "the age of the oldest is another")
}

async fn retry<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0)]).await?;
    let retry = || subject.soon("the end of retry", subject.other.retry(Uuid::from_u128(1)));
    let taken = subject.take_one(1).await?;
    check(!retry().await?, "while it is being handled it can be retried")?;
    check(subject.fails(&taken, 600 * SECOND).await?, "it cannot fail")?;
    check(retry().await?, "while it waits it cannot be retried")?;
    let taken = subject.take_one(1).await?;
    check(taken.attempt == 1, "earlier attempts are counted")?;
    check(subject.soon("the end of dead", subject.one.dead(taken.lease, "a reason")).await?, "it cannot be dead")?;
    check(retry().await?, "it cannot")?;
    subject.finish(&subject.take_one(1).await?).await?;
    check(!retry().await?, "when it is done it can be retried")
}

async fn removed<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0), event(2, 1, 1)]).await?;
    let id = Uuid::from_u128(1);
    let remove = || subject.soon("the end of remove", subject.other.remove(id));
    check(remove().await?, "it cannot be removed")?;
    check(!remove().await?, "it can be removed twice")?;
    check(subject.soon("the body", subject.one.body(id)).await?.is_none(), "its body is there")?;
    check(subject.accept(&event(1, 1, 0)).await? == Accepted::Known, "it is accepted again")?;
    subject.takes(&[2], "only the next of its booking").await.map(drop)
}

async fn stays_done<S: EventQueue>(subject: &Subject<S>, keep: Duration) -> Outcome {
    subject.accept_all(&[event(1, 1, 0)]).await?;
    subject.finish(&subject.take_one(1).await?).await?;
    for passed in [RETENTION, keep - RETENTION - 5 * SECOND] {
        subject.pass(passed).await;
        subject.soon("the end of clean", subject.one.clean()).await?;
        check(subject.accept(&event(1, 1, 0)).await? == Accepted::Known, "it is forgotten")?;
        check(subject.soon("the body", subject.one.body(Uuid::from_u128(1))).await?.is_some(), "its body is gone")?;
    }
    Ok(())
}

async fn cleaned<S: EventQueue>(subject: &Subject<S>, keep: Duration) -> Outcome {
    subject.accept_all(&[event(1, 1, 0), event(2, 2, 0), event(3, 3, 0)]).await?;
    subject.finish(&subject.take_one(1).await?).await?;
    let taken = subject.take_one(2).await?;
    check(subject.soon("the end of dead", subject.one.dead(taken.lease, "a reason")).await?, "it cannot be dead")?;
    subject.pass(keep + SECOND).await;
    subject.soon("the end of clean", subject.one.clean()).await?;
    for (number, there) in [(1, false), (2, true), (3, true)] {
        let body = subject.soon("the body", subject.one.body(Uuid::from_u128(number))).await?;
        check(body.is_some() == there, &format!("the body of {number} is there: {}", body.is_some()))?;
    }
    Ok(())
}

async fn listed<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(3, 1, 9), event(1, 2, 8), event(2, 3, 7)]).await?;
    subject.finish(&subject.take_one(3).await?).await?;
    let all = EventFilter::default();
    check(subject.list(all).await? == [3, 1, 2], "all")?;
    check(subject.list(all.state(EventState::Done)).await? == [3], "those that are done")?;
    check(subject.list(all.state(EventState::Open).limit(1)).await? == [1], "the first that is open")?;
    let list = subject.soon("the list", subject.one.list(all)).await?;
    check(list[1].occurred_at == time(8) && list[1].booking == Some(BookingId::new(2)), "what is listed is another")?;
    check(subject.list(all.after(list[1].number)).await? == [2], "those after one")?;
    for number in 4..20_u32 {
        subject.accept_all(&[event(number.into(), number.into(), 0)]).await?;
    }
    let found = subject.list(all.after(list[2].number)).await?;
    check(found.is_sorted() && found.len() == 16, &format!("many: {found:?}"))
}

async fn noted<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    let booking = BookingId::new(1);
    let note = |text: &str| Note { text: text.to_owned(), open: true };
    let change =
        |before: &[&str], text| NoteChange { before: before.first().map(|it| (*it).to_owned()), note: note(text) };
    subject.accept_all(&[event(1, 1, 0), event(2, 1, 1)]).await?;
    let taken = subject.take_one(1).await?;
    check(!subject.one.done(taken.lease, Some(&change(&["no"], "one"))).await?, "what is not noted is replaced")?;
    check(subject.one.done(taken.lease, Some(&change(&[], "one"))).await?, "it cannot be done")?;
    check(!subject.one.done(taken.lease, Some(&change(&["one"], "again"))).await?, "it is done again")?;
    let next = subject.take_one(2).await?;
    check(next.note == Some(note("one")), &format!("the next is told {:?}", next.note))?;
    check(!subject.one.note(booking, &change(&[], "other")).await?, "a note is replaced by a first one")?;
    check(!subject.one.note(booking, &change(&["two"], "other")).await?, "a note is replaced that is another")?;
    check(!subject.one.note(BookingId::new(3), &change(&["two"], "other")).await?, "a note is replaced that is none")?;
    check(subject.other.note(booking, &change(&["one"], "other")).await?, "a note cannot be replaced")?;
    check(!subject.one.done(next.lease, Some(&change(&["one"], "two"))).await?, "a note that was changed is replaced")?;
    check(subject.stats().await?.open == 1, "an event is done without its note")?;
    check(subject.one.done(next.lease, Some(&change(&["other"], "two"))).await?, "it cannot be done")?;
    check(subject.one.note(BookingId::new(2), &change(&[], "new")).await?, "a first note cannot be made")?;
    let mut notes = subject.other.notes(&[booking, BookingId::new(2), BookingId::new(3)]).await?;
    notes.sort_by_key(|(booking, _)| *booking);
    check(notes == [(booking, note("two")), (BookingId::new(2), note("new"))], &format!("noted is {notes:?}"))
}

async fn open_notes<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    for (number, open) in [(30, true), (4, true), (200, false), (1_000, true)] {
        subject
            .one
            .note(BookingId::new(number), &NoteChange { before: None, note: Note { text: "x".into(), open } })
            .await?;
    }
    let ids = async |after, limit| -> Outcome<Vec<i64>> {
        let notes = subject.soon("the notes", subject.other.open_notes(after, limit)).await?;
        Ok(notes.into_iter().map(|(booking, _)| booking.get()).collect())
    };
    check(ids(None, 2).await? == [4, 30], "the first two")?;
    check(ids(Some(BookingId::new(30)), 2).await? == [1_000], "those after them")
}

async fn aborted_accept<S: EventQueue>(make: &impl AsyncFn() -> Subject<S>) -> Outcome {
    for polls in 1.. {
        let subject = make().await;
        let event = event(1, 1, 0);
        let over = dropped_after(polls, subject.patience, subject.one.accept(&event)).await.is_some();
        subject.accept(&event).await?;
        let taken = subject.take_one(1).await?;
        check(taken.body == event.body, &format!("after {polls} polls its body is another"))?;
        if over {
            break;
        }
    }
    Ok(())
}

async fn aborted_take<S: EventQueue>(make: &impl AsyncFn() -> Subject<S>) -> Outcome {
    for polls in 1.. {
        let subject = make().await;
        subject.accept_all(&[event(1, 1, 0)]).await?;
        let over = dropped_after(polls, subject.patience, subject.one.take(1, LEASE)).await.is_some();
        for _ in 0..3 {
            subject.pass(LEASE + SECOND).await;
            if let [taken] = &subject.take(1).await?[..] {
                subject.finish(taken).await?;
                break;
            }
        }
        check(subject.stats().await?.open == 0, &format!("after {polls} polls it does not come back"))?;
        if over {
            break;
        }
    }
    Ok(())
}
