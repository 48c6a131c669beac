//! Booking one candidate.

#[cfg(unix)]
mod prompts;
mod single;
