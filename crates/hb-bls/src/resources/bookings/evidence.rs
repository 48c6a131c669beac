//! Whether a booking of the list is the one that a hold was booked for.

use hb_bls_gen::{BookingId, BookingStatus};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Client, HoldDetails,
    model::{Booking, BookingDetails},
    resources::timeslots::LIFETIME,
};

/// How much the portal's clock and ours may differ. When a hold expires may be known by our clock only.
pub(super) const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How much the clocks of one portal's hosts may differ.
const SPREAD: SignedDuration = SignedDuration::from_secs(5);

/// What a booking is held against.
pub(super) struct Evidence<'a> {
    pub(super) hold: &'a HoldDetails,
    pub(super) details: &'a BookingDetails,
    /// Bookings that this client made of other holds.
    others: Vec<BookingId>,
}

/// What a booking is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The one that was looked for.
    Is,
    /// That one, at another time than was held, or cancelled.
    IsMoved,
    /// The same, but created in the very second in which the hold was made: it may be an earlier one of the candidate.
    JustThen,
    /// Perhaps that one: too little is known of it.
    MayBe,
    /// Created so shortly before the hold was made that it is another one, unless clocks are to blame.
    Close,
    IsNot,
}

/// When a booking was created, against the life of the hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Created {
    Within,
    /// In the second in which the hold was made.
    JustThen,
    /// Not while the hold lived, but so close to it that clocks may be to blame.
    Near,
    Outside,
    Untold,
}

impl<'a> Evidence<'a> {
    pub(super) fn new(hold: &'a HoldDetails, details: &'a BookingDetails, client: &Client) -> Self {
        let now = client.pipeline.clock().now();
        Self { hold, details, others: client.memory.recent.made_of_others(&hold.hold_hash, now) }
    }

    pub(super) fn judge(&self, booking: &Booking) -> Verdict {
        let created = self.created(booking);
        if self.others.contains(&booking.id) || created == Created::Outside {
            return Verdict::IsNot;
        }
        let course = booking.course.as_ref().map(|course| course.id);
        let slot = self.hold.slot.as_ref();
        let held = slot.and_then(|slot| slot.course.as_ref()).map(|course| course.id);
        let same_course = course.zip(held).map(|(course, held)| course == held);
        let same_person = self.is_of_the_person(booking);
        if same_course == Some(false) || same_person == Some(false) {
            return Verdict::IsNot;
        }
        let starts_at = slot.and_then(|slot| slot.starts_at());
        let start = booking.start_date.as_ref();
        let same_time = start.zip(starts_at).map(|(start, held)| start.timestamp() == held.timestamp());
        let cancelled = booking.booking_status == Some(BookingStatus::Cancelled);
        let as_it_was_held = same_time == Some(true) && !cancelled;
        let sure = same_person == Some(true) && (same_course == Some(true) || as_it_was_held);
        match created {
            _ if sure && as_it_was_held => Verdict::Is,
            Created::Within if sure => Verdict::IsMoved,
            Created::JustThen if sure => Verdict::JustThen,
            Created::Near => Verdict::Close,
            _ => Verdict::MayBe,
        }
    }

    fn created(&self, booking: &Booking) -> Created {
        let (Some(at), Some((made, expires))) = (booking.created_at, self.hold_lived()) else { return Created::Untold };
        // where the portal tells both times they are by one clock; otherwise ours may be off either way
        let slack = if self.hold.expires_at_is_estimated { SKEW } else { SPREAD };
        let (since_made, until_expiry) = (at.duration_since(made), expires.duration_since(at));
        if since_made < -slack || until_expiry < -slack {
            Created::Outside
        } else if at == made && !self.hold.expires_at_is_estimated {
            Created::JustThen
        } else if since_made.is_negative()
            || until_expiry.is_negative()
            || (self.hold.expires_at_is_estimated && since_made <= slack)
        {
            Created::Near
        } else {
            Created::Within
        }
    }

    /// From when to when the hold lived, if it was not booked before: by the portal's clock, or nearly so.
    pub(super) fn hold_lived(&self) -> Option<(Timestamp, Timestamp)> {
        let expires = self.hold.expires_at?;
        Some((expires.saturating_sub(LIFETIME).ok()?, expires))
    }

    /// Whether name and email are those of the candidate; nothing if one of them is, or the portal does not tell. Agencies
    /// give several candidates one address, how the portal spells a name is not published, and staff correct either.
    fn is_of_the_person(&self, booking: &Booking) -> Option<bool> {
        let candidate = booking.candidate.as_ref()?;
        let name = format!("{} {}", self.details.first_name, self.details.last_name);
        let same_name = candidate.name.as_ref().map(|found| same(found, &name));
        let same_email = candidate.email.as_ref().map(|found| same(found, &self.details.email));
        match (same_name, same_email) {
            (Some(true), Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        }
    }
}

/// Whether two texts are the same apart from case and spaces.
fn same(one: &str, other: &str) -> bool {
    let words = |text: &str| text.to_lowercase().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    words(one) == words(other)
}
