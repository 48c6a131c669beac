//! A log of bookings in a folder, with a file for each account.

use std::{
    borrow::Cow,
    collections::HashMap,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use hb_bls_gen::BookingId;
use serde::{Deserialize, Serialize};

use super::store::{open, sync_folders, try_lock, when_unlocked};
use crate::state::{AccountKey, BookingLog, BookingRecord, LoggedBooking, StateError, StateFuture};

/// A [`BookingLog`] in a folder. From [`FileState::booking_log`](super::FileState::booking_log).
///
/// Each account has a file to which a line of JSON is appended for each step; it reaches the disk before the step is taken. A
/// last line that was cut off by a power failure is removed. A line in the middle that cannot be read is an error, because
/// it may be about a booking that was made. Lines that begin with `{"comment":` are skipped.
#[derive(Debug, Clone)]
pub struct FileBookingLog {
    storage: Storage,
    /// What was read of each file.
    read: Arc<Mutex<HashMap<PathBuf, Contents>>>,
}

#[derive(Debug, Clone)]
enum Storage {
    /// A file for each account.
    Folder(Arc<Path>),
    /// One file for all.
    File(Arc<Path>),
}

/// What is in a file up to a length.
#[derive(Debug, Default)]
struct Contents {
    length: u64,
    lines: u64,
    /// By account and key.
    records: HashMap<(String, String), LoggedBooking>,
}

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    account: Cow<'a, str>,
    key: Cow<'a, str>,
    #[serde(flatten)]
    record: Cow<'a, BookingRecord>,
}

const COMMENT: &[u8] = b"{\"comment\":";

impl FileBookingLog {
    pub(super) fn new(folder: &Path) -> Self {
        Self { storage: Storage::Folder(folder.into()), read: Arc::default() }
    }

    /// Uses this file for all accounts. It is created when it is first needed.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self { storage: Storage::File(path.as_ref().into()), read: Arc::default() }
    }

    /// Returns all records of an account, with their keys.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the file cannot be read.
    pub async fn records(&self, account: &AccountKey) -> Result<HashMap<String, LoggedBooking>, StateError> {
        let of = account.to_string();
        let select = move |contents: &mut Contents, _: &mut File| {
            let records = contents.records.iter().filter(|((account, _), _)| *account == of);
            Ok(records.map(|((_, key), logged)| (key.clone(), logged.clone())).collect())
        };
        self.with(account, select).await
    }

    fn path(&self, account: &AccountKey) -> PathBuf {
        match &self.storage {
            Storage::Folder(folder) => folder.join(format!("bookings-{account}.jsonl")),
            Storage::File(path) => path.to_path_buf(),
        }
    }

    /// Does something with the newest contents of an account's file, while nobody else writes to it.
    async fn with<R: Send + 'static>(
        &self,
        account: &AccountKey,
        work: impl Fn(&mut Contents, &mut File) -> io::Result<R> + Send + Sync + 'static,
    ) -> Result<R, StateError> {
        let (log, path) = (self.clone(), self.path(account));
        when_unlocked(move || log.try_with(&path, &work)).await
    }

    fn try_with<R>(
        &self,
        path: &Path,
        work: impl FnOnce(&mut Contents, &mut File) -> io::Result<R>,
    ) -> io::Result<Option<R>> {
        let mut file = open(path)?;
        if !try_lock(&file)? {
            return Ok(None);
        }
        let mut all = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let contents = all.entry(path.to_owned()).or_default();
        let outcome = contents.catch_up(&mut file).and_then(|()| work(contents, &mut file));
        if outcome.is_err() {
            // what was written in part is read again
            all.remove(path);
        }
        outcome.map(Some)
    }
}

impl Contents {
    /// Reads what others have appended.
    fn catch_up(&mut self, file: &mut File) -> io::Result<()> {
        if file.metadata()?.len() < self.length {
            *self = Self::default();
        }
        file.seek(SeekFrom::Start(self.length))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let mut rest = text.as_slice();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = (&rest[..end], &rest[end + 1..]);
            match serde_json::from_slice::<Line<'_>>(line) {
                Ok(Line { account, key, record }) => {
                    self.take((account.into_owned(), key.into_owned()), record.into_owned());
                }
                Err(_) if line.starts_with(COMMENT) => {}
                // a block that has not reached the disk reads as zeros
                Err(_) if after.is_empty() && line.contains(&0) => break,
                Err(error) => {
                    let message = format!("line {} of the booking log cannot be read: {error}", self.lines + 1);
                    return Err(io::Error::new(io::ErrorKind::InvalidData, message));
                }
            }
            self.lines += 1;
            self.length += u64::try_from(end + 1).unwrap_or(0);
            rest = after;
        }
        Ok(())
    }

    fn take(&mut self, key: (String, String), record: BookingRecord) {
        let revision = self.records.get(&key).map_or(0, |logged| logged.revision) + 1;
        self.records.insert(key, LoggedBooking { revision, record });
    }

    /// Appends a line in place of one that was cut off.
    fn append(&mut self, path: &Path, file: &mut File, key: (String, String), record: BookingRecord) -> io::Result<()> {
        let line = Line { account: (&*key.0).into(), key: (&*key.1).into(), record: Cow::Borrowed(&record) };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        file.set_len(self.length)?;
        file.seek(SeekFrom::Start(self.length))?;
        file.write_all(&text)?;
        file.sync_data()?;
        if self.length == 0 {
            sync_folders(path)?;
        }
        self.lines += 1;
        self.length += u64::try_from(text.len()).unwrap_or(0);
        self.take(key, record);
        Ok(())
    }
}

impl BookingLog for FileBookingLog {
    fn read<'a>(&'a self, account: &'a AccountKey, key: &'a str) -> StateFuture<'a, Option<LoggedBooking>> {
        let key = (account.to_string(), key.to_owned());
        Box::pin(self.with(account, move |contents, _| Ok(contents.records.get(&key).cloned())))
    }

    fn write<'a>(
        &'a self,
        account: &'a AccountKey,
        key: &'a str,
        revision: u64,
        record: &'a BookingRecord,
    ) -> StateFuture<'a, bool> {
        let (key, record, path) = ((account.to_string(), key.to_owned()), record.clone(), self.path(account));
        Box::pin(self.with(account, move |contents, file| {
            let is_expected = contents.records.get(&key).map_or(0, |logged| logged.revision) == revision;
            if is_expected {
                contents.append(&path, file, key.clone(), record.clone())?;
            }
            Ok(is_expected)
        }))
    }

    fn unfinished<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Vec<(String, LoggedBooking)>> {
        Box::pin(async move {
            let records = self.records(account).await?.into_iter();
            Ok(records.filter(|(_, logged)| !logged.record.is_finished()).collect())
        })
    }

    fn key_of<'a>(&'a self, account: &'a AccountKey, booking_id: BookingId) -> StateFuture<'a, Option<String>> {
        let of = account.to_string();
        Box::pin(self.with(account, move |contents, _| {
            let mut records = contents.records.iter().filter(|((account, _), _)| *account == of);
            let found = records.find(|(_, logged)| logged.record.booking_id() == Some(booking_id));
            Ok(found.map(|((_, key), _)| key.clone()))
        }))
    }
}
