//! The queue of webhook events of [`hb_bls`] in a SQLite file, for programs on one machine.
//!
//! ```no_run
//! # use std::convert::Infallible;
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use hb_bls::webhook::{ReceivedEvent, Worker};
//! use hb_bls_sqlite::SqliteEventQueue;
//!
//! let queue = SqliteEventQueue::open("events.db")?; // also for hb_bls::webhook::axum::queue_router and Reconciler
//! let worker = Worker::builder(queue).build(|received: ReceivedEvent| async move {
//!     println!("{} {}", received.event.event_type, received.event.event_id);
//!     Ok::<(), Infallible>(())
//! });
//! worker.run_until(std::future::pending()).await;
//! # Ok(())
//! # }
//! ```
//!
//! # The file
//!
//! Any number of processes on one machine may use it at the same time. It must be on a local disk: SQLite cannot lock files
//! on network drives reliably. Time is the machine's. The file is created with permissions for its owner alone (0600), and
//! beside it SQLite keeps two more whose names end with `-wal` and `-shm`.
//!
//! What was accepted has reached the disk. Workers of the same process are woken when an event arrives; those of other
//! processes poll at the interval that they are built with.
//!
//! | table | contents | personal data | kept |
//! |---|---|---|---|
//! | `events` | events that were accepted | in `body`, which [`EncryptedQueue`](hb_bls::webhook::EncryptedQueue) encrypts, and in `why`, if errors of your handler contain any | 30 days after they were done or removed; dead events until somebody retries or removes them |
//! | `booking_notes` | what is known of each booking, and the account that it belongs to, once a reconciler has read it | none: ids, states and times | forever |
//! | `skipped_notes` | which bookings an account cannot see, and what was known of them | none: ids, states and times | forever |
//!
//! What is removed is overwritten in the file.
//!
//! # Types of other crates
//!
//! The public API contains types or traits of this crate alone. A new major version of it is therefore adopted only in a new
//! major version of this one.
//!
//! | crate | version | used for |
//! |---|---|---|
//! | `hb-bls` | 0.1.0 | the queue that is implemented |
//!
//! A program can link only one SQLite. This crate accepts `rusqlite` 0.32 to 0.43, so that it can be used beside `sqlx` 0.8 and
//! 0.9.
#![cfg_attr(docsrs, feature(doc_cfg))]
// so that later versions may add fields and variants
#![deny(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod database;
mod queue;
mod rows;

pub use queue::SqliteEventQueue;

/// The example of the README is compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
