//! Booking many candidates from a file.

mod doubled;
mod file;
mod foretold;
mod forms;
mod held;
#[cfg(unix)]
mod kills;
mod libreoffice;
#[cfg(unix)]
mod since;
mod speed;
#[cfg(unix)]
mod stop;
pub mod support;
mod trouble;
