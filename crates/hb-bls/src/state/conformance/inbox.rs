//! The rules of an [`Inbox`].

use std::time::Duration;

use futures::future::join_all;
use uuid::Uuid;

use super::{Outcome, Report, Subject, broken, check, dropped_after};
use crate::webhook::{ClaimOutcome, EventLease, Inbox, RETENTION};

const SECOND: Duration = Duration::from_secs(1);
const EVENT: Uuid = Uuid::from_u128(0x1f84_1148_ded6_4dd0_b282_19a5_60f0_f774);

/// Checks an [`Inbox`] whose claims last for this long.
///
/// # Panics
///
/// With the names of the rules that do not hold.
pub async fn inbox<S: Inbox>(lease: Duration, make: impl AsyncFn() -> Subject<S>) {
    let mut report = Report::default();
    report.rule("of claims in a race one is new", race(&make().await)).await;
    report.rule("events are claimed independently", events(&make().await)).await;
    report.rule("an event that failed can be claimed", failed(&make().await)).await;
    report.rule("an event that is done is done for all", done(&make().await)).await;
    report.rule("an event stays done for the retention", retained(&make().await)).await;
    report.rule("an event that is done again is done for as long again", done_again(&make().await)).await;
    report.rule("an event that failed after it was done stays done", failed_when_done(&make().await)).await;
    report.rule("a claim that is dropped is granted or not", aborted_claim(&make, lease)).await;
    report.rule("a result that is dropped is recorded or not", aborted_done(&make)).await;
    if make().await.lapses {
        report.rule("a claim lapses", lapses(&make().await, lease)).await;
        report.rule("a claim does not lapse before its time", lasts(&make().await, lease)).await;
        report.rule("an event can be done after its claim has lapsed", late_done(&make().await, lease)).await;
        report.rule("a claim that has lapsed does not fail another", late_failure(&make().await, lease)).await;
    }
    report.end();
}

impl<S: Inbox> Subject<S> {
    async fn claim(&self, inbox: &S, event: Uuid) -> Outcome<ClaimOutcome> {
        self.soon("the claim", inbox.claim(event)).await
    }

    async fn new_claim(&self, inbox: &S) -> Outcome<EventLease> {
        match self.claim(inbox, EVENT).await? {
            ClaimOutcome::New(lease) if lease.event_id == EVENT => Ok(lease),
            other => broken(format!("instead of a new claim there is {other:?}")),
        }
    }

    /// The next claim, after one that may be being granted yet.
    async fn claim_after(&self, lease: Duration) -> Outcome<EventLease> {
        for _ in 0..3 {
            self.pass(lease + SECOND).await;
            if let ClaimOutcome::New(lease) = self.claim(&self.other, EVENT).await? {
                return Ok(lease);
            }
        }
        broken("it does not come back")
    }

    async fn is_done(&self, otherwise: &str) -> Outcome {
        for inbox in [&self.one, &self.other] {
            check(self.claim(inbox, EVENT).await? == ClaimOutcome::Done, otherwise)?;
        }
        Ok(())
    }

    async fn is_taken(&self, otherwise: &str) -> Outcome {
        for inbox in [&self.one, &self.other] {
            check(self.claim(inbox, EVENT).await? == ClaimOutcome::Taken, otherwise)?;
        }
        Ok(())
    }

    async fn end(&self, lease: EventLease) -> Outcome {
        self.soon("the end of done", self.other.done(lease)).await
    }

    async fn fail(&self, lease: EventLease) -> Outcome {
        self.soon("the end of failed", self.other.failed(lease)).await
    }
}

async fn race<S: Inbox>(subject: &Subject<S>) -> Outcome {
    for round in 0..10 {
        let event = Uuid::from_u128(round);
        let claims = (0..8).map(|number| {
            let inbox = if number % 2 == 0 { &subject.one } else { &subject.other };
            inbox.claim(event)
        });
        let racing = async { join_all(claims).await.into_iter().collect::<Result<Vec<_>, _>>() };
        let claims = subject.soon("the last of eight claims", racing).await?;
        let new = claims.iter().filter(|claim| matches!(claim, ClaimOutcome::New(_))).count();
        let taken = claims.iter().filter(|claim| **claim == ClaimOutcome::Taken).count();
        check((new, taken) == (1, 7), &format!("of eight {new} are, and {taken} are told that it is taken"))?;
    }
    Ok(())
}

