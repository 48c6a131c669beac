//! The system's keyring, which must not block the command.

use std::{sync::mpsc, thread, time::Duration};

use hb_bls::Secret;

/// How long the keyring may take. It may wait for a user to unlock it, where there is no user.
const PATIENCE: Duration = Duration::from_secs(5);
const SERVICE: &str = "hb-bls";

/// Why the keyring cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("there is none here")]
    Absent,
    #[error("it did not respond within {} s", PATIENCE.as_secs())]
    Slow,
    #[error("{0}")]
    Failed(String),
}

pub trait Keyring: std::fmt::Debug + Send + Sync {
    fn get(&self, name: &str) -> Result<Option<Secret>, KeyringError>;
    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeyringError>;
    fn delete(&self, name: &str) -> Result<(), KeyringError>;
}

#[derive(Debug)]
pub struct System;

impl Keyring for System {
    fn get(&self, name: &str) -> Result<Option<Secret>, KeyringError> {
        with_entry(name, |entry| match entry.get_password() {
            Ok(secret) => Ok(Some(secret.into())),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeyringError> {
        let secret = secret.clone();
        with_entry(name, move |entry| entry.set_password(secret.expose()))
    }

    fn delete(&self, name: &str) -> Result<(), KeyringError> {
        with_entry(name, |entry| match entry.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(error),
        })
    }
}

fn with_entry<T: Send + 'static>(
    name: &str,
    work: impl FnOnce(keyring::Entry) -> keyring::Result<T> + Send + 'static,
) -> Result<T, KeyringError> {
    if !is_reachable() {
        return Err(KeyringError::Absent);
    }
    let name = name.to_owned();
    let outcome = within(PATIENCE, move || keyring::Entry::new(SERVICE, &name).and_then(work));
    // the library's text may quote what is stored
    outcome.ok_or(KeyringError::Slow)?.map_err(|error| {
        KeyringError::Failed(match error {
            keyring::Error::NoStorageAccess(_) => "it is locked, or access was denied".to_owned(),
            keyring::Error::TooLong(..) => "it takes no secret this long".to_owned(),
            keyring::Error::NoDefaultStore => "there is none here".to_owned(),
            keyring::Error::BadEncoding(_) => "what it holds is not text".to_owned(),
            _ => "it failed".to_owned(),
        })
    })
}

/// Without a session bus there is no keyring on Linux and its like, and looking for one can take long.
fn is_reachable() -> bool {
    if !cfg!(all(unix, not(target_os = "macos"))) {
        return true;
    }
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set("DBUS_SESSION_BUS_ADDRESS").is_some()
        || set("XDG_RUNTIME_DIR").is_some_and(|folder| std::path::Path::new(&folder).join("bus").exists())
}

/// Does it on a thread of its own, which is left behind if it takes too long.
fn within<T: Send + 'static>(patience: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(patience).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_is_left_behind() {
        let (_keep, never) = mpsc::channel::<()>();
        assert_eq!(within(Duration::from_millis(1), move || never.recv()), None);
        assert_eq!(within(PATIENCE, || 7), Some(7));
    }
}
