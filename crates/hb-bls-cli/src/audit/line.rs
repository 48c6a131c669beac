//! A line of the audit file. It contains no data of a candidate, no secret, and no text of the portal.

use hb_bls::{Clock as _, SystemClock, raw::Operation};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::environment::variable;

/// Who makes the changes, and with which command.
#[derive(Debug, Clone, Serialize)]
pub struct Actor {
    /// The name that the system's environment gives to the user.
    user: Option<String>,
    /// The user's number, which the environment cannot change.
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    pid: u32,
    profile: String,
    /// A digest of the client id.
    account: String,
    command: String,
}

impl Actor {
    pub fn new(profile: &str, client_id: &str, command: &str) -> Self {
        let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable);
        #[cfg(unix)]
        let uid = Some(rustix::process::getuid().as_raw());
        #[cfg(not(unix))]
        let uid = None;
        Self {
            user,
            uid,
            pid: std::process::id(),
            profile: profile.to_owned(),
            account: digest(client_id),
            command: command.to_owned(),
        }
    }
}

/// Enough of a digest to tell one from another.
pub fn digest(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is about to be asked for.
    Begun,
    Done,
    /// The portal has not made it.
    Refused,
    /// There was no response from which it could be known.
    Unknown,
}

impl Outcome {
    /// By the status of the response.
    pub fn of(status: http::StatusCode) -> Self {
        match status.as_u16() {
            200..=299 => Self::Done,
            400..=499 => Self::Refused,
            _ => Self::Unknown,
        }
    }
}

/// A change. Its `Begun` line and its last one have the same name.
#[derive(Debug, Clone)]
pub struct Line {
    pub change: String,
    pub operation: Operation,
    /// What it is about, and what was made: numbers, and digests of hashes.
    pub ids: Map<String, Value>,
    pub status: Option<u16>,
}

/// As it is written.
#[derive(Serialize)]
pub struct Written<'a> {
    at: Timestamp,
    outcome: Outcome,
    operation: &'static str,
    ids: &'a Map<String, Value>,
    status: Option<u16>,
    change: &'a str,
    #[serde(flatten)]
    who: &'a Actor,
}

impl Line {
    pub fn with<'a>(&'a self, who: &'a Actor, outcome: Outcome) -> Written<'a> {
        let Self { change, operation, ids, status } = self;
        Written { at: SystemClock.now(), outcome, operation: operation.id(), ids, status: *status, change, who }
    }
}
