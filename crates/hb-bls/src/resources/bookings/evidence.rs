//! Judges whether a booking of the list is the one that a hold was booked for.

use hb_bls_gen::{BookingId, BookingStatus};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Client, HoldDetails,
    model::{Booking, BookingDetails},
    resources::timeslots::LIFETIME,
    state::{DigestKey, Fingerprint, normalized},
};

/// How much the portal's clock and ours may differ. The expiry of a hold may be known by our clock only.
pub(super) const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How much the clocks of the portal's own hosts may differ.
const SPREAD: SignedDuration = SignedDuration::from_secs(5);

/// What a booking is compared with.
pub(super) struct Evidence<'a> {
    pub(super) hold: &'a HoldDetails,
    pub(super) candidate: Candidate<'a>,
    /// Bookings that this client made with other holds.
    others: Vec<BookingId>,
}

/// The candidate whose booking we look for.
#[derive(Clone, Copy)]
pub(crate) enum Candidate<'a> {
    Known(&'a BookingDetails),
    /// By digests, from a log that contains no personal data.
    Logged(&'a Fingerprint, &'a DigestKey),
}

impl Candidate<'_> {
    fn is_name(&self, name: &str) -> Option<bool> {
        match self {
            Self::Known(details) => {
                Some(normalized(name) == normalized(&format!("{} {}", details.first_name, details.last_name)))
            }
            Self::Logged(fingerprint, key) => fingerprint.is_name(key, name),
        }
    }

    fn is_email(&self, email: &str) -> Option<bool> {
        match self {
            Self::Known(details) => Some(normalized(email) == normalized(&details.email)),
            Self::Logged(fingerprint, key) => fingerprint.is_email(key, email),
        }
    }

    /// The email address, if it is known.
    pub(super) fn email(&self) -> Option<&str> {
        match self {
            Self::Known(details) => Some(&details.email),
            Self::Logged(..) => None,
        }
    }
}

/// The judgement of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the booking that we look for.
    Match,
    /// It is the booking that we look for, but it was moved to another time or cancelled.
    MatchMoved,
    /// It fits, but it was created in the very second in which the hold was made, so it may be an earlier booking of
    /// the candidate.
    SameSecond,
    /// It may be the booking that we look for, but too little is known about it.
    Uncertain,
    /// It was created so shortly before the hold that it is another booking, unless the clocks differ.
    NearMiss,
    NoMatch,
}

/// When a booking was created, compared with the lifetime of the hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Created {
    Within,
    /// In the second in which the hold was made.
    SameSecond,
    /// Outside the hold's lifetime, but so close to it that a difference of clocks may explain it.
    Near,
    Outside,
    Unknown,
}

impl<'a> Evidence<'a> {
    pub(super) fn new(hold: &'a HoldDetails, candidate: Candidate<'a>, client: &Client) -> Self {
        let now = client.pipeline.clock().now();
        Self { hold, candidate, others: client.memory.recent.made_of_others(&hold.hold_hash, now) }
    }

    pub(super) fn judge(&self, booking: &Booking) -> Verdict {
        let created = self.created(booking);
        if self.others.contains(&booking.id) || created == Created::Outside {
            return Verdict::NoMatch;
        }
        let course = booking.course.as_ref().map(|course| course.id);
        let slot = self.hold.slot.as_ref();
        let held = slot.and_then(|slot| slot.course.as_ref()).map(|course| course.id);
        let same_course = course.zip(held).map(|(course, held)| course == held);
        let same_person = self.is_of_the_person(booking);
        if same_course == Some(false) || same_person == Some(false) {
            return Verdict::NoMatch;
        }
        let starts_at = slot.and_then(|slot| slot.starts_at());
        let start = booking.start_date.as_ref();
        let same_time = start.zip(starts_at).map(|(start, held)| start.timestamp() == held.timestamp());
        let cancelled = booking.booking_status == Some(BookingStatus::Cancelled);
        let as_it_was_held = same_time == Some(true) && !cancelled;
        let sure = same_person == Some(true) && (same_course == Some(true) || as_it_was_held);
        match created {
            _ if sure && as_it_was_held => Verdict::Match,
            Created::Within if sure => Verdict::MatchMoved,
            Created::SameSecond if sure => Verdict::SameSecond,
            Created::Near => Verdict::NearMiss,
            _ => Verdict::Uncertain,
        }
    }

    fn created(&self, booking: &Booking) -> Created {
        let (Some(at), Some((made, expires))) = (booking.created_at, self.hold_lived()) else {
            return Created::Unknown;
        };
        // if the portal sends both times, they are by one clock; otherwise our clock may be off either way
        let slack = if self.hold.expires_at_is_estimated { SKEW } else { SPREAD };
        let (since_made, until_expiry) = (at.duration_since(made), expires.duration_since(at));
        if since_made < -slack || until_expiry < -slack {
            Created::Outside
        } else if at == made && !self.hold.expires_at_is_estimated {
            Created::SameSecond
        } else if since_made.is_negative()
            || until_expiry.is_negative()
            || (self.hold.expires_at_is_estimated && since_made <= slack)
        {
            Created::Near
        } else {
            Created::Within
        }
    }

    /// The first and the last moment of the hold, if it was not booked before: by the portal's clock, or nearly so.
    pub(super) fn hold_lived(&self) -> Option<(Timestamp, Timestamp)> {
        let expires = self.hold.expires_at?;
        Some((expires.saturating_sub(LIFETIME).ok()?, expires))
    }

    /// Whether name and email are those of the candidate. `None` if only one of them is, or the portal does not send
    /// them. Agencies use one address for several candidates, the portal may spell names differently, and staff correct
    /// either.
    fn is_of_the_person(&self, booking: &Booking) -> Option<bool> {
        let candidate = booking.candidate.as_ref()?;
        let same_name = candidate.name.as_ref().and_then(|found| self.candidate.is_name(found));
        let same_email = candidate.email.as_ref().and_then(|found| self.candidate.is_email(found));
        match (same_name, same_email) {
            (Some(true), Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        }
    }
}
