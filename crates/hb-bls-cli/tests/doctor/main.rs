//! `hb-bls doctor`, by the built binary: against a local portal, one that has drifted, and one that is unlike the
//! document.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod clean;
mod drift;
mod failing;
#[path = "../commands/machine.rs"]
#[allow(dead_code, unused_macros)]
mod machine;
mod refuted;
mod server;
mod support;
