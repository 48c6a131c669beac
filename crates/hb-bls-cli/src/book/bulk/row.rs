//! Books one row: holds a timeslot, books it, and records each step in the journal.
//!
//! A step is recorded before the portal is asked to carry it out. The timeslot is recorded so that a hold whose response
//! was lost can be recognised as ours, and the hold so that a later run can find its booking or make it.

use std::collections::HashSet;

use hb_bls::{Booking, BookingId, BookingStatus, Client, CreateError, Error, ErrorKind, HoldDetails, Rejection};

use super::{
    input::Row,
    journal::{Event, Journal, Slot, State},
};
use crate::{
    book::fields::{Field, Search},
    report::Report,
};

/// How many timeslots are tried before the list is fetched again. Others may have taken them in the meantime.
const TRIES: usize = 10;

/// Why a row was not booked.
#[derive(Debug)]
pub enum RowError {
    /// The portal has refused the row for good, which is recorded in the journal.
    Rejected,
    /// The portal refuses the row for now, but a later run may be able to book it.
    NotNow(Error),
    /// Another attempt may succeed.
    Trouble(Error),
    /// This other row has the account's hold and must be booked first.
    After(usize),
    /// No row can be booked.
    Stop(anyhow::Error),
}

impl From<anyhow::Error> for RowError {
    fn from(error: anyhow::Error) -> Self {
        Self::Stop(error)
    }
}

/// Why a row is not booked yet.
pub struct Reason {
    pub error_kind: String,
    pub reason: String,
    /// Whether the portal has refused the row.
    pub refused: bool,
}

/// Books rows, one at a time.
pub struct BulkBooker<'a> {
    pub client: &'a Client,
    pub rows: &'a [Row],
    pub search: Option<&'a Search>,
    pub journal: Journal,
    /// Rows whose booking has since been cancelled.
    pub cancelled: HashSet<usize>,
    /// Whether such rows are booked again.
    pub rebook_cancelled: bool,
}

