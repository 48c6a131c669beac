//! State that several processes share: the rules for stores, and stores against them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod clock;
mod conformance;
mod faults;
mod faulty_log;
mod files;
mod log;
mod model;
mod processes;
mod queue;
mod silent;
