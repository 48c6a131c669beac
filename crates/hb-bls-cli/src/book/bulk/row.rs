//! The outcome of one row, and whether the run continues after it.

use hb_bls::{Booking, BookingStatus, Error, ErrorKind};

use super::{input::Row, journal::is_about_the_row};
use crate::report::Report;

/// Why a row was not booked.
#[derive(Debug)]
pub enum RowError {
    /// The portal refused what the row says.
    Rejected(Error),
    /// It is refused as things are; a later run may book it.
    NotNow(Error),
    /// It may work if it is tried again.
    Trouble(Error),
    /// No row will work.
    Stop(Error),
}

/// Why a row is not booked yet.
pub struct Reason {
    /// `rejected` if the portal has refused it, `failed` if it did not come to that, `left` if it was not tried, `skipped` if it is not
    /// to be.
    pub outcome: &'static str,
    pub error_kind: Option<String>,
    pub reason: String,
}

impl RowError {
    /// What an error of `book` means for a row, which names its timeslot or not.
    pub fn new(error: Error, names_its_timeslot: bool) -> Self {
        let is_of = |operation| error.operation() == Some(operation);
        match error.kind() {
            // the question is wrong, not the candidate
            ErrorKind::Rejected if is_of("listTimeslots") => Self::Stop(error),
            ErrorKind::Rejected if is_invalid(&error) => {
                let fields = error.rejection().map(|rejection| rejection.fields());
                // the timeslot is not to be had any more, or the hold has expired meanwhile
                let is_gone = fields.is_some_and(|fields| fields.keys().eq(["hold_hash"]));
                match fields {
                    _ if is_gone => Self::Trouble(error),
                    Some(fields) if is_about_the_row(fields.keys()) => Self::Rejected(error),
                    _ => Self::NotNow(error),
                }
            }
            // somebody else may have the timeslot, or the account a hold of which nothing is known: neither stays
            ErrorKind::Conflict
                if names_its_timeslot && is_of("holdTimeslot") && error.conflicting_hold().is_none() =>
            {
                Self::NotNow(error)
            }
            ErrorKind::NoTimeslot | ErrorKind::KeyReused => Self::NotNow(error),
            ErrorKind::Conflict
            | ErrorKind::NotFound
            | ErrorKind::RateLimited
            | ErrorKind::Server
            | ErrorKind::Network
            | ErrorKind::Timeout
            | ErrorKind::Decode
            | ErrorKind::Ambiguous => Self::Trouble(error),
            // as it is with this row it will be with all
            _ => Self::Stop(error),
        }
    }
}

/// Whether the portal refused what it was sent.
fn is_invalid(error: &Error) -> bool {
    matches!(error.status(), Some(400 | 422))
}

/// Whether staff have cancelled a booking since it was made.
pub fn is_cancelled(booking: &Booking) -> bool {
    booking.booking_status == Some(BookingStatus::Cancelled)
}

/// The kind of an error and its message, without the candidate's data.
pub fn tell(row: &Row, error: Error) -> (String, String) {
    let report = Report::of(&error.into());
    (report.word().to_owned(), row.order.details.redact(&report.reason()))
}
