//! The built command: against local portals, and against servers that misbehave.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod auth;
mod book;
mod built;
mod bulk;
mod canned;
mod certificates;
mod demo;
mod doctor;
mod errors;
mod exit_codes;
mod formats;
mod help;
#[cfg(unix)]
mod listen;
mod machine;
#[cfg(unix)]
mod monday;
mod precedence;
#[cfg(unix)]
mod readme;
#[cfg(unix)]
mod replay;
mod resources;
mod running;
mod sandbox;
mod sharing;
mod shell;
mod spreadsheets;
mod steering;
#[cfg(unix)]
mod terminal;
mod tokens;
