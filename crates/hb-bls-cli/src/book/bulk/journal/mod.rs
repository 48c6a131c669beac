//! The progress of a bulk run: a booking log in a file of the user's choice. Its first line says what it is for.
//!
//! Rows are recognised by their candidate and training, as a digest with a salt that only the journal has. A row may be
//! corrected until it is booked.

mod header;
mod version1;

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use hb_bls::{
    BookRequest, BookingId, Client, Date, Time,
    state::{AccountKey, BookingProgress, FileBookingLog},
};
use header::{FoundJournal, Header, begin, sync_folder};

use super::{account::Account, digest::digest, input::Row};
use crate::{
    atomic_file,
    book::fields::{Field, Search},
    report::{Failure, Kind},
    words::words,
};

/// The state of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// It is still to be booked.
    Open,
    /// A run was booking it and did not finish.
    Begun,
    Booked {
        booking_id: BookingId,
        slot: Option<(Date, Time)>,
    },
    /// The portal refused what the row says, and the row still says it.
    Rejected {
        error_kind: String,
        reason: String,
    },
}

impl State {
    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Booked { .. } | Self::Rejected { .. })
    }
}

/// A journal, and how the rows of a file stand by it.
#[derive(Debug)]
pub struct Journal {
    requests: Vec<BookRequest>,
    keys: Vec<String>,
    states: Vec<State>,
    /// Rows that were booked with other details, and the names of these.
    pub changed: Vec<(usize, Vec<String>)>,
}

impl Journal {
    /// Continues a journal, or starts one. `clients` makes a client whose booking log is a file.
    pub async fn open(
        path: &Path,
        clients: &dyn Fn(&Path) -> Result<Client>,
        account: &Account,
        rows: &[Row],
        search: Option<&Search>,
    ) -> Result<Self> {
        let cannot = || format!("cannot use the journal {}", path.display());
        let (locked, begun) = begin(path, account).await.with_context(cannot)?;
        let header = match begun {
            FoundJournal::Version2(header) => header,
            // nobody else begins meanwhile
            FoundJournal::Version1(text) => {
                upgrade(path, &text, clients, account, rows, search).await.with_context(cannot)?
            }
        };
        drop(locked);
        Self::load(path, &header, &clients(path)?, account, rows, search).await.with_context(cannot)
    }

    /// How each row stands by a journal, if there is one. Changes nothing.
    pub async fn peek(
        path: &Path,
        client: &Client,
        account: &Account,
        rows: &[Row],
        search: Option<&Search>,
    ) -> Result<Vec<State>> {
        let cannot = || format!("cannot use the journal {}", path.display());
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![State::Open; rows.len()]),
            Err(error) => return Err(error).with_context(cannot),
        };
        match FoundJournal::read(&text, account).with_context(cannot)? {
            Some(FoundJournal::Version2(header)) => {
                Ok(Self::load(path, &header, client, account, rows, search).await.with_context(cannot)?.states)
            }
            Some(FoundJournal::Version1(text)) => {
                let states = version1::read(&text, account, search, rows).with_context(cannot)?;
                Ok(states.into_iter().map(|state| state.map_or(State::Open, |state| stands(&state, false))).collect())
            }
            None => Ok(vec![State::Open; rows.len()]),
        }
    }

    async fn load(
        path: &Path,
        header: &Header,
        client: &Client,
        account: &Account,
        rows: &[Row],
        search: Option<&Search>,
    ) -> Result<Self> {
        let keys: Vec<_> = rows.iter().map(|row| key(&header.salt, row)).collect();
        let requests: Vec<_> = rows.iter().zip(&keys).map(|(row, key)| request(row, search, key)).collect();
        let mut journal = Self { requests, keys, states: Vec::new(), changed: Vec::new() };
        let known = FileBookingLog::at(path)
            .records(&AccountKey::without_api_key(&account.base_url, &account.hb_client_id))
            .await
            .map_err(unreadable)?;
        for (row, (request, key)) in journal.requests.iter().zip(&journal.keys).enumerate() {
            let Some(logged) = known.get(key) else {
                journal.states.push(State::Open);
                continue;
            };
            let differences = client.keyed_bookings().differences(request).await.map_err(unreadable)?;
            let state = stands(logged.record.state(), !differences.is_empty());
            if matches!(state, State::Booked { .. }) && !differences.is_empty() {
                journal.changed.push((row, differences));
            }
            journal.states.push(state);
        }
        // or may have been, if the run did not finish
        let booked = |state: &BookingProgress| !matches!(state, BookingProgress::NotBooked { .. });
        let here: HashSet<_> = journal.keys.iter().collect();
        let missing = known.iter().filter(|(key, logged)| booked(logged.record.state()) && !here.contains(key)).count();
        let new: Vec<_> = rows.iter().zip(&journal.keys).filter(|(_, key)| !known.contains_key(*key)).collect();
        if missing > 0 && !new.is_empty() {
            return Err(replaced(missing, &new.iter().map(|(row, _)| row.line).collect::<Vec<_>>()).into());
        }
        Ok(journal)
    }

    /// What to book for a row.
    pub fn request(&self, row: usize) -> &BookRequest {
        &self.requests[row]
    }

    /// The state of a row.
    pub fn state(&self, row: usize) -> &State {
        self.states.get(row).unwrap_or(&State::Open)
    }

    /// How all rows stand.
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// Looks how a row stands after it was booked, or was not.
    pub async fn update(&mut self, client: &Client, row: usize) -> Result<(), hb_bls::Error> {
        let known = client.keyed_bookings().get(&self.keys[row]).await?;
        self.states[row] = known.map_or(State::Open, |known| stands(&known.state, false));
        Ok(())
    }

    /// Lets a row be booked again.
    pub async fn reopen(&mut self, client: &Client, row: usize) -> Result<(), hb_bls::Error> {
        client.keyed_bookings().reopen(&self.keys[row]).await?;
        self.update(client, row).await
    }
}

