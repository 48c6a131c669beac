//! The bookings that this client has made recently, so that none of them is mistaken for one whose response was lost.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use hb_bls_gen::BookingId;
use jiff::{SignedDuration, Timestamp};

/// Longer than a hold lasts, plus the difference between clocks.
const AGE: SignedDuration = SignedDuration::from_mins(60);

/// Which hold became which booking, and when.
#[derive(Default)]
pub(crate) struct RecentBookings(Mutex<VecDeque<(String, BookingId, Timestamp)>>);

impl RecentBookings {
    pub(crate) fn made(&self, hold_hash: &str, id: BookingId, now: Timestamp) {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while recent.front().is_some_and(|(_, _, at)| now.duration_since(*at) > AGE) {
            recent.pop_front();
        }
        recent.push_back((hold_hash.to_owned(), id, now));
    }

    /// The bookings that were made with other holds than this one.
    pub(super) fn made_of_others(&self, hold_hash: &str, now: Timestamp) -> Vec<BookingId> {
        let recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let others = recent.iter().filter(|(hash, _, at)| hash != hold_hash && now.duration_since(*at) <= AGE);
        others.map(|(_, id, _)| *id).collect()
    }
}
