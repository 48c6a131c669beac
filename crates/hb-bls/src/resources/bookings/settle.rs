//! Finds out whether a booking was made when its responses were lost.
//!
//! What counts as proof:
//! - *Booked*: the list shows a booking of this person and course that was created during the hold's lifetime, whatever
//!   its time or status is now. Staff may have moved or cancelled it.
//! - *Not booked*: the hold still existed and was released; or it has expired, and the list without filters, read to
//!   its end, does not show the booking. How filters work is only assumed, so absence from a filtered list proves
//!   nothing.
//! - In all other cases it is unknown.

use futures::TryStreamExt as _;
use hb_bls_gen::Operation;
use jiff::Timestamp;

use super::{
    BookingQuery,
    booking_log::key_of,
    evidence::{Candidate, Evidence, SKEW, Verdict},
};
use crate::{
    Client, Error, HoldDetails, Result,
    model::Booking,
    resources::timeslots::{LIFETIME, ReleaseOutcome},
    zone::LONDON,
};

/// The largest page that the portal is assumed to allow.
const PER_PAGE: u32 = 100;
/// How many pages of a list are read that filters should have made short.
const FILTERED_PAGES: u32 = 20;
/// How many pages of the whole list are read. At the portal's rate limit this takes a little over three minutes, and
/// covers 20,000 bookings if the portal respects `per_page`.
const ALL_PAGES: u32 = 200;

/// The outcome.
pub(crate) enum SettleOutcome {
    Booked(Box<Booking>),
    NotBooked,
    Unknown,
}

/// What a list shows.
enum SearchResult {
    Found(Box<Booking>),
    /// The list was read to its end and does not show the booking.
    Absent,
    /// An entry may be the booking, or not everything was read.
    Unclear,
}

/// Finds out whether a hold was booked for this candidate. Only the client that made the hold knows `made_at`.
pub(crate) async fn settle(
    client: &Client,
    hold: &HoldDetails,
    made_at: Option<Timestamp>,
    candidate: Candidate<'_>,
) -> SettleOutcome {
    let search = BookingSearch {
        client,
        evidence: Evidence::new(hold, candidate, client),
        made_at,
        hold_state: HoldState::Unknown,
    };
    if let SearchResult::Found(booking) = search.by(SearchFilter::TrainingDay).await {
        return SettleOutcome::Booked(booking);
    }
    // once the hold is gone, no attempt that is still in flight can succeed
    match client.timeslots().free(&hold.hold_hash).await {
        Ok(ReleaseOutcome::Now) if !search.has_expired() => search.after_the_release().await,
        Err(error) if !error.is_not_found() => match search.without_the_hold().await {
            SettleOutcome::Booked(booking) => SettleOutcome::Booked(booking),
            // the hold may still exist and be booked
            SettleOutcome::NotBooked | SettleOutcome::Unknown => SettleOutcome::Unknown,
        },
        // an expired hold cannot be released, whatever the portal responds
        _ => search.without_the_hold().await,
    }
}

/// Looks for a booking in the list, in several ways.
struct BookingSearch<'a> {
    client: &'a Client,
    evidence: Evidence<'a>,
    made_at: Option<Timestamp>,
    hold_state: HoldState,
}

/// What is known about the hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HoldState {
    Unknown,
    /// It still existed and was released.
    Released,
    /// It is gone but was not released: it was booked, or it has expired.
    Gone,
}

/// How the list is filtered.
#[derive(Clone, Copy)]
enum SearchFilter {
    TrainingDay,
    Candidate,
    DayOfBooking,
}

