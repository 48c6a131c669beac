//! Every command, by the built binary: against a local portal whose clock stands still, and against servers that
//! misbehave.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod auth;
mod canned;
mod certificates;
mod errors;
mod exit_codes;
mod formats;
mod help;
mod machine;
mod precedence;
#[cfg(unix)]
mod readme;
mod resources;
mod shell;
#[cfg(unix)]
mod terminal;
mod tokens;
