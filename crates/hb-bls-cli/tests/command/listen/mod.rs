//! `hb-bls listen`: against the sandbox, and by requests written by hand.

mod answers;
mod forward;
mod hostile;
mod portal;
mod record;
pub mod support;
