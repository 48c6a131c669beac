//! The known state of a booking, so that a change that both an event and the reconciler report is handled once.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{KnownState, KnownStateChange, Origin};
use crate::{
    Attendance, Booking, BookingStatus, EquipmentStatus, PayOption, PayStatus, WebhookEventType, webhook::Event,
};

/// By how much the portal's clock and ours may differ, and how long an event may take from the change to a reader.
pub(super) const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// For how long after its training a booking is expected to change.
const OPEN_FOR: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// The value of what was so, and is not any more.
const ENDED: &str = "no";

/// What an event can report, in the order in which it mostly happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Created,
    Confirmed,
    Rescheduled,
    AttendanceMarked,
    EquipmentLate,
    CertificateAvailable,
    Cancelled,
}

impl Kind {
    fn of(event_type: &WebhookEventType) -> Option<Self> {
        use WebhookEventType as Type;
        Some(match event_type {
            Type::BookingCreated => Self::Created,
            Type::BookingConfirmed => Self::Confirmed,
            Type::BookingRescheduled => Self::Rescheduled,
            Type::BookingAttendanceMarked => Self::AttendanceMarked,
            Type::BookingEquipmentLate => Self::EquipmentLate,
            Type::BookingCertificateAvailable => Self::CertificateAvailable,
            Type::BookingCancelled => Self::Cancelled,
            _ => return None,
        })
    }

    pub(super) const fn event_type(self) -> WebhookEventType {
        use WebhookEventType as Type;
        match self {
            Self::Created => Type::BookingCreated,
            Self::Confirmed => Type::BookingConfirmed,
            Self::Rescheduled => Type::BookingRescheduled,
            Self::AttendanceMarked => Type::BookingAttendanceMarked,
            Self::EquipmentLate => Type::BookingEquipmentLate,
            Self::CertificateAvailable => Type::BookingCertificateAvailable,
            Self::Cancelled => Type::BookingCancelled,
        }
    }

    /// What an event of this kind reports about the booking that it comes with. If the field is missing, that it has
    /// happened.
    fn value(self, booking: &Booking) -> String {
        let value = match self {
            Self::Rescheduled => start(booking),
            Self::AttendanceMarked => booking.attendance.as_ref().map(|it| it.as_str().to_owned()),
            _ => None,
        };
        value.unwrap_or_else(|| "yes".to_owned())
    }
}

fn start(booking: &Booking) -> Option<String> {
    booking.start_date.as_ref().map(|start| start.timestamp().to_string())
}

/// What a booking shows, by the documented meaning of the events. Its start is no news in itself, only another start is.
pub(super) fn shown(booking: &Booking) -> Vec<(Kind, String)> {
    let status = booking.booking_status.as_ref();
    let candidate_pays = booking.pay_option.as_ref() == Some(&PayOption::CandidatePays);
    let is_cancelled = status == Some(&BookingStatus::Cancelled);
    // a booking that the candidate never paid for was never confirmed
    let was_confirmed = is_cancelled && (!candidate_pays || booking.pay_status == Some(PayStatus::Completed));
    let is_confirmed = status == Some(&BookingStatus::Booked) || was_confirmed;
    let kinds = [
        (Kind::Created, is_confirmed),
        (Kind::Confirmed, is_confirmed && candidate_pays),
        (Kind::Rescheduled, booking.start_date.is_some()),
        (Kind::AttendanceMarked, booking.attendance.is_some()),
        (Kind::EquipmentLate, booking.equipment_status == Some(EquipmentStatus::Late)),
        (Kind::CertificateAvailable, booking.certificate_available == Some(true)),
        (Kind::Cancelled, is_cancelled),
    ];
    kinds.into_iter().filter(|(_, is_so)| *is_so).map(|(kind, _)| (kind, kind.value(booking))).collect()
}

/// What was handled of a booking, or is ignored as already known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Facts {
    /// When the booking was made, in seconds.
    #[serde(rename = "made", skip_serializing_if = "Option::is_none")]
    pub(super) created_at: Option<i64>,
    #[serde(flatten)]
    pub(super) facts: BTreeMap<Kind, Fact>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Fact {
    #[serde(rename = "is")]
    pub(super) value: String,
    /// Whether the reconciler has reported it, and the event may be still to come.
    #[serde(rename = "found", default, skip_serializing_if = "std::ops::Not::not")]
    found: bool,
    /// When it occurred, or was seen, in seconds.
    pub(super) at: i64,
}

