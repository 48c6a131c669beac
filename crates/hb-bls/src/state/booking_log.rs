use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hb_bls_gen::BookingId;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::{AccountKey, StateFuture, fingerprint::Fingerprint};
use crate::model::{HoldDetails, Timeslot};

/// Records how far the bookings with a [key](crate::BookRequest::key) have come, so that each is made once, whichever
/// process asks for it, even after a crash.
///
/// [`Client::book`](crate::Client::book) writes each step before it takes it. A log contains no data of a candidate, only
/// digests of it, for which the API key is needed. It does contain the hashes of holds, with which anybody can book or
/// release them, so let nobody else read it. The contract, which `hb_bls::state::conformance` checks:
///
/// - Each key of an account has one record. Keys may contain any characters, and are at most 200 bytes long.
/// - A write replaces the record only if its revision is the expected one. Of writers in a race, one succeeds.
/// - What was written has reached the disk, as far as the store's own settings say, and is what everybody reads from then
///   on. Records are kept forever, unless the user deletes them.
///
/// A step that takes longer than 30 seconds counts as failed.
///
/// The account of a log is not that of the other traits: it does not depend on the API key, which may be replaced while a
/// booking is still open.
pub trait BookingLog: fmt::Debug + Send + Sync {
    /// Reads the record of a key.
    ///
    /// # Errors
    ///
    /// [`StateError`](super::StateError) if the store fails, or the record cannot be read.
    fn read<'a>(&'a self, account: &'a AccountKey, key: &'a str) -> StateFuture<'a, Option<LoggedBooking>>;

    /// Replaces the record of a key if it still has this revision, and gives it the next one. The revision is 0 if there
    /// is no record yet, and the first one is 1. Returns `false` and changes nothing otherwise.
    ///
    /// If the future is dropped, the record is either written or not.
    ///
    /// # Errors
    ///
    /// [`StateError`](super::StateError) if the store fails. The record may have been written nevertheless.
    fn write<'a>(
        &'a self,
        account: &'a AccountKey,
        key: &'a str,
        revision: u64,
        record: &'a BookingRecord,
    ) -> StateFuture<'a, bool>;

    /// The records that are not [finished](BookingRecord::is_finished), with their keys, in any order.
    ///
    /// # Errors
    ///
    /// [`StateError`](super::StateError) if the store fails, or a record cannot be read.
    fn unfinished<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Vec<(String, LoggedBooking)>>;

    /// The key whose record says that this booking was made for it. If several do, it is any of them.
    ///
    /// # Errors
    ///
    /// [`StateError`](super::StateError) if the store fails, or the record cannot be read.
    fn key_of<'a>(&'a self, account: &'a AccountKey, booking_id: BookingId) -> StateFuture<'a, Option<String>>;
}

impl<L: BookingLog + ?Sized> BookingLog for Arc<L> {
    fn read<'a>(&'a self, account: &'a AccountKey, key: &'a str) -> StateFuture<'a, Option<LoggedBooking>> {
        (**self).read(account, key)
    }

    fn write<'a>(
        &'a self,
        account: &'a AccountKey,
        key: &'a str,
        revision: u64,
        record: &'a BookingRecord,
    ) -> StateFuture<'a, bool> {
        (**self).write(account, key, revision, record)
    }

    fn unfinished<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Vec<(String, LoggedBooking)>> {
        (**self).unfinished(account)
    }

    fn key_of<'a>(&'a self, account: &'a AccountKey, booking_id: BookingId) -> StateFuture<'a, Option<String>> {
        (**self).key_of(account, booking_id)
    }
}

/// A record of a [`BookingLog`] with its revision.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LoggedBooking {
    /// How often the record was written.
    pub revision: u64,
    /// The record.
    pub record: BookingRecord,
}

impl LoggedBooking {
    /// Makes what a log returns.
    #[must_use]
    pub const fn new(revision: u64, record: BookingRecord) -> Self {
        Self { revision, record }
    }
}

/// What a [`BookingLog`] stores for a key. It is serialised with serde.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookingRecord {
    #[serde(deserialize_with = "known_format")]
    format: u32,
    #[serde(flatten)]
    pub(crate) state: BookingProgress,
    pub(crate) fingerprint: Fingerprint,
}

/// The version of the format that is written.
const FORMAT: u32 = 1;

fn known_format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        format if format > FORMAT => Err(D::Error::custom("a newer version of hb-bls has written it")),
        format => Ok(format),
    }
}

impl BookingRecord {
    pub(crate) const fn new(state: BookingProgress, fingerprint: Fingerprint) -> Self {
        Self { format: FORMAT, state, fingerprint }
    }

    /// How far the booking has come.
    pub fn state(&self) -> &BookingProgress {
        &self.state
    }

    /// The booking, if it was made.
    pub fn booking_id(&self) -> Option<BookingId> {
        match self.state {
            BookingProgress::Booked { booking_id, .. } => Some(booking_id),
            _ => None,
        }
    }

