//! The tasks of `cargo xtask`, as a library so that tests can call them.
//!
//! The way of a document through it is one direction:
//! [`document`] reads, [`lower`] brings 3.1 down to 3.0, [`overlay`] applies what is assumed ([`effective`]
//! joins the three), [`lint`] refuses what cannot be generated, [`normalise`] fixes what the generator would get wrong,
//! [`generate`] writes Rust, [`regen`] compares and saves. [`drift`] says what a change means for users. [`pull`] gets
//! what the portal publishes. [`surface`] and [`public_items`] describe document and crate for the snapshots.
#![allow(clippy::missing_errors_doc, reason = "no user reads the errors of a build task in its documentation")]

pub mod cli;
mod clock;
pub mod document;
pub mod drift;
pub mod effective;
pub mod generate;
pub mod handwritten_types;
pub mod lint;
pub mod lower;
pub mod media;
pub mod normalise;
pub mod overlay;
pub mod public_items;
pub mod pull;
pub mod regen;
mod replace;
pub mod surface;
pub mod walk;
