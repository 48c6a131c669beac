//! Webhook deliveries: what is sent, how it is signed, when it is tried again.

mod dispatch;
mod record;
mod send;
mod sign;
mod signal;

pub use record::{DeliveryAttempt, DeliveryState};
pub(crate) use send::{AttemptResult, ExtraRoots, client};
pub(crate) use signal::Dispatch;
