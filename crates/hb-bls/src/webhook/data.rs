//! The data of events, as far as it is known or assumed. Fields that may be absent are an [`Option`], and unknown
//! fields are ignored.

use hb_bls_gen::Date;
use jiff::ZonedDateTime;
use serde::{Deserialize, Serialize};

#[cfg(feature = "schemars")]
use crate::model::schema;
use crate::{Booking, zone};

/// The data of `booking.rescheduled`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Rescheduled {
    /// The booking with its new times.
    #[serde(flatten)]
    pub booking: Booking,
    /// When the training would have started, in the United Kingdom's time zone.
    #[serde(default, with = "zone::local")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::date_time"))]
    pub previous_start_date: Option<ZonedDateTime>,
    /// When the training would have ended, in the United Kingdom's time zone.
    #[serde(default, with = "zone::local")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::date_time"))]
    pub previous_end_date: Option<ZonedDateTime>,
}

/// The data of `booking.equipment_late`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct EquipmentLate {
    /// The booking that the kit was sent for.
    #[serde(flatten)]
    pub booking: Booking,
    /// The day on which the kit should have been back.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::date"))]
    pub expected_return_date: Option<Date>,
}

/// The data of `webhook.test`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Test {
    /// A human-readable message.
    pub message: Option<String>,
}
