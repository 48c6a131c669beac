use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use super::{Feedback, Pacer, StateFuture, Ticket, Turn};

const WINDOW: SignedDuration = SignedDuration::from_secs(60);
/// The portal's own.
const LIMIT: u32 = 60;
/// How long somebody else is expected to go on.
const CONTENDED: SignedDuration = SignedDuration::from_secs(150);
/// However generous a header is, so much is remembered.
const MOST: u32 = 100_000;
/// However wrong a header is, nobody waits longer at a time.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

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
    answered: VecDeque<Timestamp>,
    /// The same for requests that somebody else made.
    foreign: VecDeque<Timestamp>,
    paused_until: Option<Timestamp>,
    /// Whether a 429 was met that no success has followed.
    cautious: bool,
    /// Somebody else was seen to use the quota, too. Requests are then spread out, so that each gets a share and each
    /// answer tells in time how much is left.
    contended_until: Option<Timestamp>,
    /// When a turn was taken last.
    last: Option<Timestamp>,
}

#[derive(Debug)]
struct UnderWay {
    ticket: u64,
    /// When it ceases to count if no answer is ever told.
    forgotten_at: Timestamp,
}

impl Default for WindowPacer {
    /// The portal's quota.
    fn default() -> Self {
        Self::per_minute(LIMIT)
    }
}

impl WindowPacer {
    /// At most so many requests in any minute, at least one. `X-RateLimit-Limit` overrules it.
    pub fn per_minute(limit: u32) -> Self {
        Self(Mutex::new(State {
            limit: limit.max(1),
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
        let turn = self.0.lock().unwrap_or_else(PoisonError::into_inner).take(now);
        Box::pin(std::future::ready(Ok(turn)))
    }

    fn done(&self, ticket: Ticket, now: Timestamp, feedback: Feedback) -> StateFuture<'_, ()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).done(ticket, now, feedback);
        Box::pin(std::future::ready(Ok(())))
    }
}

impl State {
    fn take(&mut self, now: Timestamp) -> Turn {
        self.forget(now);
        if let Some(until) = self.paused_until {
            return Turn::Wait(between(now, until));
        }
        let used = self.under_way.len() + self.answered.len() + self.foreign.len();
        let places = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if self.contended_until.is_some()
            && let Some(next) = self.last.map(|last| after(last, WINDOW / self.limit.cast_signed()))
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
        self.under_way.push(UnderWay { ticket, forgotten_at: after(now, WINDOW * 2) });
        Turn::Go(Ticket(ticket))
    }

    fn done(&mut self, ticket: Ticket, now: Timestamp, feedback: Feedback) {
        self.forget(now);
        if let Some(index) = self.under_way.iter().position(|sent| sent.ticket == ticket.0) {
            self.under_way.swap_remove(index);
            self.answered.push_back(after(now, WINDOW));
        }
        if let Some(limit) = feedback.limit {
            self.limit = limit.clamp(1, MOST);
        }
        match feedback.refused {
            Some(wait) => {
                let wait = SignedDuration::try_from(wait.min(LONGEST_PAUSE)).unwrap_or(WINDOW);
                self.paused_until = self.paused_until.max(Some(after(now, wait)));
                self.cautious = true;
                self.contended_until = Some(after(now, CONTENDED));
            }
            None => {
                self.cautious &= !feedback.answered;
                if let Some(remaining) = feedback.remaining {
                    self.leave_to_others(remaining, now);
                }
            }
        }
    }

    /// Whatever the portal counts beyond our own was somebody else's. What is under way may not be counted yet.
    fn leave_to_others(&mut self, remaining: u32, now: Timestamp) {
        let counted = usize::try_from(self.limit.saturating_sub(remaining)).unwrap_or(usize::MAX);
        let theirs = counted.saturating_sub(self.answered.len());
        if theirs > 0 {
            self.contended_until = Some(after(now, CONTENDED));
        }
        while self.foreign.len() > theirs {
            self.foreign.pop_front();
        }
        while self.foreign.len() < theirs {
            self.foreign.push_back(after(now, WINDOW));
        }
    }

    fn forget(&mut self, now: Timestamp) {
        let latest = after(now, WINDOW);
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
            sent.forgotten_at = sent.forgotten_at.min(after(now, WINDOW * 2));
            sent.forgotten_at > now
        });
        self.last = self.last.filter(|last| *last <= now);
        self.contended_until = self.contended_until.filter(|until| *until > now && *until <= after(now, CONTENDED));
        let longest = after(now, SignedDuration::try_from(LONGEST_PAUSE).unwrap_or(WINDOW));
        self.paused_until = self.paused_until.filter(|until| *until > now).map(|until| until.min(longest));
    }
}

fn between(now: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(now)).unwrap_or_default()
}

fn after(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
