//! The requests that count towards one window of the portal's quota.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AcquireOutcome, PERMIT_LIFETIME, Permit, RateLimitHeaders};

/// Times are counted in nanoseconds since 1970: all of this is on the way of every request.
const SECOND: i64 = 1_000_000_000;
const WINDOW: i64 = 60 * SECOND;
/// The portal's own.
pub(super) const LIMIT: u32 = 60;
/// How long somebody else is expected to continue.
const CONTENDED: i64 = 150 * SECOND;
/// A request that is said to be neither answered nor given up counts as given up after this time.
const FORGOTTEN: i64 = PERMIT_LIFETIME.as_secs() as i64 * SECOND;
/// However generous a header or a caller is, no more places are kept account of.
const MOST: u32 = 100_000;
/// However wrong a header is, no pause is longer.
const LONGEST_PAUSE: i64 = 60 * 60 * SECOND;

/// At most a number of requests in any minute, by one clock.
///
/// A place becomes free a minute after the response, because the portal cannot have counted the request later than that.
/// `X-RateLimit-Remaining` shows whether others use the quota as well: the portal has then counted more requests than this quota
/// has granted. Those places are left to the others, and requests are spread evenly instead of sent as they come. After
/// a 429 nothing is sent until the pause is over, and then one request first.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Quota {
    limit: u32,
    next_permit: u64,
    under_way: Vec<UnderWay>,
    /// Requests that were answered or given up, in that order. They are kept as long as the portal can have counted them
    /// in a response that is still to come.
    ended: VecDeque<Ended>,
    /// When requests that somebody else made cease to count, the earliest first.
    foreign: VecDeque<i64>,
    /// Until when nothing is sent, and how long the pause was to be.
    paused_until: Option<(i64, i64)>,
    /// Whether a 429 was received that no success has followed.
    cautious: bool,
    /// Somebody else was seen to use the quota, too. Requests are then spread out, so that each gets a share and each
    /// response shows in time how much is left.
    contended_until: Option<i64>,
    /// When a turn was taken last.
    last: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct UnderWay {
    permit: u64,
    sent: i64,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Ended {
    sent: i64,
    at: i64,
}

impl Quota {
    /// At most this number of requests in any minute: 1 to 100,000.
    pub(super) fn new(limit: u32) -> Self {
        Self {
            limit: limit.clamp(1, MOST),
            next_permit: 0,
            under_way: Vec::new(),
            ended: VecDeque::new(),
            foreign: VecDeque::new(),
            paused_until: None,
            cautious: false,
            contended_until: None,
            last: None,
        }
    }

    /// Numbers permits from here on.
    #[cfg(feature = "shared-state")]
    pub(super) fn with_permits_from(mut self, number: i64) -> Self {
        self.next_permit = u64::try_from(number).unwrap_or(0);
        self
    }

    pub(super) fn acquire(&mut self, now: i64) -> AcquireOutcome {
        self.forget(now);
        if let Some((until, _)) = self.paused_until {
            return AcquireOutcome::Pause(between(now, until));
        }
        if self.contended_until.is_some()
            && let Some(next) = self.last.map(|last| last + WINDOW / i64::from(self.limit))
            && next > now
        {
            return AcquireOutcome::Wait(between(now, next));
        }
        if self.free(now) == 0 {
            let over = self.ended_before(now);
            let ended = self.ended.get(over).map(|ended| ended.at + WINDOW);
            let given_up = self.under_way.iter().map(|sent| sent.sent + FORGOTTEN).min();
            let first = [ended, self.foreign.front().copied(), given_up].into_iter().flatten().min();
            return AcquireOutcome::Wait(first.map_or(Duration::from_secs(1), |first| between(now, first)));
        }
        let permit = self.next_permit;
        self.next_permit += 1;
        self.last = Some(now);
        self.under_way.push(UnderWay { permit, sent: now });
        AcquireOutcome::Granted(Permit::new(permit.into()))
    }

    #[cfg(feature = "shared-state")]
    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    /// How many requests could be sent at this time, but for pauses.
    pub(super) fn free(&self, now: i64) -> usize {
        let used = self.under_way.len() + self.ended.len() - self.ended_before(now) + self.foreign.len();
        let places = usize::try_from(self.limit).unwrap_or(usize::MAX).saturating_sub(used);
        match self.cautious {
            true if self.under_way.is_empty() => places.min(1),
            true => 0,
            false => places,
        }
    }

    pub(super) fn release(&mut self, permit: Permit, now: i64, headers: RateLimitHeaders) {
        self.forget(now);
        let place = self.under_way.iter().position(|sent| u128::from(sent.permit) == permit.number());
        let sent = place.map(|place| self.under_way.swap_remove(place).sent);
        if let Some(sent) = sent {
            self.ended.push_back(Ended { sent, at: now });
        }
        if let Some(limit) = headers.limit {
            self.limit = limit.clamp(1, MOST);
        }
        if headers.limit == Some(u32::MAX) {
            // there is no limit that they could count towards
            self.ended.clear();
        }
        match headers.retry_after {
            Some(wait) => {
                let wait = i64::try_from(wait.as_nanos()).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
                self.paused_until = self.paused_until.max(Some((now + wait, wait)));
                self.cautious = true;
                self.contended_until = Some(now + CONTENDED);
            }
            None => {
                self.cautious &= !headers.responded;
                // `X-RateLimit-Remaining` can only be used together with `X-RateLimit-Limit`
                if let (Some(sent), Some(_), Some(remaining)) = (sent, headers.limit, headers.remaining) {
                    self.leave_to_others(remaining, sent, now);
                }
            }
        }
    }

    /// Leaves to others what the portal has counted and this client did not send.
    ///
    /// The portal counted at some moment between sending and response. By then it may have counted every request that is
    /// under way, and every one that had not ended a minute before; it has certainly counted those that had ended when
    /// this one was sent, unless a new window has begun since. So others have made at least what is beyond the former,
    /// and at most what is beyond the latter.
    fn leave_to_others(&mut self, remaining: u32, sent: i64, now: i64) {
        let counted = usize::try_from(self.limit.saturating_sub(remaining)).unwrap_or(usize::MAX);
        let possible = self.under_way.len() + self.ended.len() - self.ended_before(sent);
        let counting = self.ended.range(self.ended_before(now)..);
        let certain = 1 + counting.filter(|ended| ended.at <= sent && ended.sent + WINDOW > now).count();
        let (least, most) = (counted.saturating_sub(possible), counted.saturating_sub(certain));
        if least > 0 {
            self.contended_until = Some(now + CONTENDED);
        }
        while self.foreign.len() > most {
            self.foreign.pop_front();
        }
        while self.foreign.len() < least {
            self.foreign.push_back(now + WINDOW);
        }
    }

    /// How many requests had ended a minute before, so that they are no longer counted at this time.
    fn ended_before(&self, now: i64) -> usize {
        self.ended.partition_point(|ended| ended.at + WINDOW <= now)
    }

    fn forget(&mut self, now: i64) {
        // where the clock was set back, what is recorded for later would last too long
        let latest = now + WINDOW;
        if self.foreign.back().is_some_and(|until| *until > latest) {
            self.foreign.iter_mut().for_each(|until| *until = latest.min(*until));
        }
        if self.ended.back().is_some_and(|ended| ended.at > now) {
            self.ended.iter_mut().for_each(|ended| ended.at = now.min(ended.at));
        }
        while self.foreign.front().is_some_and(|until| *until <= now) {
            self.foreign.pop_front();
        }
        let ended = &mut self.ended;
        self.under_way.retain_mut(|sent| {
            sent.sent = sent.sent.min(now);
            let goes_on = sent.sent + FORGOTTEN > now;
            if !goes_on {
                ended.push_back(Ended { sent: sent.sent, at: now });
            }
            goes_on
        });
        let earliest = self.under_way.iter().map(|sent| sent.sent).min().unwrap_or(now);
        while self.ended.front().is_some_and(|ended| ended.at + WINDOW <= earliest) {
            self.ended.pop_front();
        }
        self.last = self.last.filter(|last| *last <= now);
        self.contended_until = self.contended_until.filter(|until| *until > now && *until <= now + CONTENDED);
        let paused = self.paused_until.filter(|(until, _)| *until > now);
        self.paused_until = paused.map(|(until, pause)| (until.min(now + pause), pause));
    }
}

#[cfg(feature = "shared-state")]
pub(super) fn length(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX / 4)
}

fn between(now: i64, until: i64) -> Duration {
    Duration::from_nanos(u64::try_from(until - now).unwrap_or(0))
}

/// Far from where sums overflow, whatever a clock says.
pub(super) fn nanoseconds(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(i64::MAX).clamp(i64::MIN / 2, i64::MAX / 2)
}

#[cfg(test)]
mod tests;
