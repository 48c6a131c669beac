//! Booking one candidate.

#[cfg(unix)]
mod again;
#[cfg(unix)]
mod prompts;
mod single;
