//! What was done, in a file that outlives a crash: one JSON object a line, each on the disk before what depends on it.
//!
//! Rows are told apart by their place and a digest; a candidate's data is not in it. A line that a crash cut off says
//! of nothing that was done since, so it is dropped.

mod state;

use std::{
    collections::HashSet,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
pub use state::{Event, Slot, State};

use crate::{
    book::fields::Search,
    report::{Failure, Kind},
};

/// The first bytes of every journal.
const BEGINNING: &str = "{\"hb_bls_journal\":1,";

/// What a journal is about. A run with anything else does not go on with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    hb_bls_journal: u8,
    pub base_url: String,
    pub hb_client_id: String,
    /// How timeslots are looked for; nothing if each row names its own.
    pub earliest: Option<Search>,
    /// A digest of each row, in their order.
    pub rows: Vec<String>,
}

impl Subject {
    pub fn new(base_url: &str, hb_client_id: &str, earliest: Option<Search>, rows: Vec<String>) -> Self {
        let (base_url, hb_client_id) = (base_url.trim_end_matches('/').to_owned(), hb_client_id.to_owned());
        Self { hb_bls_journal: 1, base_url, hb_client_id, earliest, rows }
    }
}

/// What happened to a row.
#[derive(Serialize, Deserialize)]
struct Line {
    row: usize,
    #[serde(flatten)]
    event: Event,
}

/// A journal that this run alone writes to.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    progress: Progress,
}

/// What is known by a journal.
#[derive(Debug, Default)]
struct Progress {
    states: Vec<State>,
    /// The holds that were ever made for it.
    holds: HashSet<String>,
    /// Timeslots that were asked for without an answer: the portal may get to it at any time.
    unanswered: Vec<Slot>,
}

impl Progress {
    fn apply(&mut self, line: Line) {
        let Some(state) = self.states.get_mut(line.row) else { return };
        match (&line.event, &state) {
            (Event::Held { hold }, _) => drop(self.holds.insert(hold.hold_hash.clone())),
            (Event::Asking { slot }, State::Asking(before)) if slot == before => self.unanswered.push(*slot),
            _ => {}
        }
        *state = std::mem::replace(state, State::Open).after(line.event);
    }
}

impl Journal {
    /// Goes on with a journal, or begins one. Only its owner can read it, and no other run can use it meanwhile.
    pub fn open(path: &Path, subject: &Subject, lines: &[usize]) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let cannot = || format!("cannot use the journal {}", path.display());
        let file = options.open(path).with_context(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(Kind::Conflict, format!("another run is using {}", path.display()))
                    .hint("let it finish, or stop it; then run the same command again")
                    .into());
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
        }
        let mut journal = Self { file, path: path.to_owned(), progress: Progress::default() };
        journal.load(subject, lines).with_context(cannot)?;
        Ok(journal)
    }

    /// How each row stands by a journal, if there is one. Changes nothing.
    pub fn peek(path: &Path, subject: &Subject, lines: &[usize]) -> Result<Option<Vec<State>>> {
        let cannot = || format!("cannot use the journal {}", path.display());
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(cannot),
        };
        Ok(Some(read(&text, subject, lines).with_context(cannot)?.progress.states))
    }

    fn load(&mut self, subject: &Subject, lines: &[usize]) -> Result<()> {
        if !self.file.metadata()?.is_file() {
            return Err(Failure::new(Kind::Usage, "it is no file").hint("name a file that can be read again").into());
        }
        let mut text = Vec::new();
        self.file.read_to_end(&mut text)?;
        let found = read(&text, subject, lines)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            self.file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        self.file.set_len(u64::try_from(found.length)?)?;
        self.progress = found.progress;
        if found.length == 0 {
            self.append(&serde_json::to_string(subject)?)?;
            sync_folder(&self.path)?;
        }
        Ok(())
    }

    /// How a row stands.
    pub fn state(&self, row: usize) -> &State {
        self.progress.states.get(row).unwrap_or(&State::Open)
    }

    /// How all rows stand.
    pub fn states(&self) -> &[State] {
        &self.progress.states
    }

    /// Whether a hold was made for a row of this journal.
    pub fn knows(&self, hold_hash: &str) -> bool {
        self.progress.holds.contains(hold_hash)
    }

    /// Timeslots that may turn out to be held for this journal, though no row needs them any more.
    pub fn unanswered(&self) -> &[Slot] {
        &self.progress.unanswered
    }

    /// Notes what happened. When this returns, it is on the disk.
    pub fn note(&mut self, row: usize, event: Event) -> Result<()> {
        let line = Line { row, event };
        let text = serde_json::to_string(&line)?;
        self.append(&text).with_context(|| format!("cannot write the journal {}", self.path.display()))?;
        self.progress.apply(line);
        Ok(())
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        self.file.write_all(format!("{line}\n").as_bytes())?;
        self.file.sync_data()
    }
}

