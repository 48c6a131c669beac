//! PostgreSQL and Redis for the tests of this workspace, and what those tests have in common.
//!
//! [`postgres`] and [`redis`] give the address of a server that all tests of a program share. It is the one that
//! `HB_BLS_TEST_POSTGRES` or `HB_BLS_TEST_REDIS` names, or else a server of its own, on a free port of the loopback interface,
//! with its files in a temporary folder. Such a server ends with the program, however the program ends.
//!
//! If there is neither, they say so on standard error, and the test is to pass.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

pub mod failures;
mod kind;
pub mod latency;
mod pooler;
mod server;
mod shifted;
mod silent;
mod user;

use std::{
    io::{self, Write as _},
    sync::{Once, OnceLock},
};

use kind::Kind;
pub use pooler::Pooler;
pub use server::Server;
pub use shifted::{Shifted, ShiftedClock};
pub use silent::Silent;

/// The URL of a PostgreSQL server that is only for tests, or `None` if there is none.
pub fn postgres() -> Option<&'static str> {
    static SHARED: OnceLock<Option<Shared>> = OnceLock::new();
    SHARED.get_or_init(|| Shared::find(Kind::Postgres)).as_ref().map(Shared::url)
}

/// The URL of a Redis server that is only for tests, or `None` if there is none.
pub fn redis() -> Option<&'static str> {
    static SHARED: OnceLock<Option<Shared>> = OnceLock::new();
    SHARED.get_or_init(|| Shared::find(Kind::Redis)).as_ref().map(Shared::url)
}

/// A prefix that no other test uses.
pub fn prefix() -> String {
    format!("test_{:016x}_", fastrand::u64(..))
}

enum Shared {
    Named(String),
    Own(Server),
}

impl Shared {
    fn find(kind: Kind) -> Option<Self> {
        match std::env::var(kind.variable()) {
            Ok(url) if !url.is_empty() => Some(Self::Named(url)),
            _ => Server::start(kind, &[]).map(Self::Own),
        }
    }

    fn url(&self) -> &str {
        match self {
            Self::Named(url) => url,
            Self::Own(server) => server.url(),
        }
    }
}

/// Says, once, which tests are skipped. Not by `eprintln`, which the test harness shows of failed tests only.
fn skipped(kind: Kind, why: &str) {
    static POSTGRES: Once = Once::new();
    static REDIS: Once = Once::new();
    let once = match kind {
        Kind::Postgres => &POSTGRES,
        Kind::Redis => &REDIS,
    };
    once.call_once(|| {
        let text = format!(
            "\nSKIPPED: the tests that need {name}, because {why}. Install the Debian package {package}, or set {variable}.\n",
            name = kind.name(),
            package = kind.package(),
            variable = kind.variable(),
        );
        let _ = io::stderr().write_all(text.as_bytes());
    });
}
