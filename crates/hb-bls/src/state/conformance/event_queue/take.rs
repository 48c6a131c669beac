//! The order in which events are taken, and by whom.

use futures::future::join_all;

use super::{LEASE, Outcome, SECOND, Subject, check, dropped_after, event};
use crate::webhook::{Accepted, EventFilter, EventQueue, NewEvent, Origin};

pub(super) async fn once<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0)]).await?;
    let again = subject.soon("the end of accept", subject.other.accept(&event(1, 1, 0))).await?;
    check(again == Accepted::Duplicate, "while it is open it is accepted again")?;
    subject.finish(&subject.take_one(1).await?).await?;
    check(subject.accept(&event(1, 1, 0)).await? == Accepted::Duplicate, "when it is done it is accepted again")?;
    subject.takes(&[], "it is there again").await.map(drop)
}

pub(super) async fn race_to_accept<S: EventQueue>(subject: &Subject<S>) -> Outcome {
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

pub(super) async fn whole<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    let mut large =
        NewEvent { booking_id: None, occurred_at: None, origin: Origin::Reconciled, headers: None, ..event(2, 0, 0) };
    large.body = [b'x'].repeat(1 << 20);
    for event in [event(1, 1_042, 0), large] {
        subject.accept_all(std::slice::from_ref(&event)).await?;
        let taken = subject.take_one(event.event_id.as_u128()).await?;
        check(taken.body == event.body, "its body is another")?;
        check(
            taken.booking_id == event.booking_id && taken.origin == event.origin,
            "its booking or origin is another",
        )?;
        check(taken.attempt == 1 && taken.known_state.is_none() && !taken.is_out_of_order, "it is not new")?;
        let body = subject.soon("the body", subject.one.body(event.event_id)).await?;
        check(body.as_ref() == Some(&event.body), "its body cannot be read")?;
        let only = EventFilter::default().event_id(event.event_id);
        let stored = subject.soon("the list", subject.other.list(only)).await?;
        check(stored.len() == 1 && stored[0].event_id == event.event_id, "it is not listed alone")?;
        check(stored[0].headers == event.headers, "its headers are others")?;
    }
    Ok(())
}

pub(super) async fn race_to_take<S: EventQueue>(subject: &Subject<S>) -> Outcome {
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

pub(super) async fn limit<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0), event(2, 2, 0), event(3, 3, 0)]).await?;
    check(subject.take(2).await?.len() == 2, "instead of two")?;
    check(subject.take(2).await?.len() == 1, "instead of one")
}

pub(super) async fn order<S: EventQueue>(subject: &Subject<S>) -> Outcome {
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

pub(super) async fn late<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 5), event(2, 1, 3)]).await?;
    subject.finish(&subject.take_one(2).await?).await?;
    subject.finish(&subject.take_one(1).await?).await?;
    subject.accept_all(&[event(3, 1, 4), event(4, 1, 6)]).await?;
    check(subject.take_one(3).await?.is_out_of_order, "one that is overtaken is not reported as overtaken")?;
    let found = |number, second| NewEvent { origin: Origin::Reconciled, ..event(number, 9, second) };
    subject.accept_all(&[found(10, 1_000)]).await?;
    subject.finish(&subject.take_one(10).await?).await?;
    subject.accept_all(&[event(11, 9, 690), event(12, 9, 710)]).await?;
    let older = subject.take_one(11).await?;
    check(older.is_out_of_order, "one that occurred long before what was found is not reported as overtaken")?;
    subject.finish(&older).await?;
    check(
        !subject.take_one(12).await?.is_out_of_order,
        "one that may be newer than what was found is reported as overtaken",
    )?;
    subject.accept_all(&[event(5, 2, 0)]).await?;
    check(!subject.take_one(5).await?.is_out_of_order, "one of another booking is reported as overtaken")
}

pub(super) async fn one_at_a_time<S: EventQueue>(subject: &Subject<S>) -> Outcome {
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

pub(super) async fn others<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    let without = |number| NewEvent { booking_id: None, ..event(number, 0, 0) };
    subject.accept_all(&[event(1, 1, 0), event(2, 1, 1), event(3, 2, 2), without(4), without(5)]).await?;
    subject.takes(&[1, 3, 4, 5], "all but the second of a booking").await.map(drop)
}

pub(super) async fn aborted_accept<S: EventQueue>(make: &impl AsyncFn() -> Subject<S>) -> Outcome {
    for polls in 1.. {
        let subject = make().await;
        let event = event(1, 1, 0);
        let over = dropped_after(polls, subject.timeout, subject.one.accept(&event)).await.is_some();
        subject.accept(&event).await?;
        let taken = subject.take_one(1).await?;
        check(taken.body == event.body, &format!("after {polls} polls its body is another"))?;
        if over {
            break;
        }
    }
    Ok(())
}

pub(super) async fn aborted_take<S: EventQueue>(make: &impl AsyncFn() -> Subject<S>) -> Outcome {
    for polls in 1.. {
        let subject = make().await;
        subject.accept_all(&[event(1, 1, 0)]).await?;
        let over = dropped_after(polls, subject.timeout, subject.one.take(1, LEASE)).await.is_some();
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
