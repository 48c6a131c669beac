//! Booking many candidates from a file, by the built binary against a local portal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod file;
#[cfg(unix)]
mod kills;
#[path = "../commands/machine.rs"]
#[allow(dead_code, unused_macros)]
mod machine;
#[cfg(unix)]
mod since;
#[cfg(unix)]
mod stop;
mod support;
mod trouble;
