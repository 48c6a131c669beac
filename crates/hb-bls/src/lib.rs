//! Client for the Virtual BLS API of Healthier Business Group (beta), on which staffing agencies book remote
//! Basic Life Support training for candidates.
//!
//! ```no_run
//! # async fn example() -> Result<(), hb_bls::Error> {
//! use hb_bls::{BookingDetails, Client, Credentials, PayOption};
//!
//! let client = Client::builder(Credentials::new("my-client-id", "my-api-key")).build()?;
//! let courses = client.courses().list().await?;
//! let [course, ..] = &courses[..] else { return Ok(()) };
//! let slots = client.timeslots().list(course.id).send().await?;
//! let [slot, ..] = &slots[..] else { return Ok(()) };
//! let hold = client.timeslots().hold(course.id, slot.date, slot.time).await?;
//! let details = BookingDetails::builder()
//!     .first_name("Amara").last_name("Okafor").email("amara.okafor@example.com").phone("+447700900123")
//!     .address("12 Harbour Street").city("Leeds").postcode("LS1 4AP").job_role("Registered Nurse")
//!     .pay_option(PayOption::Credits)
//!     .agency_contact_name("Jo Field").agency_contact_email("jo.field@agency.example")
//!     .build();
//! let booking = client.bookings().create(&hold, &details).await?;
//! # let _ = booking;
//! # Ok(())
//! # }
//! ```
//!
//! # The beta
//!
//! Much of the API is not published, and all of it may change. Whatever an answer may lack is an [`Option`];
//! sets of values such as [`BookingStatus`] keep values they do not know; new fields are ignored.
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `client` (default) | [`Client`] |
//! | `rustls` (default), `native-tls` | TLS for it |
//! | `webhook` (default) | [`webhook`] and [`portal_v1`], which need no HTTP client, TLS or async runtime |
//! | `axum` | routers and an extractor for them, on axum 0.8 |
//! | `schemars` | JSON Schemas of the webhook events |
//! | `raw` | the generated bindings, as `raw` |

#[cfg(feature = "client")]
mod client;
mod clock;
#[cfg(feature = "client")]
mod credentials;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "client")]
mod model;
#[cfg(feature = "client")]
mod pipeline;
#[cfg(feature = "webhook")]
pub mod portal_v1;
#[cfg(feature = "client")]
mod resources;
#[cfg(feature = "webhook")]
pub mod webhook;
#[cfg(any(feature = "client", feature = "webhook"))]
mod zone;

#[cfg(feature = "client")]
pub use client::{Client, ClientBuilder};
pub use clock::{Clock, SystemClock};
#[cfg(feature = "client")]
pub use credentials::Credentials;
#[cfg(feature = "client")]
pub use error::{Error, Rejection, Result};
/// The generated bindings. They change whenever the API's document does.
#[cfg(feature = "raw")]
pub use hb_bls_gen as raw;
pub use hb_bls_gen::{
    Attendance, BookedBy, BookingId, BookingStatus, CourseId, Date, Decimal, EquipmentStatus, Money, PayOption,
    PayStatus, Secret, TrainerId, TrainingStatus, TransactionId, TransactionType, WebhookEventType, WebhookId,
};
/// A time of day, in the United Kingdom throughout this API.
pub use jiff::civil::Time;
#[cfg(feature = "client")]
pub use model::{
    Balances, Booking, BookingDetails, Candidate, Course, CourseCredits, CourseSummary, Hold, Timeslot, TokenInfo,
    Trainer, Transaction, VirtualMeeting, Webhook, WebhookCreated, WebhookRequest, WebhookUpdate,
};
#[cfg(feature = "client")]
pub use resources::{
    Account, BookingQuery, Bookings, Courses, Items, Page, Pages, Position, TimeslotQuery, Timeslots, TransactionQuery,
    Webhooks,
};

/// The examples of the README compile.
#[cfg(all(doctest, feature = "client", feature = "webhook"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
