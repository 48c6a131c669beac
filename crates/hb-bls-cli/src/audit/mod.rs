//! `--audit`: a line for each change that is made with the API, in a file that is only ever appended to.

mod line;
mod transport;

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

pub use line::Actor;
use line::{Line, Outcome};
use tokio::sync::Notify;
pub use transport::Audited;

use crate::report::{Failure, Kind};

/// The file, and who writes to it.
#[derive(Debug)]
pub struct Audit {
    path: PathBuf,
    /// Opened when there is something to write.
    file: OnceLock<File>,
    who: Actor,
    /// Tells the changes of this process apart.
    run: u64,
    changes: AtomicU64,
    failure: WriteFailure,
}

/// Whether a line could not be written. If so, nothing is changed from then on, and the command ends.
#[derive(Debug, Clone, Default)]
pub struct WriteFailure {
    error: Arc<Mutex<Option<String>>>,
    reported: Arc<Notify>,
}

impl WriteFailure {
    fn report(&self, error: String) {
        let mut first = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(error);
        // kept for a caller that waits later
        self.reported.notify_one();
    }

    /// The error for the user, as soon as there is one.
    pub async fn wait(&self) -> anyhow::Error {
        loop {
            let reported = self.reported.notified();
            if let Some(message) = self.error.lock().unwrap_or_else(PoisonError::into_inner).clone() {
                return Failure::new(Kind::Other, message)
                    .hint("make room or correct --audit (HB_BLS_AUDIT), and look for what was changed before trying again")
                    .into();
            }
            reported.await;
        }
    }
}

impl Audit {
    pub fn new(path: &Path, who: Actor, failure: WriteFailure) -> Self {
        let (file, changes) = (OnceLock::new(), AtomicU64::new(0));
        Self { path: path.to_owned(), file, who, run: fastrand::u64(..), changes, failure }
    }

    /// The file, which is created for the user alone.
    fn file(&self) -> io::Result<&File> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&self.path)?;
        Ok(self.file.get_or_init(|| file))
    }

    /// The name of a change that is about to be made.
    fn next_change(&self) -> String {
        format!("{:016x}-{}", self.run, self.changes.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Appends a line with one write, so that those of several processes do not mix.
    fn append(&self, line: &Line, outcome: Outcome) -> io::Result<()> {
        let mut text = serde_json::to_vec(&line.with(&self.who, outcome))?;
        text.push(b'\n');
        let mut file = self.file()?;
        if file.write(&text)? < text.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        match file.sync_data() {
            // a pipe, or a device
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            synced => synced,
        }
    }

    /// The same, but reports a failure and returns false.
    fn note(&self, line: &Line, outcome: Outcome, consequence: &str) -> bool {
        let outcome = self.append(line, outcome);
        if let Err(error) = &outcome {
            self.failure.report(format!("cannot write the audit file {}: {error}; {consequence}", self.path.display()));
        }
        outcome.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use hb_bls::raw::Operation;

    use super::*;

    /// Each has opened the file by itself, as processes do.
    #[test]
    fn lines_that_are_written_at_once_do_not_mix() {
        const WRITERS: usize = 8;
        const LINES: usize = 50;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let start = std::sync::Barrier::new(WRITERS);
        std::thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| {
                    let audit = Audit::new(&path, Actor::new("default", "ada", "book"), WriteFailure::default());
                    let line = |change| Line {
                        change,
                        operation: Operation::CreateBooking,
                        ids: serde_json::Map::new(),
                        status: None,
                    };
                    start.wait();
                    for _ in 0..LINES {
                        audit.append(&line(audit.next_change()), Outcome::Begun).unwrap();
                    }
                });
            }
        });
        let text = std::fs::read_to_string(&path).unwrap();
        let changes: std::collections::BTreeSet<String> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["change"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(changes.len(), WRITERS * LINES);
    }

    #[tokio::test]
    async fn the_first_failure_is_returned_even_to_a_later_caller() {
        let failure = WriteFailure::default();
        failure.report("first".to_owned());
        failure.report("second".to_owned());
        for _ in 0..2 {
            assert_eq!(failure.wait().await.to_string(), "first");
        }
        let other = WriteFailure::default();
        let reporter = other.clone();
        let waiting = tokio::spawn(async move { other.wait().await.to_string() });
        tokio::task::yield_now().await;
        reporter.report("later".to_owned());
        assert_eq!(waiting.await.unwrap(), "later");
    }
}
