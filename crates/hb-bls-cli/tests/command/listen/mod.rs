//! `hb-bls listen`: against the sandbox, and by requests written by hand.

mod forward;
mod hostile;
mod portal;
mod record;
mod responses;
pub mod support;
