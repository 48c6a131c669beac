//! The older Portal V1 webhook: a candidate completed a module of an assigned training.
//!
//! V1 is deprecated and still sends. A notification is not signed: the `api-key` header is the only proof, so use
//! https, and a long random key. With feature `axum`, [`axum::router`] receives it.

#[cfg(feature = "axum")]
pub mod axum;
mod completion;
mod keys;
mod notification;

pub use completion::{CourseCompletion, CourseStatus, Grade};
pub use keys::ApiKeys;
pub use notification::{Notification, NotificationError, Payload};
