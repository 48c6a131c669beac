use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use jiff::Timestamp;

use super::{Feedback, Pacer, StateError, StateFuture, Ticket, Turn};

/// Times are counted in nanoseconds since 1970: all of this is on the way of every request.
const SECOND: i64 = 1_000_000_000;
const WINDOW: i64 = 60 * SECOND;
/// The portal's own.
const LIMIT: u32 = 60;
/// How long somebody else is expected to go on.
const CONTENDED: i64 = 150 * SECOND;
/// However generous a header or a caller is, so much is remembered.
const MOST: u32 = 100_000;
/// However wrong a header is, nobody waits longer at a time.
const LONGEST_PAUSE: i64 = 60 * 60 * SECOND;

/// At most so many requests in any minute, for the clones of one client.
///
/// A place is free again a minute after the answer: whenever the portal counted the request, it counted it no
/// later. Places that somebody else uses, by `X-RateLimit-Remaining`, are left to them, and requests then go out one
/// by one instead of as fast as they come. After a 429 nothing is sent until the wait is over, and then a single
/// request to see how things stand.
#[derive(Debug)]
pub struct WindowPacer(Mutex<State>);

#[derive(Debug)]
struct State {
    limit: u32,
    next_ticket: u64,
    under_way: Vec<UnderWay>,
    /// When answered requests cease to count, the earliest first.
    answered: VecDeque<i64>,
    /// The same for requests that somebody else made.
    foreign: VecDeque<i64>,
    paused_until: Option<i64>,
    /// Whether a 429 was met that no success has followed.
    cautious: bool,
    /// Somebody else was seen to use the quota, too. Requests are then spread out, so that each gets a share and each
    /// answer tells in time how much is left.
    contended_until: Option<i64>,
    /// When a turn was taken last.
    last: Option<i64>,
}

#[derive(Debug)]
struct UnderWay {
    ticket: u64,
    /// When it ceases to count if no answer is ever told.
    forgotten_at: i64,
}

impl Default for WindowPacer {
    /// The portal's quota.
    fn default() -> Self {
        Self::per_minute(LIMIT)
    }
}

impl WindowPacer {
    /// At most so many requests in any minute: 1 to 100,000. `X-RateLimit-Limit` overrules it.
    pub fn per_minute(limit: u32) -> Self {
        Self(Mutex::new(State {
            limit: limit.clamp(1, MOST),
            next_ticket: 0,
            under_way: Vec::new(),
            answered: VecDeque::new(),
            foreign: VecDeque::new(),
            paused_until: None,
            cautious: false,
            contended_until: None,
            last: None,
        }))
    }
}

impl Pacer for WindowPacer {
    fn take(&self, now: Timestamp) -> StateFuture<'_, Turn> {
        let turn = self.0.lock().unwrap_or_else(PoisonError::into_inner).take(nanoseconds(now));
        Box::pin(std::future::ready(Ok(turn)))
    }

    fn done(&self, ticket: Ticket, now: Timestamp, feedback: Feedback) -> StateFuture<'_, ()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).done(ticket, nanoseconds(now), feedback);
        Box::pin(Done)
    }
}

/// Without content, so that its box takes no memory.
struct Done;

impl Future for Done {
    type Output = Result<(), StateError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(()))
    }
}

impl State {
    fn take(&mut self, now: i64) -> Turn {
        self.forget(now);
        if let Some(until) = self.paused_until {
            return Turn::Wait(between(now, until));
        }
        let used = self.under_way.len() + self.answered.len() + self.foreign.len();
        let places = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if self.contended_until.is_some()
            && let Some(next) = self.last.map(|last| last + WINDOW / i64::from(self.limit))
            && next > now
        {
            return Turn::Wait(between(now, next));
        }
        if used >= places || (self.cautious && !self.under_way.is_empty()) {
            let answered = self.answered.front().into_iter().chain(self.foreign.front());
            let first = answered.copied().chain(self.under_way.iter().map(|sent| sent.forgotten_at)).min();
            return Turn::Wait(first.map_or(Duration::from_secs(1), |first| between(now, first)));
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.last = Some(now);
        self.under_way.push(UnderWay { ticket, forgotten_at: now + WINDOW * 2 });
        Turn::Go(Ticket(ticket))
    }

    fn done(&mut self, ticket: Ticket, now: i64, feedback: Feedback) {
        self.forget(now);
        if let Some(index) = self.under_way.iter().position(|sent| sent.ticket == ticket.0) {
            self.under_way.swap_remove(index);
            self.answered.push_back(now + WINDOW);
        }
        if let Some(limit) = feedback.limit {
            self.limit = limit.clamp(1, MOST);
        }
        match feedback.refused {
            Some(wait) => {
                let wait = i64::try_from(wait.as_nanos()).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
                self.paused_until = self.paused_until.max(Some(now + wait));
                self.cautious = true;
                self.contended_until = Some(now + CONTENDED);
            }
            None => {
                self.cautious &= !feedback.answered;
                // what is left says nothing without what there was
                if let (Some(_), Some(remaining)) = (feedback.limit, feedback.remaining) {
                    self.leave_to_others(remaining, now);
                }
            }
        }
    }

    /// Whatever the portal counts beyond our own was somebody else's. What is under way may not be counted yet.
    fn leave_to_others(&mut self, remaining: u32, now: i64) {
        let counted = usize::try_from(self.limit.saturating_sub(remaining)).unwrap_or(usize::MAX);
        let theirs = counted.saturating_sub(self.answered.len());
        if theirs > 0 {
            self.contended_until = Some(now + CONTENDED);
        }
        while self.foreign.len() > theirs {
            self.foreign.pop_front();
        }
        while self.foreign.len() < theirs {
            self.foreign.push_back(now + WINDOW);
        }
    }

    fn forget(&mut self, now: i64) {
        let latest = now + WINDOW;
        for queue in [&mut self.answered, &mut self.foreign] {
            // the clock was set back
            if queue.back().is_some_and(|until| *until > latest) {
                queue.iter_mut().for_each(|until| *until = latest.min(*until));
            }
            while queue.front().is_some_and(|until| *until <= now) {
                queue.pop_front();
            }
        }
        self.under_way.retain_mut(|sent| {
            sent.forgotten_at = sent.forgotten_at.min(now + WINDOW * 2);
            sent.forgotten_at > now
        });
        self.last = self.last.filter(|last| *last <= now);
        self.contended_until = self.contended_until.filter(|until| *until > now && *until <= now + CONTENDED);
        self.paused_until = self.paused_until.filter(|until| *until > now).map(|until| until.min(now + LONGEST_PAUSE));
    }
}

fn between(now: i64, until: i64) -> Duration {
    Duration::from_nanos(u64::try_from(until - now).unwrap_or(0))
}

/// Far from where sums overflow, whatever a clock says.
fn nanoseconds(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(i64::MAX).clamp(i64::MIN / 2, i64::MAX / 2)
}

#[cfg(test)]
mod tests;
