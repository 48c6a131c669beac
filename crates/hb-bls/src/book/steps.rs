//! Records the steps of a booking that has a key.

use hb_bls_gen::Operation;

use super::BookRequest;
use crate::{
    Client, Error, ErrorKind, HoldDetails, Result,
    model::{Booking, BookingDetails},
    resources::{Candidate, SettleOutcome, SlotRequest, booking_log, settle, unknown},
    state::{BookingProgress, BookingRecord, Fingerprint, LoggedBooking, StateError},
};

/// The `kind` of a booking that was not made because its program ended.
const INTERRUPTED: &str = "interrupted";
/// The `kind` of a booking whose key may be booked again.
const REOPENED: &str = "reopened";

/// The record of a key, as this process has read or written it last.
pub(super) struct Entry {
    client: Client,
    key: String,
    revision: u64,
    record: Option<BookingRecord>,
    /// Whether somebody else has written it since.
    pub(super) is_overtaken: bool,
}

/// The bookings that were begun and not finished, with their keys.
pub(super) async fn unfinished(client: &Client) -> Result<Vec<(String, LoggedBooking)>> {
    let config = &client.pipeline.config;
    booking_log::in_time(client, config.booking_log.unfinished(&config.log_account)).await
}

impl Entry {
    pub(super) async fn read(client: &Client, key: &str) -> Result<Self> {
        let config = &client.pipeline.config;
        let logged = booking_log::in_time(client, config.booking_log.read(&config.log_account, key)).await?;
        let (revision, record) = logged.map_or((0, None), |logged| (logged.revision, Some(logged.record)));
        Ok(Self { client: client.clone(), key: key.to_owned(), revision, record, is_overtaken: false })
    }

    pub(super) fn state(&self) -> Option<&BookingProgress> {
        self.record.as_ref().map(BookingRecord::state)
    }

    /// The names of the fields in which a request differs from the one that is recorded.
    pub(super) fn differences(&self, fingerprint: &Fingerprint) -> Vec<String> {
        self.record.as_ref().map(|record| record.fingerprint.differences(fingerprint)).unwrap_or_default()
    }

    /// Writes a step, unless somebody else has written one since the last.
    pub(super) async fn write(&mut self, state: BookingProgress, fingerprint: Fingerprint) -> Result<()> {
        let config = &self.client.pipeline.config;
        let record = BookingRecord::new(state, fingerprint);
        let written = config.booking_log.write(&config.log_account, &self.key, self.revision, &record);
        if !booking_log::in_time(&self.client, written).await? {
            self.is_overtaken = true;
            return Err(booking_log::failed(StateError::of("another process has taken over the booking of this key")));
        }
        self.revision += 1;
        self.record = Some(record);
        Ok(())
    }

    /// Finds out what happened to an earlier attempt that did not end. If the details are those of that attempt, they
    /// help to find its booking.
    pub(super) async fn settle(&mut self, details: Option<&BookingDetails>) -> Result<()> {
        let Some(BookingRecord { state, fingerprint, .. }) = self.record.clone() else { return Ok(()) };
        let client = self.client.clone();
        let clock = client.pipeline.clock();
        match state {
            BookingProgress::Booked { .. } | BookingProgress::NotBooked { .. } => Ok(()),
            BookingProgress::Holding { slot } => {
                if let Some(wanted) = SlotRequest::of(&slot) {
                    client.memory.lost_holds.interrupted(wanted, clock.now());
                }
                self.write(interrupted(), fingerprint).await
            }
            BookingProgress::Held { hold } => {
                // once this is written, nobody books the hold any more
                self.write(interrupted(), fingerprint).await?;
                match client.timeslots().release(&hold.hold_hash).await {
                    Err(error) if !error.is_not_found() => client.memory.lost_holds.hash(&hold.hold_hash, clock.now()),
                    _ => {}
                }
                Ok(())
            }
            BookingProgress::Booking { hold } | BookingProgress::Unknown { hold } => {
                self.find_out(hold, fingerprint, details).await
            }
        }
    }

    /// Finds out whether a hold was booked.
    async fn find_out(
        &mut self,
        hold: HoldDetails,
        fingerprint: Fingerprint,
        details: Option<&BookingDetails>,
    ) -> Result<()> {
        let client = self.client.clone();
        let clock = client.pipeline.clock();
        let key = client.pipeline.config.digest_key.clone();
        let candidate = details.map_or(Candidate::Logged(&fingerprint, &key), Candidate::Known);
        let state = match settle(&client, &hold, None, candidate).await {
            SettleOutcome::Booked(booking) => {
                client.memory.recent.made(&hold.hold_hash, booking.id, clock.now());
                BookingProgress::Booked { booking_id: booking.id, slot: hold.slot }
            }
            SettleOutcome::NotBooked => interrupted(),
            SettleOutcome::Unknown => BookingProgress::Unknown { hold },
        };
        self.write(state, fingerprint).await
    }

