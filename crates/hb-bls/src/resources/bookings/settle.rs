//! Finds out whether a booking was made whose answers were lost.

use futures::TryStreamExt as _;
use hb_bls_gen::{BookingStatus, Operation};
use jiff::SignedDuration;

use super::{BookingQuery, Bookings};
use crate::{
    Error, Hold, HoldDetails, Result,
    model::{Booking, BookingDetails},
};

/// Entries to look at: some thousand on one day are not expected, and all there are if the portal ignores filters.
const PAGE: u32 = 100;
const PAGES: u32 = 20;
/// How long a hold lives, and how much clocks of one portal may differ.
const AGE: SignedDuration = SignedDuration::from_mins(31);

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
    if let Listed::Found(booking) = look(bookings, hold, details).await {
        return Ok(*booking);
    }
    // once the hold is gone, no attempt that is still under way can succeed
    let released = bookings.client.timeslots().release(&hold.hold_hash).await;
    let gone = matches!(released, Ok(()) | Err(Error::NotFound { .. }));
    match look(bookings, hold, details).await {
        Listed::Found(booking) => Ok(*booking),
        Listed::Absent if gone => {
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

/// That filters work is only assumed: what they let through is looked at as if they did not.
async fn look(bookings: Bookings<'_>, hold: &HoldDetails, details: &BookingDetails) -> Listed {
    let mut query = bookings.list().per_page(PAGE);
    if let Some(slot) = &hold.slot {
        query = query.date_from(slot.date).date_to(slot.date);
        if let Some(course) = &slot.course {
            query = query.course_id(course.id);
        }
    }
    match walk(query, hold, details).await {
        Err(Error::Rejected { .. }) => walk(bookings.list(), hold, details).await.unwrap_or(Listed::Unclear),
        listed => listed.unwrap_or(Listed::Unclear),
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
    // agencies give several candidates one address, and how the portal spells a name is not published
    (same_name && other_email == Some(false) && (other_time == Some(false) || too_old == Some(false))).then_some(true)
}

/// But for case and spaces.
fn same(one: &str, other: &str) -> bool {
    let words = |text: &str| text.to_lowercase().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    words(one) == words(other)
}
