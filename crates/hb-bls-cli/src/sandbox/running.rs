//! The note that a running sandbox leaves, so that other commands find it.

use std::{io, path::PathBuf};

use hb_bls_sandbox::Sandbox;
use serde::{Deserialize, Serialize};

use crate::config::{Folder, private};

/// Where a sandbox is, and how to steer it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub control_url: String,
    pub control_token: Option<String>,
}

/// Removes the note again when it is dropped.
pub struct Note {
    path: PathBuf,
    place: Place,
}

fn path() -> Option<PathBuf> {
    Folder::find().ok().map(|folder| folder.join("sandbox.json"))
}

impl Note {
    /// Of several sandboxes, the note is about the one that was started last. That it cannot be left is no reason not to
    /// start: the others can be told the address.
    pub fn leave(sandbox: &Sandbox) -> Option<Self> {
        let place = Place {
            control_url: sandbox.control_url().to_owned(),
            control_token: sandbox.control_token().map(str::to_owned),
        };
        let path = path()?;
        private::write(&path, &serde_json::to_string(&place).ok()?).ok()?;
        Some(Self { path, place })
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        if find() == Some(self.place.clone()) {
            let removed: io::Result<bool> = private::remove(&self.path);
            drop(removed);
        }
    }
}

/// The sandbox that was started last and not stopped, unless it was killed.
pub fn find() -> Option<Place> {
    serde_json::from_str(&private::read(&path()?).ok()??).ok()
}
