//! Booking one candidate.

#[cfg(unix)]
mod again;
#[cfg(unix)]
mod prompts;
pub mod single;
