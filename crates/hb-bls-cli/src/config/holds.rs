//! The holds that `holds create` has made, so that they can be listed: the portal does not list them.

use std::{io, path::PathBuf};

use hb_bls::{HoldDetails, state::AccountKey};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Folder, private_file};

/// How long a hold lasts.
const LASTS: SignedDuration = SignedDuration::from_mins(30);

/// A hold that was made, and may still be there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptHold {
    /// A digest of the account.
    account: String,
    /// Until when it is kept, by the clock of this machine, which may differ from the portal's.
    until: Timestamp,
    pub hold: HoldDetails,
}

/// The file of them, which only the user can read: who has a hash can book or release the hold.
#[derive(Debug)]
pub struct KeptHolds {
    path: PathBuf,
    lock: PathBuf,
    account: String,
}

impl KeptHolds {
    /// Those of an account.
    pub fn new(folder: &Folder, account: &AccountKey) -> Self {
        let (path, lock) = (folder.join("holds.json"), folder.join("holds.lock"));
        Self { path, lock, account: account.as_str().to_owned() }
    }

    /// Those that have not expired. Those that have are removed.
    pub fn list(&self, now: Timestamp) -> io::Result<Vec<HoldDetails>> {
        let mut holds = self.read()?;
        if holds.iter().any(|kept| kept.until <= now) {
            self.edit(now, |_| {})?;
        }
        holds.retain(|kept| kept.account == self.account && kept.until > now);
        Ok(holds.into_iter().map(|kept| kept.hold).collect())
    }

    /// Keeps one until it expires.
    pub fn add(&self, hold: HoldDetails, now: Timestamp) -> io::Result<()> {
        let until = now.saturating_add(LASTS).unwrap_or(Timestamp::MAX);
        self.edit(now, |holds| holds.push(KeptHold { account: self.account.clone(), until, hold }))
    }

    /// Forgets one that is released or booked.
    pub fn remove(&self, hash: &str, now: Timestamp) -> io::Result<()> {
        if self.read()?.iter().all(|kept| kept.hold.hold_hash != hash) {
            return Ok(());
        }
        self.edit(now, |holds| holds.retain(|kept| kept.hold.hold_hash != hash))
    }

    /// Changes the file, and removes what has expired, of other accounts, too.
    fn edit(&self, now: Timestamp, change: impl FnOnce(&mut Vec<KeptHold>)) -> io::Result<()> {
        let _lock = private_file::lock(&self.lock, private_file::PATIENCE)?;
        let mut holds = self.read()?;
        holds.retain(|kept| kept.until > now);
        change(&mut holds);
        if holds.is_empty() {
            return private_file::remove(&self.path).map(drop);
        }
        private_file::write(&self.path, &serde_json::to_string(&holds)?)
    }

    /// A file that cannot be understood is one of another version, whose holds soon expire.
    fn read(&self) -> io::Result<Vec<KeptHold>> {
        let text = private_file::read(&self.path)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use hb_bls::Credentials;

    use super::*;

    #[test]
    fn they_are_kept_until_they_expire_and_each_account_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let of = |client_id: &str| {
            let account = AccountKey::new("https://a.example", &Credentials::new(client_id, "key"));
            let path = |name: &str| folder.path().join("c").join(name);
            KeptHolds { path: path("holds.json"), lock: path("holds.lock"), account: account.as_str().to_owned() }
        };
        let (ada, bea) = (of("ada"), of("bea"));
        let now = Timestamp::constant(1_780_653_600, 0);
        let in_minutes = |minutes| now + SignedDuration::from_mins(minutes);
        let hashes =
            |holds: &KeptHolds, at| holds.list(at).unwrap().into_iter().map(|hold| hold.hold_hash).collect::<Vec<_>>();
        assert!(hashes(&ada, now).is_empty());
        ada.add(HoldDetails::new("one"), now).unwrap();
        bea.add(HoldDetails::new("two"), in_minutes(10)).unwrap();
        assert_eq!((hashes(&ada, now), hashes(&bea, now)), (vec!["one".to_owned()], vec!["two".to_owned()]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(ada.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(hashes(&ada, in_minutes(30)).is_empty());
        let text = std::fs::read_to_string(&ada.path).unwrap();
        assert!(!text.contains("one") && text.contains("two"), "{text}");
        bea.add(HoldDetails::new("three"), in_minutes(30)).unwrap();
        assert_eq!(hashes(&bea, in_minutes(30)), ["two", "three"]);
        for hash in ["two", "three"] {
            bea.remove(hash, in_minutes(31)).unwrap();
        }
        assert!(!ada.path.exists(), "nothing is left of it");
        std::fs::write(&ada.path, "of a later version").unwrap();
        assert!(hashes(&ada, now).is_empty());
    }
}
