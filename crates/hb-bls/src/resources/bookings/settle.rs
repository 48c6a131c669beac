//! Finds out whether a booking was made whose answers were lost.

use futures::TryStreamExt as _;
use hb_bls_gen::{BookingStatus, Operation};
use jiff::{SignedDuration, Timestamp};

use super::{BookingQuery, Bookings};
use crate::{
    Error, Hold, HoldDetails, Result,
    model::{Booking, BookingDetails},
    resources::timeslots::Freed,
    zone::LONDON,
};

/// Entries to look at: some thousand on one day are not expected, and all there are if the portal ignores filters.
const PAGE: u32 = 100;
const PAGES: u32 = 20;
/// How long a hold lives, and how much clocks of one portal may differ.
const AGE: SignedDuration = SignedDuration::from_mins(31);
/// How much the portal's clock and ours may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What the list of bookings says.
enum Listed {
    Found(Box<Booking>),
    /// All of it was read, and it is not there.
    Absent,
    /// Something may be it, or not all was read.
    Unclear,
}

/// The booking if it was made; `error` if it was not; else that it is not known.
pub(super) async fn settle(
    bookings: Bookings<'_>,
    hold: &Hold,
    details: &BookingDetails,
    error: Error,
) -> Result<Booking> {
    tracing::debug!(kind = error.kind(), "looking whether the booking was made");
    let client = bookings.client;
    let look = Look { bookings, hold, details };
    if let Listed::Found(booking) = look.by_training_day().await {
        return Ok(*booking);
    }
    // once the hold is gone, no attempt that is still under way can succeed
    let released = client.timeslots().free(&hold.hold_hash).await;
    let listed = match look.by_training_day().await {
        Listed::Absent if !matches!(released, Ok(Freed::Now)) => look.by_day_of_booking().await,
        listed => listed,
    };
    let not_made = match released {
        Ok(Freed::Now) => true,
        // a booking consumes its hold, so only one that has lapsed is gone without one
        Ok(Freed::Perhaps) | Err(Error::NotFound { .. }) => has_lapsed(hold, client.pipeline.clock().now()),
        Err(_) => false,
    };
    match listed {
        Listed::Found(booking) => Ok(*booking),
        Listed::Absent if not_made => {
            hold.used();
            Err(error)
        }
        Listed::Absent | Listed::Unclear => Err(Error::Ambiguous {
            operation: Operation::CreateBooking.id(),
            hold_hash: Some(hold.hold_hash.clone()),
            cause: Box::new(error),
        }),
    }
}

fn has_lapsed(hold: &HoldDetails, now: Timestamp) -> bool {
    let sure = hold.expires_at.and_then(|expires| expires.checked_add(SKEW).ok());
    sure.is_some_and(|sure| now > sure)
}

/// Looks for a booking in the list.
struct Look<'a> {
    bookings: Bookings<'a>,
    hold: &'a HoldDetails,
    details: &'a BookingDetails,
}

/// That filters work is only assumed, and so is what their days are: what they let through is looked at as if they did
/// not.
impl Look<'_> {
    async fn by_training_day(&self) -> Listed {
        let mut query = self.query();
        if let Some(slot) = &self.hold.slot {
            query = query.date_from(slot.date).date_to(slot.date);
            if let Some(course) = &slot.course {
                query = query.course_id(course.id);
            }
        }
        self.ask(query).await
    }

    async fn by_day_of_booking(&self) -> Listed {
        let mut query = self.query();
        if let Some(expires) = self.hold.expires_at {
            let day = |at: Timestamp| at.to_zoned(LONDON).date();
            let made = expires.saturating_sub(AGE).unwrap_or(expires);
            query = query.date_from(day(made)).date_to(day(expires));
        }
        self.ask(query).await
    }

    fn query(&self) -> BookingQuery {
        self.bookings.list().per_page(PAGE)
    }

    async fn ask(&self, query: BookingQuery) -> Listed {
        match walk(query, self.hold, self.details).await {
            Err(Error::Rejected { .. }) => walk(self.query(), self.hold, self.details).await.unwrap_or(Listed::Unclear),
            listed => listed.unwrap_or(Listed::Unclear),
        }
    }
}

async fn walk(query: BookingQuery, hold: &HoldDetails, details: &BookingDetails) -> Result<Listed> {
    let mut pages = query.pages(1);
    let mut unclear = false;
    while let Some(page) = pages.try_next().await? {
        for booking in page.items {
            match is_it(&booking, hold, details) {
                Some(true) => return Ok(Listed::Found(Box::new(booking))),
                Some(false) => {}
                None => unclear = true,
            }
        }
        if page.number >= PAGES {
            return Ok(Listed::Unclear);
        }
    }
    Ok(if unclear { Listed::Unclear } else { Listed::Absent })
}

/// Whether a booking is the one of the hold; nothing if it may be.
fn is_it(booking: &Booking, hold: &HoldDetails, details: &BookingDetails) -> Option<bool> {
    let made = hold.expires_at.and_then(|expires| expires.checked_sub(AGE).ok());
    let too_old = booking.created_at.zip(made).map(|(created, made)| created < made);
    let slot = hold.slot.as_ref();
    let wanted = slot.and_then(|slot| slot.course.as_ref()).map(|course| course.id);
    let other_course = booking.course.as_ref().zip(wanted).map(|(course, wanted)| course.id != wanted);
    let starts_at = slot.and_then(|slot| slot.starts_at());
    let other_time =
        booking.start_date.as_ref().zip(starts_at).map(|(start, wanted)| start.timestamp() != wanted.timestamp());
    let cancelled = booking.booking_status.as_ref().map(|status| *status == BookingStatus::Cancelled);
    let candidate = booking.candidate.as_ref();
    let other_email = candidate.and_then(|c| c.email.as_ref()).map(|email| !same(email, &details.email));
    if [too_old, other_course, other_time, cancelled, other_email].contains(&Some(true)) {
        return Some(false);
    }
    let name = format!("{} {}", details.first_name, details.last_name);
    let same_name = candidate.and_then(|c| c.name.as_ref()).is_some_and(|found| same(found, &name));
    // agencies give several candidates one address, and how the portal spells a name is not published; one candidate
    // may take two courses
    let same_person = same_name && other_email == Some(false);
    let same_training = other_time == Some(false) || (too_old == Some(false) && other_course == Some(false));
    (same_person && same_training).then_some(true)
}

/// But for case and spaces.
fn same(one: &str, other: &str) -> bool {
    let words = |text: &str| text.to_lowercase().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    words(one) == words(other)
}
