//! `hb-bls listen`, by the built binary: against the sandbox, and by requests written by hand.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
mod forward;
mod hostile;
mod portal;
mod record;
mod support;
