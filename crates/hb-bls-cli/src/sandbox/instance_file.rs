//! The note that a running sandbox leaves, so that other commands find it.

use std::{
    fs, io,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};

use hb_bls_sandbox::Sandbox;
use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::config::{Folder, make_folder, private_file};

/// How long a sandbox on this machine takes to accept a connection.
const SOON: Duration = Duration::from_millis(500);

/// Where a sandbox is, and how to steer it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlAddress {
    pub control_url: String,
    pub control_token: Option<String>,
}

/// Removes the note again when it is dropped.
pub struct Note {
    path: PathBuf,
    address: ControlAddress,
}

fn folder() -> Option<PathBuf> {
    Folder::find().ok().map(|folder| folder.join("sandboxes"))
}

fn read(path: &Path) -> Option<ControlAddress> {
    serde_json::from_str(&private_file::read(path).ok()??).ok()
}

impl ControlAddress {
    fn address(&self) -> Option<SocketAddr> {
        Url::parse(&self.control_url).ok()?.socket_addrs(|| None).ok()?.first().copied()
    }

    /// One that was killed has left its note.
    fn listens(&self) -> bool {
        self.address().is_some_and(|address| TcpStream::connect_timeout(&address, SOON).is_ok())
    }
}

impl Note {
    /// Each sandbox leaves one. That it cannot be left is no reason not to start: the others can be told the address.
    pub fn leave(sandbox: &Sandbox) -> Option<Self> {
        let address = ControlAddress {
            control_url: sandbox.control_url().to_owned(),
            control_token: sandbox.control_token().map(str::to_owned),
        };
        let folder = folder()?;
        make_folder(&folder).ok()?;
        let path = folder.join(format!("{}.json", address.address()?.port()));
        private_file::write(&path, &serde_json::to_string(&address).ok()?).ok()?;
        Some(Self { path, address })
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        if read(&self.path) == Some(self.address.clone()) {
            let removed: io::Result<bool> = private_file::remove(&self.path);
            drop(removed);
        }
    }
}

/// The sandbox that was started last, of those that run.
pub fn find() -> Option<ControlAddress> {
    let notes = fs::read_dir(folder()?).ok()?.flatten();
    let mut notes: Vec<_> =
        notes.filter_map(|note| Some((note.metadata().ok()?.modified().ok()?, note.path()))).collect();
    notes.sort();
    notes.into_iter().rev().filter_map(|(_, path)| read(&path)).find(ControlAddress::listens)
}
