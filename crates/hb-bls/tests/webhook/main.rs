//! Webhooks and Portal V1 notifications, as a receiver sees them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "axum")]
mod answers;
mod clock;
mod events;
#[cfg(feature = "axum")]
mod examples;
#[cfg(feature = "event-queue")]
mod hung;
mod inbox;
#[cfg(feature = "axum")]
mod plain_http;
#[cfg(feature = "axum")]
mod portal_v1_answers;
mod portal_v1_payloads;
mod python;
#[cfg(all(feature = "axum", feature = "event-queue"))]
mod queue_answers;
#[cfg(all(feature = "axum", feature = "client"))]
mod rotation;
#[cfg(feature = "schemars")]
mod schemas;
mod signer;
mod strict;
mod vector;
#[cfg(feature = "event-queue")]
mod worker;