impl BulkBooker<'_> {
    /// Books a row, or continues where an earlier run stopped.
    pub async fn book(&mut self, row: usize) -> Result<BookingId, RowError> {
        let hold = match self.journal.state(row).clone() {
            State::Held(hold) => {
                let held = self.client.timeslots().adopt(hold.clone());
                let outcome = self.client.bookings().resume(held, &self.rows[row].order.details).await;
                let booking_id = self.close(row, hold, outcome, true).await?;
                if !self.rebook_cancelled || !self.cancelled.remove(&row) {
                    return Ok(booking_id);
                }
                self.journal.note(row, Event::Reopened)?;
                self.choose(row).await?
            }
            State::Asking(slot) => match self.ask(row, slot).await? {
                Ok(hold) => hold,
                Err(_) => self.choose(row).await?,
            },
            _ => self.choose(row).await?,
        };
        let held = self.client.timeslots().adopt(hold.clone());
        let outcome = self.client.bookings().create(held, &self.rows[row].order.details).await;
        self.close(row, hold, outcome, false).await
    }

    /// Holds the timeslot that the row names, or else the earliest one that is free.
    async fn choose(&mut self, row: usize) -> Result<HoldDetails, RowError> {
        let order = &self.rows[row].order;
        let course_id = order.course_id;
        if let Some((date, time)) = order.at {
            return match self.ask(row, Slot { course_id, date, time }).await? {
                Ok(hold) => Ok(hold),
                // somebody else may have the timeslot, or the account may have another hold; neither lasts
                Err(refusal) if refusal.is_conflict() => Err(RowError::NotNow(refusal)),
                Err(refusal) => Err(self.refused(row, refusal)?),
            };
        }
        let mut refusal = Error::from(ErrorKind::NoTimeslot);
        for slot in self.free(row).await?.into_iter().take(TRIES) {
            match self.ask(row, slot).await? {
                Ok(hold) => return Ok(hold),
                Err(error) => refusal = error,
            }
        }
        // others have taken all of them, or there were none
        Err(match refusal.kind() {
            ErrorKind::NoTimeslot => RowError::NotNow(refusal),
            _ => RowError::Trouble(refusal),
        })
    }

    /// Lists the free timeslots, earliest first.
    async fn free(&mut self, row: usize) -> Result<Vec<Slot>, RowError> {
        let course_id = self.rows[row].order.course_id;
        let mut query = self.client.timeslots().list(course_id);
        if let Some(months) = self.search.and_then(|search| search.months) {
            query = query.months_ahead(months);
        }
        let day = self.search.and_then(|search| search.date);
        if let Some(date) = day {
            query = query.date(date);
        }
        let slots = match query.await {
            Ok(slots) => slots,
            // the search was refused, so it is not about the candidate
            Err(error) if error.is_rejected() => return Err(RowError::Stop(error.into())),
            Err(error) => return Err(self.row_error(row, error)?),
        };
        let slots = slots.into_iter().filter(|slot| day.is_none_or(|day| slot.date == day));
        let mut slots: Vec<_> = slots.map(|slot| Slot { course_id, date: slot.date, time: slot.time }).collect();
        slots.sort_by_key(|slot| (slot.date, slot.time));
        Ok(slots)
    }

    /// Holds a timeslot. The inner error says why the timeslot cannot be held.
    async fn ask(&mut self, row: usize, slot: Slot) -> Result<Result<HoldDetails, Error>, RowError> {
        // the last attempt may have made a hold, and its response may have been lost
        let again = matches!(self.journal.state(row), State::Asking(asked) if *asked == slot);
        self.journal.note(row, Event::Asking { slot })?;
        let mut released = false;
        loop {
            let error = match self.client.timeslots().hold(slot.course_id, slot.date, slot.time).await {
                Ok(hold) => return self.hold(row, hold.keep()),
                Err(error) => error,
            };
            let Some(hold) = error.hold() else {
                if !error.is_conflict() && !is_invalid(&error) {
                    return Err(self.row_error(row, error)?);
                }
                self.journal.note(row, Event::Refused)?;
                return Ok(Err(error));
            };
            match self.owner_of(hold) {
                HoldOwner::Of(owner) if owner != row => {
                    self.journal.note(row, Event::Refused)?;
                    return Err(RowError::After(owner));
                }
                HoldOwner::Of(_) if again => return self.hold(row, hold.clone()),
                // no row needs this hold any more
                HoldOwner::Ours if !released => {
                    released = true;
                    if let Err(error) = self.client.timeslots().release(&hold.hold_hash).await
                        && !error.is_not_found()
                    {
                        return Err(self.row_error(row, error)?);
                    }
                }
                _ => {
                    self.journal.note(row, Event::Refused)?;
                    return Err(RowError::Trouble(error));
                }
            }
        }
    }

    fn hold(&mut self, row: usize, hold: HoldDetails) -> Result<Result<HoldDetails, Error>, RowError> {
        self.journal.note(row, Event::Held { hold: hold.clone() })?;
        Ok(Ok(hold))
    }

    /// Finds out which row the account's hold belongs to.
    fn owner_of(&self, hold: &HoldDetails) -> HoldOwner {
        let states = self.journal.states();
        if self.journal.knows(&hold.hold_hash) {
            let is_of = |state: &State| matches!(state, State::Held(held) if held.hold_hash == hold.hold_hash);
            return states.iter().position(is_of).map_or(HoldOwner::Ours, HoldOwner::Of);
        }
        let is_of = |state: &State| matches!(state, State::Asking(slot) if slot.is_of(hold));
        match states.iter().position(is_of) {
            Some(row) => HoldOwner::Of(row),
            None if self.journal.unanswered().iter().any(|slot| slot.is_of(hold)) => HoldOwner::Ours,
            None => HoldOwner::Unknown,
        }
    }

    /// Records the outcome of a booking. `resumed` means that the hold was made by an earlier attempt.
    async fn close(
        &mut self,
        row: usize,
        hold: HoldDetails,
        outcome: Result<Booking, CreateError>,
        resumed: bool,
    ) -> Result<BookingId, RowError> {
        let error = match outcome.map_err(Error::from) {
            Ok(booking) => {
                self.journal.note(row, Event::Booked { booking_id: booking.id })?;
                if booking.booking_status == Some(BookingStatus::Cancelled) {
                    self.cancelled.insert(row);
                }
                return Ok(booking.id);
            }
            // the hold is kept, so that the next attempt can find out
            Err(error) if error.is_ambiguous() => return Err(RowError::Trouble(error)),
            Err(error) => error,
        };
        let hold = self.client.timeslots().adopt(hold);
        let old = resumed || hold.time_left().is_zero();
        // a remaining hold would block the next row, which notices if it could not be released
        drop(hold.release().await);
        if !is_about_the_row(&error) {
            self.journal.note(row, Event::Lost)?;
        }
        if is_gone(&error, old) {
            return Err(RowError::Trouble(error));
        }
        Err(self.row_error(row, error)?)
    }

    /// What a refusal means for a row. A refusal that names no field of the row may be about the wallet, the hold or the
    /// time of day, so it is not final.
    fn refused(&mut self, row: usize, error: Error) -> anyhow::Result<RowError> {
        if !is_about_the_row(&error) {
            return Ok(RowError::NotNow(error));
        }
        let (error_kind, reason) = tell(&self.rows[row], error);
        self.journal.note(row, Event::Rejected { error_kind, reason })?;
        Ok(RowError::Rejected)
    }

    /// What an error means for this row and for the others.
    fn row_error(&mut self, row: usize, error: Error) -> anyhow::Result<RowError> {
        Ok(match error.kind() {
            ErrorKind::Conflict
            | ErrorKind::RateLimited
            | ErrorKind::Server
            | ErrorKind::Network
            | ErrorKind::Timeout
            | ErrorKind::Decode
            | ErrorKind::Ambiguous => RowError::Trouble(error),
            ErrorKind::NoTimeslot => RowError::NotNow(error),
            ErrorKind::Rejected if is_invalid(&error) => self.refused(row, error)?,
            // every other row would fail in the same way
            _ => RowError::Stop(error.into()),
        })
    }
}