    /// Allows the booking to be made again.
    pub(super) async fn reopen(&mut self) -> Result<()> {
        match self.record.clone() {
            Some(BookingRecord { state: BookingProgress::Booked { .. }, fingerprint, .. }) => {
                self.write(BookingProgress::not_booked(REOPENED, "its key was reopened"), fingerprint).await
            }
            _ => Ok(()),
        }
    }

    /// The error of a booking whose earlier attempt could not be settled.
    pub(super) fn unsettled(hold: &HoldDetails) -> Error {
        unknown(hold, Error::network(Operation::CreateBooking, "an earlier attempt was interrupted"))
    }
}

fn interrupted() -> BookingProgress {
    BookingProgress::not_booked(INTERRUPTED, "the program ended before it booked")
}

/// Records each step before it is taken, if the booking has a key.
pub(super) struct Steps<'a> {
    entry: Option<(&'a mut Entry, &'a Fingerprint)>,
}

impl<'a> Steps<'a> {
    pub(super) fn unrecorded() -> Self {
        Self { entry: None }
    }

    pub(super) fn recorded(entry: &'a mut Entry, fingerprint: &'a Fingerprint) -> Self {
        Self { entry: Some((entry, fingerprint)) }
    }

    async fn write(&mut self, state: impl FnOnce() -> BookingProgress) -> Result<()> {
        match &mut self.entry {
            Some((entry, fingerprint)) => entry.write(state(), (*fingerprint).clone()).await,
            None => Ok(()),
        }
    }

    pub(super) async fn holding(&mut self, wanted: SlotRequest) -> Result<()> {
        self.write(|| BookingProgress::Holding { slot: wanted.to_slot() }).await
    }

    pub(super) async fn held(&mut self, hold: &HoldDetails) -> Result<()> {
        self.write(|| BookingProgress::Held { hold: hold.clone() }).await
    }

    pub(super) async fn booking(&mut self, hold: &HoldDetails) -> Result<()> {
        self.write(|| BookingProgress::Booking { hold: hold.clone() }).await
    }

    /// Records how it ended. If that fails, it is found out when the booking is asked for again.
    pub(super) async fn ended(
        &mut self,
        outcome: Result<&Booking, &Error>,
        hold: Option<&HoldDetails>,
        request: &BookRequest,
    ) {
        if self.entry.as_ref().is_none_or(|(entry, _)| entry.is_overtaken) {
            return;
        }
        let state = || match (outcome, hold) {
            (Ok(booking), hold) => {
                BookingProgress::Booked { booking_id: booking.id, slot: hold.and_then(|hold| hold.slot.clone()) }
            }
            (Err(error), Some(hold)) if error.is_ambiguous() => BookingProgress::Unknown { hold: hold.clone() },
            (Err(error), _) => not_booked(error, request),
        };
        if let Err(error) = self.write(state).await {
            tracing::warn!(error = %format_args!("{error:#}"), "the end of a booking was not recorded");
        }
    }
}

fn not_booked(error: &Error, request: &BookRequest) -> BookingProgress {
    // the portal may quote what it refuses
    let reason = request.details.redact(&messages(error));
    let fields = error.rejection().map(|rejection| rejection.fields().keys().cloned().collect()).unwrap_or_default();
    BookingProgress::NotBooked { kind: error.kind().as_str().to_owned(), reason, fields }
}

/// The portal's messages about what it has rejected, or the error's own.
fn messages(error: &Error) -> String {
    let Some(rejection) = error.rejection() else { return error.to_string() };
    let of_fields = rejection.fields().iter().map(|(field, messages)| format!("{field}: {}", messages.join(" ")));
    match (of_fields.collect::<Vec<_>>(), rejection.message()) {
        (of_fields, _) if !of_fields.is_empty() => of_fields.join("; "),
        (_, Some(message)) => message.to_owned(),
        _ => error.to_string(),
    }
}

/// The error of a key that was used for something else.
pub(super) fn reused(fields: Vec<String>) -> Error {
    Error::from(ErrorKind::KeyReused).with_fields(fields)
}
