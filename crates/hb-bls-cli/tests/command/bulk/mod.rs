//! Booking many candidates from a file.

mod doubled;
mod file;
mod foretold;
mod forms;
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