impl BookingSearch<'_> {
    /// Reads the list after the hold was released. A booking consumes its hold, so there should be none. But how the
    /// portal responds to a release is only assumed, so the list is checked.
    async fn after_the_release(mut self) -> SettleOutcome {
        self.hold_state = HoldState::Released;
        for filter in [SearchFilter::TrainingDay, SearchFilter::Candidate] {
            match self.by(filter).await {
                SearchResult::Found(booking) => return SettleOutcome::Booked(booking),
                SearchResult::Absent => {}
                SearchResult::Unclear => return SettleOutcome::Unknown,
            }
        }
        SettleOutcome::NotBooked
    }

    /// Reads the list after the hold was booked or has expired.
    async fn without_the_hold(mut self) -> SettleOutcome {
        self.hold_state = HoldState::Gone;
        for filter in [SearchFilter::TrainingDay, SearchFilter::Candidate, SearchFilter::DayOfBooking] {
            if let SearchResult::Found(booking) = self.by(filter).await {
                return SettleOutcome::Booked(booking);
            }
        }
        if !self.has_expired() {
            return SettleOutcome::Unknown;
        }
        match self.in_all().await {
            SearchResult::Found(booking) => SettleOutcome::Booked(booking),
            SearchResult::Absent => SettleOutcome::NotBooked,
            SearchResult::Unclear => SettleOutcome::Unknown,
        }
    }

    fn has_expired(&self) -> bool {
        // if the client made the hold, only its own clock is used, since the portal's may be quite different
        let expires_at = match self.made_at {
            Some(made_at) => made_at.checked_add(LIFETIME).ok(),
            None => self.evidence.hold.expires_at,
        };
        let surely = expires_at.and_then(|expires| expires.checked_add(SKEW).ok());
        surely.is_some_and(|surely| self.client.pipeline.clock().now() > surely)
    }

    async fn by(&self, narrowed: SearchFilter) -> SearchResult {
        let mut query = self.query();
        match narrowed {
            SearchFilter::TrainingDay => {
                if let Some(slot) = &self.evidence.hold.slot {
                    query = query.date_from(slot.date).date_to(slot.date);
                    if let Some(course) = &slot.course {
                        query = query.course_id(course.id);
                    }
                }
            }
            SearchFilter::Candidate => {
                if let Some(email) = self.evidence.candidate.email() {
                    query = query.search(email);
                }
            }
            SearchFilter::DayOfBooking => {
                if let Some((first, last)) = self.evidence.hold_lived() {
                    let day = |at: Timestamp| at.to_zoned_datetime(LONDON).date();
                    query = query.date_from(day(first)).date_to(day(last));
                }
            }
        }
        match self.pages(query, FILTERED_PAGES).await {
            // the portal refuses a filter, so the list is searched without filters
            Err(error) if error.is_rejected() => self.pages(self.client.bookings().list(), FILTERED_PAGES).await,
            listed => listed,
        }
        .unwrap_or(SearchResult::Unclear)
    }

    async fn in_all(&self) -> SearchResult {
        match self.pages(self.query(), ALL_PAGES).await {
            // the page size is an assumption, too
            Err(error) if error.is_rejected() => self.pages(self.client.bookings().list(), ALL_PAGES).await,
            listed => listed,
        }
        .unwrap_or(SearchResult::Unclear)
    }

    fn query(&self) -> BookingQuery {
        self.client.bookings().list().per_page(PER_PAGE)
    }

    async fn has_a_key(&self, booking: &Booking) -> bool {
        let key = key_of(self.client, booking.id).await;
        key.inspect_err(|error| tracing::debug!(%error, "the key of a booking was not found")).ok().flatten().is_some()
    }

    async fn pages(&self, query: BookingQuery, pages_at_most: u32) -> Result<SearchResult> {
        let mut pages = query.pages();
        let (mut moved, mut unclear) = (None, false);
        let (mut seen, mut total) = (0, None);
        while let Some(page) = pages.try_next().await? {
            if page.number > pages_at_most {
                return Ok(SearchResult::Unclear);
            }
            seen += page.items.len();
            total = page.total.and_then(|total| usize::try_from(total).ok()).or(total);
            for booking in page.items {
                let verdict = self.evidence.judge(&booking);
                // ours is not logged as booked yet, so a booking that the log has under a key is another one
                if verdict != Verdict::NoMatch && self.has_a_key(&booking).await {
                    continue;
                }
                match verdict {
                    Verdict::Match => return Ok(SearchResult::Found(Box::new(booking))),
                    Verdict::NoMatch => {}
                    // the release is better evidence than clocks
                    Verdict::NearMiss if self.hold_state == HoldState::Released => {}
                    Verdict::MatchMoved if moved.is_none() && self.hold_state != HoldState::Unknown => {
                        moved = Some(booking)
                    }
                    Verdict::SameSecond if moved.is_none() && self.hold_state == HoldState::Gone => {
                        moved = Some(booking)
                    }
                    // one of two bookings that cannot be told apart, or one of which too little is known
                    Verdict::MatchMoved | Verdict::SameSecond | Verdict::Uncertain | Verdict::NearMiss => {
                        unclear = true
                    }
                }
            }
        }
        // a row may move from one page to another while the list is read
        unclear |= total.is_some_and(|total| seen < total);
        Ok(match moved {
            _ if unclear => SearchResult::Unclear,
            Some(booking) => SearchResult::Found(Box::new(booking)),
            None => SearchResult::Absent,
        })
    }
}

/// The error of a booking that may or may not have been made.
pub(crate) fn unknown(hold: &HoldDetails, cause: Error) -> Error {
    Error::ambiguous(Operation::CreateBooking, Some(&hold.hold_hash), cause)
}
