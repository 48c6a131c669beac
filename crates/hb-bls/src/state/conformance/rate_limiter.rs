//! The rules of a [`RateLimiter`].

use std::time::Duration;

use futures::future::join_all;

use super::{Broken, Outcome, Report, Subject, broken, check, dropped_after};
use crate::state::{AcquireOutcome, PERMIT_LIFETIME, Permit, RateLimitHeaders, RateLimiter};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Checks a [`RateLimiter`]. It is made for this number of requests a minute, with a window of its own each time.
///
/// # Panics
///
/// With the names of the rules that do not hold.
pub async fn rate_limiter<S: RateLimiter>(make: impl AsyncFn(u32) -> Subject<S>) {
    let mut report = Report::default();
    report.rule("as many permits as the limit are granted", granted(&make(5).await)).await;
    report.rule("no more permits than the limit are granted", race(&make(5).await)).await;
    report.rule("a wait has a length", waits(&make(1).await)).await;
    report.rule("a place is free a minute after its release", minute(&make(1).await)).await;
    report.rule("a permit is not given up before its time", lasts(&make(1).await)).await;
    report.rule("a permit that is not released comes back", given_up(&make(3).await)).await;
    report.rule("a permit that is released twice frees one place", twice(&make(2).await)).await;
    report.rule("a permit that is not known frees no place", unknown(&make(1).await)).await;
    report.rule("a pause is kept by all", pause(&make(5).await)).await;
    report.rule("a limit that the portal states is kept", stated_limit(&make(5).await)).await;
    report.rule("a permit that is granted to nobody comes back", aborted(&make)).await;
    report.rule("who stops asking does not keep others waiting", gone(&make(1).await)).await;
    report.end();
}

impl<S: RateLimiter> Subject<S> {
    async fn ask(&self, limiter: &S) -> Outcome<Result<Permit, Duration>> {
        match self.soon("the answer", limiter.acquire()).await? {
            AcquireOutcome::Granted(permit) => Ok(Ok(permit)),
            AcquireOutcome::Wait(wait) | AcquireOutcome::Pause(wait) => Ok(Err(wait)),
        }
    }

    async fn permit(&self) -> Outcome<Permit> {
        match self.ask(&self.one).await? {
            Ok(permit) => Ok(permit),
            Err(wait) => broken(format!("no permit is granted, but a wait of {wait:?}")),
        }
    }

    async fn release(&self, permit: Permit, headers: RateLimitHeaders) -> Outcome {
        self.soon("the end of the release", self.other.release(permit, headers)).await
    }

    /// Fails if either handle is granted a permit.
    async fn used_up(&self, otherwise: &str) -> Outcome {
        for limiter in [&self.one, &self.other] {
            check(self.ask(limiter).await?.is_err(), otherwise)?;
        }
        Ok(())
    }

    /// Asks and waits as a client does, for no longer than this.
    async fn within(&self, limiter: &S, limit: Duration) -> Outcome<Permit> {
        let mut waited = Duration::ZERO;
        loop {
            match self.ask(limiter).await? {
                Ok(permit) => return Ok(permit),
                Err(wait) if waited + wait > limit => return broken(format!("it takes longer than {limit:?}")),
                Err(wait) => {
                    let wait = wait.max(SECOND / 10);
                    self.pass(wait).await;
                    waited += wait;
                }
            }
        }
    }
}

fn responded() -> RateLimitHeaders {
    RateLimitHeaders { responded: true, ..RateLimitHeaders::default() }
}

async fn granted<S: RateLimiter>(subject: &Subject<S>) -> Outcome {
    for _ in 0..5 {
        subject.permit().await?;
    }
    Ok(())
}

async fn race<S: RateLimiter>(subject: &Subject<S>) -> Outcome {
    let asking = join_all((0..20).map(async |number| {
        let limiter = if number % 2 == 0 { &subject.one } else { &subject.other };
        Ok::<_, Broken>(usize::from(subject.ask(limiter).await?.is_ok()))
    }));
    let granted: usize = asking.await.into_iter().sum::<Outcome<_>>()?;
    check(granted <= 5, &format!("{granted} of 5 were"))
}

