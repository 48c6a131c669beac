//! Raw bindings to the Virtual BLS API of Healthier Business Group (beta).
//!
//! Most of it is generated from `spec/` by `cargo xtask regen`. By hand are only the pieces that generated
//! code calls, above all the types that a beta API needs to be read safely: enums that keep unknown values, [`Money`] without rounding, [`Timestamp`] with or without offset,
//! [`List`] in any envelope, [`Secret`] that does not show in logs.
//!
//! It changes whenever the document does. The crate `hb-bls` is the one to depend on.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "client")]
#[rustfmt::skip]
#[path = "generated/client.rs"]
#[allow(missing_docs, clippy::all)]
mod client;
mod id;
#[rustfmt::skip]
#[path = "generated/ids.rs"]
mod ids;
mod list;
mod money;
mod open_enum;
#[rustfmt::skip]
#[path = "generated/open_enums.rs"]
mod open_enums;
#[rustfmt::skip]
#[path = "generated/operations.rs"]
mod operations;
mod secret;
mod timestamp;
/// The schemas of the document.
#[rustfmt::skip]
#[path = "generated/types.rs"]
#[allow(missing_docs, clippy::all)]
pub mod types;
#[cfg(feature = "client")]
mod url;

#[cfg(feature = "client")]
pub use client::{ByteStream, Client, Error, ResponseValue, builder};
pub use ids::*;
/// A day without a time zone, as `2026-06-15`.
pub use jiff::civil::Date;
pub use list::{List, TOO_MANY};
pub use money::{Money, ParseMoneyError};
pub use open_enum::is_word;
pub use open_enums::*;
pub use operations::{ErrorBody, Operation};
/// An exact number.
pub use rust_decimal::Decimal;
pub use secret::Secret;
pub use timestamp::{ParseTimestampError, Timestamp};

/// The OpenAPI document that this crate is generated from, with what is assumed applied. JSON, OpenAPI 3.0.3.
pub const DOCUMENT: &str = include_str!("generated/effective.openapi.json");
/// What the portal publishes. JSON, OpenAPI.
pub const PUBLISHED: &str = include_str!("generated/published.openapi.json");
/// What is assumed of the API or added to its document. JSON, OpenAPI Overlay 1.0.0.
pub const OVERLAY: &str = include_str!("generated/overlay.json");
