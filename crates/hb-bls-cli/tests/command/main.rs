//! The built command: against local portals, and against servers that misbehave.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agenda;
mod audit;
mod auth;
mod book;
mod built;
mod bulk;
mod canned;
mod certificates;
mod demo;
mod doctor;
mod errors;
#[cfg(unix)]
mod examples;
mod exit_codes;
mod formats;
mod help;
#[cfg(unix)]
mod inbox;
#[cfg(unix)]
mod listen;
mod machine;
#[cfg(unix)]
mod monday;
mod precedence;
#[cfg(unix)]
mod readme;
mod renewals;
#[cfg(unix)]
mod replay;
mod resources;
mod running;
mod sandbox;
#[cfg(unix)]
mod schedules;
mod sharing;
#[cfg(unix)]
mod sheets;
mod shell;
mod steering;
#[cfg(unix)]
mod terminal;
mod tokens;
#[cfg(unix)]
mod watch;
#[cfg(unix)]
mod widths;
