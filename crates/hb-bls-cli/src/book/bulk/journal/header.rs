//! The first line of a journal: a comment in the booking log, which says what the journal is for.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    path::Path,
    time::Duration,
};

use anyhow::Result;
use hb_bls::{Clock as _, SystemClock};
use serde::{Deserialize, Serialize};

use crate::{
    book::bulk::account::Account,
    report::{Failure, Kind},
};

/// The first bytes of every journal.
const BEGINNING: &[u8] = b"{\"comment\":{\"hb_bls_journal\":2,";

/// Those of a journal of an earlier version.
const VERSION1: &[u8] = b"{\"hb_bls_journal\":1,";

/// How long other runs may have it locked, which takes them a moment, and how soon to look again.
const PATIENCE: Duration = Duration::from_secs(8);
const PAUSE: Duration = Duration::from_millis(2);

/// What a journal is for. A run for another account does not continue it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Header {
    hb_bls_journal: u8,
    base_url: String,
    hb_client_id: String,
    /// Makes the digests of candidates differ from those of other journals.
    pub salt: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Comment<H> {
    comment: H,
}

/// A journal that was found.
pub enum FoundJournal {
    Version2(Header),
    /// One of an earlier version, as a whole.
    Version1(Vec<u8>),
}

impl FoundJournal {
    /// Nothing if it ends before its first line does.
    pub fn read(text: &[u8], account: &Account) -> Result<Option<Self>> {
        let begins_with = |beginning: &[u8]| text.starts_with(beginning) || beginning.starts_with(text);
        if text.starts_with(VERSION1) {
            return Ok(Some(Self::Version1(text.to_vec())));
        }
        if !begins_with(BEGINNING) {
            return Err(Failure::new(Kind::Usage, "the file is something else").hint("name another file").into());
        }
        let Some(end) = text.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
        let Comment { comment: header } = serde_json::from_slice::<Comment<Header>>(&text[..end])
            .map_err(|_| Failure::new(Kind::Other, "its first line is damaged").hint("name another file"))?;
        check_account(&header.base_url, &header.hb_client_id, account)?;
        Ok(Some(Self::Version2(header)))
    }
}

pub fn check_account(base_url: &str, hb_client_id: &str, account: &Account) -> Result<(), Failure> {
    if (base_url, hb_client_id) == (account.base_url.trim_end_matches('/'), &account.hb_client_id) {
        return Ok(());
    }
    let what = format!("it was started for account {hb_client_id} at {base_url}");
    Err(Failure::new(Kind::Usage, what).hint("name another journal, or use the profile of that account"))
}

/// Reads what a journal is for, or writes it. Only the user can read the file, and nobody else begins meanwhile.
pub async fn begin(path: &Path, account: &Account) -> Result<(File, FoundJournal)> {
    let mut waited = Duration::ZERO;
    let mut file = loop {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => break file,
            // another run reads it or writes to it, or replaces it by one of this version
            Err(TryLockError::WouldBlock) if waited < PATIENCE => {}
            Err(TryLockError::WouldBlock) => {
                let what = format!("another run has had it locked for {} s; it may be suspended", PATIENCE.as_secs());
                return Err(Failure::new(Kind::Conflict, what).hint("try again").into());
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        drop(file);
        SystemClock.sleep(PAUSE).await;
        waited += PAUSE;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    if let Some(begun) = FoundJournal::read(&text, account)? {
        return Ok((file, begun));
    }
    file.set_len(0)?;
    let header = Header::new(account);
    file.write_all(&header.line()?)?;
    file.sync_data()?;
    sync_folder(path)?;
    Ok((file, FoundJournal::Version2(header)))
}

fn open(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(Failure::new(Kind::Usage, "it is not a file").hint("name a file that can be read again").into())
}

impl Header {
    pub fn new(account: &Account) -> Self {
        Self {
            hb_bls_journal: 2,
            base_url: account.base_url.trim_end_matches('/').to_owned(),
            hb_client_id: account.hb_client_id.clone(),
            salt: format!("{:032x}", fastrand::u128(..)),
        }
    }

    pub fn line(&self) -> Result<Vec<u8>> {
        let mut line = serde_json::to_vec(&Comment { comment: self })?;
        line.push(b'\n');
        Ok(line)
    }
}

/// Makes sure that the file itself is found after a crash.
#[cfg(unix)]
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(crate::atomic_file::folder_of(path))?.sync_all()
}

/// Folders cannot be synced there.
#[cfg(not(unix))]
pub fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn another_run_that_has_it_for_a_moment_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.journal");
        let account = Account { base_url: "https://portal.example/api/v1".to_owned(), hb_client_id: "ada".to_owned() };
        let other = open(&path).unwrap();
        other.try_lock().unwrap();
        let error = begin(&path, &account).await.err().unwrap().to_string();
        assert_eq!(error, "another run has had it locked for 8 s; it may be suspended");
        let moment = async {
            SystemClock.sleep(Duration::from_secs(1)).await;
            // whatever a child of another test has inherited
            other.unlock().unwrap();
        };
        let (begun, ()) = tokio::join!(begin(&path, &account), moment);
        assert!(matches!(begun.unwrap().1, FoundJournal::Version2(_)));
    }
}