async fn events<S: Inbox>(subject: &Subject<S>) -> Outcome {
    let lease = subject.new_claim(&subject.one).await?;
    subject.end(lease).await?;
    let other = Uuid::from_u128(EVENT.as_u128() ^ 1);
    let claim = subject.claim(&subject.one, other).await?;
    check(matches!(claim, ClaimOutcome::New(_)), &format!("another event is {claim:?}"))
}

async fn failed<S: Inbox>(subject: &Subject<S>) -> Outcome {
    for _ in 0..3 {
        let lease = subject.new_claim(&subject.one).await?;
        subject.is_taken("it can be claimed while it is being handled").await?;
        subject.fail(lease).await?;
    }
    Ok(())
}

async fn done<S: Inbox>(subject: &Subject<S>) -> Outcome {
    let lease = subject.new_claim(&subject.one).await?;
    subject.end(lease).await?;
    subject.is_done("it is not").await
}

async fn retained<S: Inbox>(subject: &Subject<S>) -> Outcome {
    let lease = subject.new_claim(&subject.one).await?;
    subject.end(lease).await?;
    subject.pass(RETENTION - 5 * SECOND).await;
    subject.is_done("it is forgotten early").await
}

async fn done_again<S: Inbox>(subject: &Subject<S>) -> Outcome {
    let lease = subject.new_claim(&subject.one).await?;
    subject.end(lease).await?;
    subject.pass(RETENTION / 2).await;
    subject.end(lease).await?;
    subject.pass(RETENTION - 5 * SECOND).await;
    subject.is_done("it is forgotten early").await
}

async fn failed_when_done<S: Inbox>(subject: &Subject<S>) -> Outcome {
    let lease = subject.new_claim(&subject.one).await?;
    subject.end(lease).await?;
    subject.fail(lease).await?;
    subject.is_done("it is forgotten").await
}

async fn aborted_claim<S: Inbox>(make: &impl AsyncFn() -> Subject<S>, lease: Duration) -> Outcome {
    for polls in 1.. {
        let subject = make().await;
        let Some(claim) = dropped_after(polls, subject.timeout, subject.one.claim(EVENT)).await else {
            if subject.lapses {
                let lease = subject.claim_after(lease).await?;
                subject.end(lease).await?;
                subject.is_done(&format!("after {polls} polls it cannot be done any more")).await?;
            }
            continue;
        };
        return check(matches!(claim?, ClaimOutcome::New(_)), "what was not dropped is not granted");
    }
    Ok(())
}

async fn aborted_done<S: Inbox>(make: &impl AsyncFn() -> Subject<S>) -> Outcome {
    for polls in 1.. {
        let subject = make().await;
        let lease = subject.new_claim(&subject.one).await?;
        let over = dropped_after(polls, subject.timeout, subject.one.done(lease)).await.is_some();
        let claim = subject.claim(&subject.other, EVENT).await?;
        let whole =
            if over { claim == ClaimOutcome::Done } else { matches!(claim, ClaimOutcome::Done | ClaimOutcome::Taken) };
        check(whole, &format!("after {polls} polls it is {claim:?}"))?;
        subject.end(lease).await?;
        subject.is_done(&format!("after {polls} polls it cannot be done any more")).await?;
        if over {
            break;
        }
    }
    Ok(())
}

async fn lapses<S: Inbox>(subject: &Subject<S>, lease: Duration) -> Outcome {
    for _ in 0..3 {
        subject.new_claim(&subject.one).await?;
        subject.pass(lease + SECOND).await;
    }
    subject.new_claim(&subject.other).await?;
    subject.is_taken("the claim after it is not kept").await
}

async fn lasts<S: Inbox>(subject: &Subject<S>, lease: Duration) -> Outcome {
    subject.new_claim(&subject.one).await?;
    subject.pass(lease - 5 * SECOND).await;
    subject.is_taken("another got it five seconds early").await
}

async fn late_done<S: Inbox>(subject: &Subject<S>, lease: Duration) -> Outcome {
    let late = subject.new_claim(&subject.one).await?;
    subject.pass(lease + SECOND).await;
    subject.end(late).await?;
    subject.is_done("it is forgotten").await?;
    subject.pass(RETENTION - 5 * SECOND).await;
    subject.is_done("it is forgotten early").await
}

async fn late_failure<S: Inbox>(subject: &Subject<S>, lease: Duration) -> Outcome {
    let late = subject.new_claim(&subject.one).await?;
    subject.pass(lease + SECOND).await;
    subject.new_claim(&subject.other).await?;
    subject.fail(late).await?;
    subject.is_taken("it does").await
}
