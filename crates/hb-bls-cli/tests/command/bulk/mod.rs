//! Booking many candidates from a file.

mod file;
mod forms;
#[cfg(unix)]
mod kills;
#[cfg(unix)]
mod since;
mod speed;
#[cfg(unix)]
mod stop;
pub mod support;
mod trouble;