/// What a file tells.
struct Found {
    progress: Progress,
    /// Up to where it is whole.
    length: usize,
}

fn read(text: &[u8], subject: &Subject, lines: &[usize]) -> Result<Found> {
    let states = vec![State::Open; subject.rows.len()];
    let mut found = Found { progress: Progress { states, ..Progress::default() }, length: 0 };
    let mut whole: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let begun = whole.first().copied().unwrap_or_default();
    if !begun.starts_with(BEGINNING.as_bytes()) && !BEGINNING.as_bytes().starts_with(begun) {
        return Err(Failure::new(Kind::Usage, "the file is something else").hint("name another file").into());
    }
    whole.pop_if(|line| !line.ends_with(b"\n"));
    let Some((first, rest)) = whole.split_first() else { return Ok(found) };
    let begun_with = serde_json::from_slice(first).map_err(|_| damaged(1))?;
    compare(&begun_with, subject, lines)?;
    found.length = first.len();
    for (index, text) in rest.iter().enumerate() {
        match serde_json::from_slice::<Line>(text) {
            Ok(line) if line.row < subject.rows.len() => found.progress.apply(line),
            // not all of it had reached the disk when the machine went down
            Err(_) if index + 1 == rest.len() => break,
            _ => return Err(damaged(index + 2)),
        }
        found.length += text.len();
    }
    Ok(found)
}

fn damaged(line: usize) -> anyhow::Error {
    let message = format!("its line {line} is damaged, so it does not tell any more who is booked");
    Failure::new(Kind::Other, message)
        .hint("see who is with `hb-bls bookings list`, and book the others from another file with a new journal")
        .into()
}

/// Says what has changed since the journal was begun.
fn compare(begun: &Subject, now: &Subject, lines: &[usize]) -> Result<(), Failure> {
    let differing: Vec<_> =
        begun.rows.iter().zip(&now.rows).enumerate().filter(|(_, (one, other))| one != other).collect();
    let what = if (&begun.base_url, &begun.hb_client_id) != (&now.base_url, &now.hb_client_id) {
        format!("it was begun for account {} at {}", begun.hb_client_id, begun.base_url)
    } else if begun.rows.len() != now.rows.len() {
        format!("it was begun with {} candidates, and now there are {}", begun.rows.len(), now.rows.len())
    } else if !differing.is_empty() {
        let lines: Vec<_> =
            differing.iter().filter_map(|(row, _)| lines.get(*row)).take(10).map(ToString::to_string).collect();
        let more = if differing.len() > lines.len() { ", ..." } else { "" };
        let count = differing.len();
        format!(
            "{count} of the candidates, or their flags, have changed since it was begun: line {}{more}",
            lines.join(", ")
        )
    } else if begun.earliest != now.earliest {
        "it was begun with other timeslots in mind: --earliest, --months and --date have to stay as they were"
            .to_owned()
    } else {
        return Ok(());
    };
    Err(Failure::new(Kind::Usage, what).hint(
        "go on with the same file and flags; or begin a new journal with a file that has only candidates whom this one \
         has not booked",
    ))
}

/// Makes sure that the file itself is found after a crash.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Folders cannot be synced there.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