/// Whether the portal refused the content of the request.
fn is_invalid(error: &Error) -> bool {
    error.is_rejected() && matches!(error.status(), Some(400 | 422))
}

/// What the portal said when it refused the content of the request.
fn refused(error: &Error) -> Option<&Rejection> {
    error.rejection().filter(|_| is_invalid(error))
}

/// Whether a refusal names a field of the candidate or the timeslot, which will be the same in a later run.
fn is_about_the_row(error: &Error) -> bool {
    let names = refused(error).into_iter().flat_map(|rejection| rejection.fields().keys());
    let mut named = names.filter_map(|name| Field::named(name));
    // a refused pay option may only mean that the wallet is empty or that the credit limit is reached
    named.any(|field| field != Field::PayOption)
}

/// Whether a booking was refused only because of its hold. It is not published how the portal reports a hold that has
/// expired, so a refusal without any field counts as such if the hold is `old`.
fn is_gone(error: &Error, old: bool) -> bool {
    let names_the_hold =
        |rejection: &Rejection| rejection.fields().keys().eq(["hold_hash"]) || (old && rejection.fields().is_empty());
    error.is_not_found() || error.is_conflict() || refused(error).is_some_and(names_the_hold)
}

/// To whom a hold belongs.
enum HoldOwner {
    /// To this row, which still needs it.
    Of(usize),
    /// To this journal, but no row needs it any more.
    Ours,
    Unknown,
}

/// The kind and the text of an error, without the candidate's data.
pub fn tell(row: &Row, error: Error) -> (String, String) {
    let report = Report::of(&error.into());
    (report.word().to_owned(), row.order.hide(&report.reason()))
}
