//! Booking one candidate, by the built binary against a local portal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../commands/machine.rs"]
#[allow(dead_code, unused_macros)]
mod machine;
#[cfg(unix)]
mod prompts;
mod single;