async fn waits<S: RateLimiter>(subject: &Subject<S>) -> Outcome {
    subject.permit().await?;
    match subject.ask(&subject.other).await? {
        Ok(_) => broken("there is none"),
        Err(wait) => check(!wait.is_zero(), "it has none, so that callers spin"),
    }
}

async fn minute<S: RateLimiter>(subject: &Subject<S>) -> Outcome {
    let permit = subject.permit().await?;
    subject.pass(10 * SECOND).await;
    subject.release(permit, responded()).await?;
    subject.pass(57 * SECOND).await;
    subject.used_up("it is free earlier").await?;
    subject.pass(5 * SECOND).await;
    subject.within(&subject.one, 5 * SECOND).await.map(drop)
}

async fn lasts<S: RateLimiter>(subject: &Subject<S>) -> Outcome {
    subject.permit().await?;
    subject.pass(PERMIT_LIFETIME - 3 * SECOND).await;
    subject.used_up("it is").await
}

async fn given_up<S: RateLimiter>(subject: &Subject<S>) -> Outcome {
    for _ in 0..3 {
        subject.permit().await?;
    }
    subject.used_up("there are more than the limit").await?;
    subject.pass(PERMIT_LIFETIME).await;
    for _ in 0..3 {
        subject.within(&subject.one, MINUTE + 10 * SECOND).await?;
    }
    Ok(())
}

async fn twice<S: RateLimiter>(subject: &Subject<S>) -> Outcome {
    let (permit, _other) = (subject.permit().await?, subject.permit().await?);
    for _ in 0..2 {
        subject.release(permit, responded()).await?;
    }
    subject.pass(MINUTE + SECOND).await;
    subject.within(&subject.one, 5 * SECOND).await?;
    subject.used_up("it frees that of another permit").await
}

async fn unknown<S: RateLimiter>(subject: &Subject<S>) -> Outcome {
    let permit = subject.permit().await?;
    subject.release(Permit::new(permit.number() ^ 1), responded()).await?;
    subject.pass(MINUTE + SECOND).await;
    subject.used_up("it does").await
}

async fn pause<S: RateLimiter>(subject: &Subject<S>) -> Outcome {
    let permit = subject.permit().await?;
    let refused = RateLimitHeaders { retry_after: Some(30 * SECOND), ..responded() };
    subject.release(permit, refused).await?;
    for limiter in [&subject.one, &subject.other] {
        let answer = subject.soon("the answer", limiter.acquire()).await?;
        let kept = matches!(answer, AcquireOutcome::Pause(wait) if wait <= 30 * SECOND && wait > 15 * SECOND);
        check(kept, &format!("after a refusal for 30 s the answer is {answer:?}"))?;
    }
    subject.pass(31 * SECOND).await;
    subject.within(&subject.other, 20 * SECOND).await.map(drop)
}

async fn stated_limit<S: RateLimiter>(subject: &Subject<S>) -> Outcome {
    let permit = subject.permit().await?;
    subject.release(permit, RateLimitHeaders { limit: Some(2), remaining: Some(1), ..responded() }).await?;
    subject.permit().await?;
    subject.used_up("the portal said that it is 2").await
}

async fn aborted<S: RateLimiter>(make: &impl AsyncFn(u32) -> Subject<S>) -> Outcome {
    for polls in 1.. {
        let subject = make(1).await;
        let over = dropped_after(polls, subject.timeout, subject.one.acquire()).await.is_some();
        // what was granted, or is being granted yet, has ended by then
        subject.within(&subject.other, PERMIT_LIFETIME + MINUTE + 10 * SECOND).await?;
        if over {
            break;
        }
    }
    Ok(())
}

async fn gone<S: RateLimiter>(subject: &Subject<S>) -> Outcome {
    let permit = subject.permit().await?;
    subject.release(permit, responded()).await?;
    // it is told to wait, and never asks again
    check(subject.ask(&subject.one).await?.is_err(), "there are more permits than the limit")?;
    subject.within(&subject.other, MINUTE + 10 * SECOND).await.map(drop)
}