    /// Whether the booking was made, or will not be made unless somebody asks for it again.
    pub fn is_finished(&self) -> bool {
        matches!(self.state, BookingProgress::Booked { .. } | BookingProgress::NotBooked { .. })
    }
}

/// How far the booking of a key has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum BookingProgress {
    /// It is about to hold this timeslot. There may be a hold, but no booking.
    #[non_exhaustive]
    // existing stores contain this name
    #[serde(rename = "asked")]
    Holding {
        /// The timeslot.
        slot: Timeslot,
    },
    /// It holds a timeslot, and has not begun to book it.
    #[non_exhaustive]
    Held {
        /// The hold.
        hold: HoldDetails,
    },
    /// It is about to book this hold. There may be a booking.
    #[non_exhaustive]
    // existing stores contain this name
    #[serde(rename = "sent")]
    Booking {
        /// The hold.
        hold: HoldDetails,
    },
    /// It was not possible to find out whether the hold was booked. Asking for the booking again makes another attempt
    /// to find out.
    #[non_exhaustive]
    Unknown {
        /// The hold.
        hold: HoldDetails,
    },
    /// The booking was made.
    #[non_exhaustive]
    Booked {
        /// The id of the booking.
        booking_id: BookingId,
        /// The timeslot that was booked, if it is known. Staff may have moved the booking since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slot: Option<Timeslot>,
    },
    /// Nothing was booked, and nothing is held.
    #[non_exhaustive]
    NotBooked {
        /// The name of the [`ErrorKind`](crate::ErrorKind); `interrupted` if the program ended before it booked; or
        /// `reopened` after [`KeyedBookings::reopen`](crate::KeyedBookings::reopen).
        kind: String,
        /// The error's message, without the candidate's data.
        reason: String,
        /// The names of the fields that the portal has rejected.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<String>,
    },
}

impl BookingProgress {
    /// It is about to hold this timeslot.
    #[must_use]
    pub const fn holding(slot: Timeslot) -> Self {
        Self::Holding { slot }
    }

    /// It holds a timeslot, and has not begun to book it.
    #[must_use]
    pub const fn held(hold: HoldDetails) -> Self {
        Self::Held { hold }
    }

    /// It is about to book this hold.
    #[must_use]
    pub const fn booking(hold: HoldDetails) -> Self {
        Self::Booking { hold }
    }

    /// It was not possible to find out whether the hold was booked.
    #[must_use]
    pub const fn unknown(hold: HoldDetails) -> Self {
        Self::Unknown { hold }
    }

    /// The booking was made.
    #[must_use]
    pub const fn booked(booking_id: BookingId, slot: Option<Timeslot>) -> Self {
        Self::Booked { booking_id, slot }
    }

    /// Nothing was booked. The reason must not contain the candidate's data.
    #[must_use]
    pub fn not_booked(kind: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::NotBooked { kind: kind.into(), reason: reason.into(), fields: Vec::new() }
    }
}

/// Keeps the log in memory, for one process. Clones share it. It is the default of a client.
#[derive(Debug, Clone, Default)]
pub struct MemoryBookingLog(Arc<Mutex<HashMap<(AccountKey, String), LoggedBooking>>>);

impl MemoryBookingLog {
    fn records(&self) -> MutexGuard<'_, HashMap<(AccountKey, String), LoggedBooking>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BookingLog for MemoryBookingLog {
    fn read<'a>(&'a self, account: &'a AccountKey, key: &'a str) -> StateFuture<'a, Option<LoggedBooking>> {
        Box::pin(async move { Ok(self.records().get(&(account.clone(), key.to_owned())).cloned()) })
    }

    fn write<'a>(
        &'a self,
        account: &'a AccountKey,
        key: &'a str,
        revision: u64,
        record: &'a BookingRecord,
    ) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let mut records = self.records();
            let place = (account.clone(), key.to_owned());
            let is_expected = records.get(&place).map_or(0, |logged| logged.revision) == revision;
            if is_expected {
                records.insert(place, LoggedBooking { revision: revision + 1, record: record.clone() });
            }
            Ok(is_expected)
        })
    }

    fn unfinished<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Vec<(String, LoggedBooking)>> {
        Box::pin(async move {
            let records = self.records();
            let open = records.iter().filter(|((of, _), logged)| of == account && !logged.record.is_finished());
            Ok(open.map(|((_, key), logged)| (key.clone(), logged.clone())).collect())
        })
    }

    fn key_of<'a>(&'a self, account: &'a AccountKey, booking_id: BookingId) -> StateFuture<'a, Option<String>> {
        Box::pin(async move {
            let records = self.records();
            let mut records = records.iter().filter(|((of, _), _)| of == account);
            let found = records.find(|(_, logged)| logged.record.booking_id() == Some(booking_id));
            Ok(found.map(|((_, key), _)| key.clone()))
        })
    }
}
