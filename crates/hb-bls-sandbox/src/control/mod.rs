//! The control API under `/_sandbox`: it plays the staff, the candidate and the passing of time.

mod accounts;
mod actions;
mod input;
mod routes;

pub use accounts::AccountPatch;
pub(crate) use accounts::pence;
pub use actions::Seed;
pub(crate) use routes::routes;

/// Where it is mounted.
pub(crate) const PREFIX: &str = "/_sandbox";
