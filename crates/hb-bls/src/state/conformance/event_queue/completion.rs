//! The ways in which the work on an event ends.

use std::time::Duration;

use uuid::Uuid;

use super::{Accepted, LEASE, Outcome, SECOND, Subject, check, event};
use crate::webhook::{EventFilter, EventQueue};

pub(super) async fn lapses<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0)]).await?;
    for attempt in 1..=3 {
        let taken = subject.take_one(1).await?;
        check(taken.attempt == attempt, &format!("attempt {attempt} is reported as {}", taken.attempt))?;
        subject.pass(LEASE - 5 * SECOND).await;
        subject.takes(&[], "five seconds early").await?;
        subject.pass(6 * SECOND).await;
    }
    Ok(())
}

pub(super) async fn renewed<S: EventQueue>(subject: &Subject<S>) -> Outcome {
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

pub(super) async fn late_reports<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0)]).await?;
    let late = subject.take_one(1).await?;
    subject.pass(LEASE + SECOND).await;
    let taken = subject.take_one(1).await?;
    let renews = subject.soon("the end of renew", subject.one.renew(late.lease, LEASE)).await?;
    let fails = subject.fails(&late, Duration::ZERO).await?;
    let dies = subject.soon("the end of dead", subject.one.dead(late.lease, "a reason")).await?;
    check(!renews && !fails && !dies, "it reports that it did")?;
    subject.takes(&[], "another got it").await?;
    subject.finish(&taken).await
}

pub(super) async fn late_done<S: EventQueue>(subject: &Subject<S>) -> Outcome {
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
    check(!again, "both report that they were the first")?;
    subject.pass(LEASE + SECOND).await;
    subject.takes(&[], "it is there again").await.map(drop)
}

pub(super) async fn failed<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0)]).await?;
    let taken = subject.take_one(1).await?;
    check(subject.fails(&taken, 600 * SECOND).await?, "it cannot fail")?;
    subject.pass(595 * SECOND).await;
    subject.takes(&[], "five seconds early").await?;
    let listed = subject.soon("the list", subject.one.list(EventFilter::default())).await?;
    check(listed.first().and_then(|event| event.last_error.as_deref()) == Some("a reason"), "the reason is not kept")?;
    subject.pass(6 * SECOND).await;
    let taken = subject.take_one(1).await?;
    check(taken.attempt == 2, "attempts are not counted")?;
    check(subject.fails(&taken, Duration::ZERO).await?, "it cannot fail again")?;
    let taken = subject.take_one(1).await?;
    check(subject.fails(&taken, Duration::MAX).await?, "it cannot fail for ever")?;
    subject.takes(&[], "for ever is over").await.map(drop)
}

pub(super) async fn given_back<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0)]).await?;
    let give_back = async |lease, again_in| {
        subject.soon("the end of give_back", subject.one.give_back(lease, again_in, "a reason")).await
    };
    let late = subject.take_one(1).await?;
    for _ in 0..3 {
        subject.pass(LEASE + SECOND).await;
        let taken = subject.take_one(1).await?;
        check(taken.attempt == 2, &format!("after one attempt the next is reported as {}", taken.attempt))?;
        check(!give_back(late.lease, SECOND).await?, "another can give it back")?;
        check(give_back(taken.lease, LEASE).await?, "it cannot be given back")?;
        subject.takes(&[], "before it is due again").await?;
    }
    let listed = subject.soon("the list", subject.one.list(EventFilter::default())).await?;
    check(listed.first().and_then(|event| event.last_error.as_deref()) == Some("a reason"), "the reason is not kept")
}

pub(super) async fn dead<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0), event(2, 1, 1)]).await?;
    let taken = subject.take_one(1).await?;
    check(subject.soon("the end of dead", subject.one.dead(taken.lease, "a reason")).await?, "it cannot be")?;
    subject.takes(&[2], "of its booking").await?;
    subject.pass(10 * LEASE).await;
    subject.takes(&[2], "later").await?;
    let stats = subject.stats().await?;
    check((stats.open, stats.dead) == (1, 1), &format!("one is open and one dead, but it reports {stats:?}"))?;
    check(stats.oldest_open.is_some_and(|age| age >= 10 * LEASE), "the age of the oldest is another")
}

pub(super) async fn retry<S: EventQueue>(subject: &Subject<S>) -> Outcome {
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

pub(super) async fn removed<S: EventQueue>(subject: &Subject<S>) -> Outcome {
    subject.accept_all(&[event(1, 1, 0), event(2, 1, 1)]).await?;
    let id = Uuid::from_u128(1);
    let remove = || subject.soon("the end of remove", subject.other.remove(id));
    check(remove().await?, "it cannot be removed")?;
    check(!remove().await?, "it can be removed twice")?;
    check(subject.soon("the body", subject.one.body(id)).await?.is_none(), "its body is there")?;
    check(subject.accept(&event(1, 1, 0)).await? == Accepted::Duplicate, "it is accepted again")?;
    subject.takes(&[2], "only the next of its booking").await.map(drop)
}
