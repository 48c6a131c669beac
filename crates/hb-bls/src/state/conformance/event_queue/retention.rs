//! How long events and bookings are kept.

use std::time::Duration;

use uuid::Uuid;

use super::{Accepted, Outcome, SECOND, Subject, check, event, time};
use crate::{
    BookingId,
    state::conformance::account,
    webhook::{EventFilter, EventQueue, EventState, KnownState, KnownStateChange, RETENTION},
};

pub(super) async fn stays_done<S: EventQueue>(subject: &Subject<S>, keep: Duration) -> Outcome {
    subject.accept_all(&[event(1, 1, 0)]).await?;
    subject.finish(&subject.take_one(1).await?).await?;
    for passed in [RETENTION, keep - RETENTION - 5 * SECOND] {
        subject.pass(passed).await;
        subject.soon("the end of clean", subject.one.clean()).await?;
        check(subject.accept(&event(1, 1, 0)).await? == Accepted::Duplicate, "it is forgotten")?;
        check(subject.soon("the body", subject.one.body(Uuid::from_u128(1))).await?.is_some(), "its body is gone")?;
    }
    Ok(())
}

pub(super) async fn cleaned<S: EventQueue>(subject: &Subject<S>, keep: Duration) -> Outcome {
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

pub(super) async fn listed<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(3, 1, 9), event(1, 2, 8), event(2, 3, 7)]).await?;
    subject.finish(&subject.take_one(3).await?).await?;
    let all = EventFilter::default();
    check(subject.list(all.limit(usize::MAX)).await? == [3, 1, 2], "all")?;
    check(subject.list(all.state(EventState::Done)).await? == [3], "those that are done")?;
    check(subject.list(all.state(EventState::Open).limit(1)).await? == [1], "the first that is open")?;
    let list = subject.soon("the list", subject.one.list(all)).await?;
    check(
        list[1].occurred_at == time(8) && list[1].booking_id == Some(BookingId::new(2)),
        "what is listed is another",
    )?;
    check(subject.list(all.after(list[1].sequence)).await? == [2], "those after one")?;
    for number in 4..20_u32 {
        subject.accept_all(&[event(number.into(), number.into(), 0)]).await?;
    }
    let found = subject.list(all.after(list[2].sequence)).await?;
    check(found.is_sorted() && found.len() == 16, &format!("many: {found:?}"))
}

pub(super) async fn noted<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    let booking = BookingId::new(1);
    let note = |text: &str| KnownState { text: text.to_owned(), may_change: true };
    let change = |before: &[&str], text| KnownStateChange {
        before: before.first().map(|it| (*it).to_owned()),
        after: note(text),
    };
    subject.accept_all(&[event(1, 1, 0), event(2, 1, 1)]).await?;
    let taken = subject.take_one(1).await?;
    check(!subject.one.done(taken.lease, Some(&change(&["no"], "one"))).await?, "what is not noted is replaced")?;
    check(subject.one.done(taken.lease, Some(&change(&[], "one"))).await?, "it cannot be done")?;
    check(!subject.one.done(taken.lease, Some(&change(&["one"], "again"))).await?, "it is done again")?;
    let next = subject.take_one(2).await?;
    check(next.known_state == Some(note("one")), &format!("the next reports {:?}", next.known_state))?;
    check(!subject.one.set_known_state(booking, &change(&[], "other")).await?, "a note is replaced by a first one")?;
    check(
        !subject.one.set_known_state(booking, &change(&["two"], "other")).await?,
        "a note is replaced that is another",
    )?;
    check(
        !subject.one.set_known_state(BookingId::new(3), &change(&["two"], "other")).await?,
        "a note is replaced that is none",
    )?;
    check(subject.other.set_known_state(booking, &change(&["one"], "other")).await?, "a note cannot be replaced")?;
    check(!subject.one.done(next.lease, Some(&change(&["one"], "two"))).await?, "a note that was changed is replaced")?;
    check(subject.stats().await?.open == 1, "an event is done without its note")?;
    check(subject.one.done(next.lease, Some(&change(&["other"], "two"))).await?, "it cannot be done")?;
    check(subject.one.set_known_state(BookingId::new(2), &change(&[], "new")).await?, "a first note cannot be made")?;
    let mut notes = subject.other.known_states(&[booking, BookingId::new(2), BookingId::new(3)]).await?;
    notes.sort_by_key(|(booking, _)| *booking);
    check(notes == [(booking, note("two")), (BookingId::new(2), note("new"))], &format!("noted is {notes:?}"))
}

pub(super) async fn unfinished_bookings<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    let account = account("one");
    for (number, may_change) in [(30, true), (4, true), (200, false), (1_000, true)] {
        subject
            .one
            .set_known_state(
                BookingId::new(number),
                &KnownStateChange { before: None, after: KnownState { text: "x".into(), may_change } },
            )
            .await?;
    }
    let ids = async |after, limit| -> Outcome<Vec<i64>> {
        let notes = subject.soon("the notes", subject.other.unfinished_bookings(&account, after, limit)).await?;
        Ok(notes.into_iter().map(|(booking, _)| booking.get()).collect())
    };
    check(ids(None, 2).await? == [4, 30], "the first two")?;
    check(ids(Some(BookingId::new(30)), 2).await? == [1_000], "those after them")
}
