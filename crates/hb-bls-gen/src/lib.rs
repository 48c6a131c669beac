//! Raw bindings to the Virtual BLS API of Healthier Business Group (beta).
//!
//! Most of this crate is generated from `spec/` by `cargo xtask regen`. Only the code that the generated code calls is
//! written by hand, above all the types with which a beta API can be read safely: enums that keep unknown values,
//! [`Money`] without rounding, [`Timestamp`] with or without an offset, [`List`] in any envelope, and [`Secret`], which
//! is not shown in logs.
//!
//! This crate changes whenever the document changes. Applications should depend on the crate `hb-bls` instead.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "client")]
#[rustfmt::skip]
#[path = "generated/client.rs"]
#[allow(missing_docs, clippy::all, clippy::missing_errors_doc, clippy::return_self_not_must_use)]
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
mod redacted;
mod secret;
mod timestamp;
/// The schemas of the document.
#[rustfmt::skip]
#[path = "generated/types.rs"]
#[allow(missing_docs, clippy::all, clippy::missing_errors_doc, clippy::return_self_not_must_use)]
pub mod types;
#[cfg(feature = "client")]
mod url;

#[cfg(feature = "client")]
pub use client::{ByteStream, Client, Error, ResponseValue, builder};
pub use ids::*;
/// A date without a time zone, such as `2026-06-15`.
pub use jiff::civil::Date;
pub use list::{List, TOO_MANY};
pub use money::{Money, ParseMoneyError};
pub use open_enum::is_word;
pub use open_enums::*;
pub use operations::{ErrorBody, Operation};
/// An exact decimal number.
pub use rust_decimal::Decimal;
pub use secret::Secret;
pub use timestamp::{ParseTimestampError, Timestamp};

/// The OpenAPI document from which this crate is generated, with our assumptions applied. JSON, OpenAPI 3.0.3.
pub const DOCUMENT: &str = include_str!("generated/effective.openapi.json");
/// The document that the portal publishes. JSON, OpenAPI.
pub const PUBLISHED: &str = include_str!("generated/published.openapi.json");
/// Our assumptions about the API and additions to its document. JSON, OpenAPI Overlay 1.0.0.
pub const OVERLAY: &str = include_str!("generated/overlay.json");