/// How a row stands by its record. `differs`: whether the row has been changed since.
fn stands(state: &BookingProgress, differs: bool) -> State {
    match state {
        BookingProgress::Booked { booking_id, slot, .. } => {
            State::Booked { booking_id: *booking_id, slot: slot.as_ref().map(|slot| (slot.date, slot.time)) }
        }
        BookingProgress::NotBooked { kind, reason, fields, .. } if !differs && is_about_the_row(fields) => {
            State::Rejected { error_kind: kind.clone(), reason: reason.clone() }
        }
        BookingProgress::NotBooked { .. } => State::Open,
        _ => State::Begun,
    }
}

/// Whether a refusal names what the row says of the candidate or the timeslot, which no later run changes. The wallet may
/// have been empty, or the credit limit reached.
pub fn is_about_the_row<'a>(fields: impl IntoIterator<Item = &'a String>) -> bool {
    fields.into_iter().filter_map(|name| Field::named(name)).any(|field| field != Field::PayOption)
}

/// Recognises a row whose other details are corrected. One of these is the day of which it wants the earliest timeslot.
fn key(salt: &str, row: &Row) -> String {
    let order = &row.order;
    let at = order.at.map(|(date, time)| format!("{date} {time}")).unwrap_or_default();
    let (course, name, email) = (order.course_id.to_string(), order.name(), words(&order.details.email));
    digest([salt, &course, &at, &name, &email].map(str::as_bytes))
}

fn request(row: &Row, search: Option<&Search>, key: &str) -> BookRequest {
    let (course_id, details) = (row.order.course_id, row.order.details.clone());
    let request = match (row.order.at, row.order.day(search)) {
        (Some((date, time)), _) => BookRequest::at(course_id, date, time, details),
        (None, Some(date)) => BookRequest::earliest_on(course_id, date, details),
        (None, None) => BookRequest::earliest(course_id, details),
    };
    // a day of its own may be later
    match search.filter(|_| row.order.on.is_none()).and_then(|search| search.months) {
        Some(months) => request.months_ahead(months),
        None => request,
    }
    .key(key)
}

/// Replaces a journal of an earlier version, once all of it has been carried over. The old file is kept beside it.
async fn upgrade(
    path: &Path,
    text: &[u8],
    clients: &dyn Fn(&Path) -> Result<Client>,
    account: &Account,
    rows: &[Row],
    search: Option<&Search>,
) -> Result<Header> {
    let states = version1::read(text, account, search, rows)?;
    let (header, new) = (Header::new(account), beside(path, "new"));
    atomic_file::write(&new, &header.line()?)?;
    let client = clients(&new)?;
    for (row, state) in rows.iter().zip(states) {
        if let Some(state) = state {
            client.keyed_bookings().record(&request(row, search, &key(&header.salt, row)), state).await?;
        }
    }
    fs::copy(path, beside(path, "old"))?;
    fs::rename(&new, path)?;
    sync_folder(path)?;
    Ok(header)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}.{end}", path.display()))
}

fn unreadable(error: impl std::error::Error + 'static) -> Failure {
    let causes: Vec<_> = anyhow::Chain::new(&error).map(ToString::to_string).collect();
    Failure::new(Kind::Other, causes.last().cloned().unwrap_or_default())
        .hint("see who is booked with `hb-bls bookings list`, and book the others from another file with a new journal")
}

fn replaced(missing: usize, lines: &[usize]) -> Failure {
    let shown: Vec<_> = lines.iter().take(10).map(ToString::to_string).collect();
    let more = if lines.len() > shown.len() { ", ..." } else { "" };
    let what = format!(
        "{missing} of the candidates that it has booked are not in the file any more, and there are new ones: line {}{more}",
        shown.join(", ")
    );
    Failure::new(Kind::Usage, what).hint(
        "if the new ones are other people, book them from a file of their own with a new journal; otherwise put the name, \
         email address, course and time back as they were",
    )
}
