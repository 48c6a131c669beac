use hb_bls::{BookingId, CourseId, Date, HoldDetails, Time};
use serde::{Deserialize, Serialize};

/// When, of which course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    pub course_id: CourseId,
    pub date: Date,
    pub time: Time,
}

impl Slot {
    /// Whether a hold is for it.
    pub fn is_of(&self, hold: &HoldDetails) -> bool {
        hold.slot.as_ref().is_some_and(|slot| {
            let course = slot.course.as_ref().is_none_or(|course| course.id == self.course_id);
            course && (slot.date, slot.time) == (self.date, self.time)
        })
    }
}

/// What happened to a row.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// It is about to ask for a timeslot: from here on a hold for it may be ours. Noted again if it is not known what
    /// came of it.
    Asking { slot: Slot },
    /// The timeslot is not to be had.
    Refused,
    /// The timeslot is held, and about to be booked: from here on there may be a booking.
    Held { hold: HoldDetails },
    /// Nothing was booked, and the hold is gone.
    Lost,
    /// Booked.
    Booked { booking_id: BookingId },
    /// Its booking was cancelled, and it is to be booked again.
    Reopened,
    /// It cannot be booked as it is.
    Rejected { error_kind: String, reason: String },
}

/// How a row stands.
#[derive(Debug, Clone)]
pub enum State {
    /// Nothing is under way.
    Open,
    /// There may be a hold.
    Asking(Slot),
    /// There is a hold, and there may be a booking of it.
    Held(HoldDetails),
    Booked {
        booking_id: BookingId,
        slot: Option<(Date, Time)>,
    },
    Rejected {
        error_kind: String,
        reason: String,
    },
}

impl State {
    /// How it stands after this.
    #[must_use]
    pub fn after(self, event: Event) -> Self {
        match event {
            Event::Asking { slot } => Self::Asking(slot),
            Event::Refused | Event::Lost | Event::Reopened => Self::Open,
            Event::Held { hold } => Self::Held(hold),
            Event::Booked { booking_id } => {
                let slot = match self {
                    Self::Held(hold) => hold.slot.map(|slot| (slot.date, slot.time)),
                    _ => None,
                };
                Self::Booked { booking_id, slot }
            }
            Event::Rejected { error_kind, reason } => Self::Rejected { error_kind, reason },
        }
    }

    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Booked { .. } | Self::Rejected { .. })
    }
}