impl Fact {
    pub(super) fn time(&self) -> Timestamp {
        Timestamp::from_second(self.at).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl Facts {
    /// A note that cannot be read is as good as none.
    pub(super) fn read(note: Option<&KnownState>) -> Self {
        note.and_then(|note| serde_json::from_str(&note.text).ok()).unwrap_or_default()
    }

    /// Records everything that the booking shows as known.
    pub(super) fn learn_all(&mut self, booking: &Booking, now: Timestamp) {
        self.facts = shown(booking).into_iter().map(|(kind, value)| (kind, fact(value, false, now))).collect();
    }

    /// Records what is not news as known: when it was made, and at first when it starts. An event may still report it.
    pub(super) fn learn(&mut self, booking: &Booking, now: Timestamp) {
        self.created_at = self.created_at.or_else(|| booking.created_at.map(Timestamp::as_second));
        if let Some(start) = start(booking) {
            self.facts.entry(Kind::Rescheduled).or_insert_with(|| fact(start, false, now));
        }
    }

    /// Records that something is no longer so, so that it is news when it begins again.
    pub(super) fn learn_ends(&mut self, shown: &[(Kind, String)], now: Timestamp) {
        let may_end = |kind: Kind| !matches!(kind, Kind::Created | Kind::Confirmed | Kind::Rescheduled);
        let is_shown = |kind: Kind| shown.iter().any(|(it, _)| *it == kind);
        for (kind, known) in &mut self.facts {
            if may_end(*kind) && !is_shown(*kind) && known.value != ENDED && known.time() <= now - MARGIN {
                *known = fact(ENDED.to_owned(), false, now);
            }
        }
    }

    fn holds(&self, kind: Kind) -> bool {
        self.facts.get(&kind).is_some_and(|fact| fact.value != ENDED)
    }

    pub(super) fn known_state(&self, booking: &Booking, now: Timestamp) -> Option<KnownState> {
        let is_over = self.holds(Kind::Cancelled)
            || self.holds(Kind::CertificateAvailable)
            || booking.attendance == Some(Attendance::NoShow) && booking.equipment_status == Some(EquipmentStatus::In)
            || booking
                .start_date
                .as_ref()
                .is_some_and(|start| start.timestamp().checked_add(OPEN_FOR).is_ok_and(|over| over < now));
        Some(KnownState { text: serde_json::to_string(self).ok()?, may_change: !is_over })
    }
}

fn fact(value: String, found: bool, at: Timestamp) -> Fact {
    Fact { value, found, at: at.as_second() }
}

/// What to do with an event.
#[derive(Debug, PartialEq)]
pub(super) struct Judgement {
    /// Whether it reports something that was not handled.
    pub(super) is_news: bool,
    /// What is known once it is done.
    pub(super) change: Option<KnownStateChange>,
}

/// Compares an event with what is known of its booking.
pub(super) fn judge(known: Option<&KnownState>, event: &Event, origin: Origin, received_at: Timestamp) -> Judgement {
    let Some((kind, booking)) = Kind::of(&event.event_type).zip(event.data.booking()) else {
        return Judgement { is_news: true, change: None };
    };
    let (mut facts, value) = (Facts::read(known), kind.value(booking));
    let at = event.occurred_at.unwrap_or(received_at);
    let before = facts.facts.get(&kind);
    let is_news = before.is_none_or(|before| match origin {
        Origin::Delivered => !is_already_found(before, &value, at),
        // what was delivered meanwhile is newer than what was seen
        Origin::Reconciled => before.value != value && (before.found || before.time() <= at - MARGIN),
    });
    match (origin, before) {
        // the next event of this kind is another
        (Origin::Delivered, Some(before)) if !is_news && before.value == value => {
            let delivered = Fact { found: false, ..before.clone() };
            facts.facts.insert(kind, delivered);
        }
        _ if !is_news => {}
        // it has arrived late: what is known is newer. What was found may be older, and is found again if it is not.
        (_, Some(before)) if before.time() > at && before.value != value && !before.found => {}
        _ => drop(facts.facts.insert(kind, fact(value, origin == Origin::Reconciled, at))),
    }
    facts.learn(booking, at);
    let before = known.map(|known| known.text.clone());
    Judgement {
        is_news,
        change: facts.known_state(booking, received_at).map(|after| KnownStateChange { before, after }),
    }
}

/// Whether the reconciler has found what this event reports, or something newer.
fn is_already_found(before: &Fact, value: &str, at: Timestamp) -> bool {
    let seen = before.time();
    before.found && if before.value == value { at <= seen + MARGIN } else { at < seen - MARGIN }
}

#[cfg(test)]
mod tests;
