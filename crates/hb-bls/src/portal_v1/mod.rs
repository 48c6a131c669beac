//! The older Portal V1 webhook, which reports that a candidate completed a module of an assigned training.
//!
//! V1 is deprecated but still in use. Notifications are not signed: the `api-key` header is the only proof of their
//! origin, so use https and a long random key. With the feature `axum`, [`axum::router`] receives them.

#[cfg(feature = "axum")]
pub mod axum;
mod completion;
mod keys;
mod notification;

pub use completion::{CourseCompletion, CourseStatus, Grade};
pub use keys::ApiKeys;
pub use notification::{Notification, NotificationError, Payload};
