//! The data of events, as far as it is assumed. Whatever may be absent is an [`Option`], and more is ignored.

use std::fmt;

use hb_bls_gen::{
    Attendance, BookedBy, BookingId, BookingStatus, CourseId, Date, EquipmentStatus, PayOption, PayStatus, Secret,
    TrainerId, TrainingStatus,
};
use jiff::Zoned;
use serde::Deserialize;

#[cfg(feature = "schemars")]
use super::schema;
use super::time;

/// A booking as it was when the event occurred.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Booking {
    /// What the API knows the booking by.
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::id"))]
    pub id: BookingId,
    /// Who takes the training.
    pub candidate: Option<Candidate>,
    /// The course.
    pub course: Option<Course>,
    /// Who gives the training; none until one is assigned.
    pub trainer: Option<Trainer>,
    /// When the training starts, in the United Kingdom's time zone.
    #[serde(default, deserialize_with = "time::local")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::date_time"))]
    pub start_date: Option<Zoned>,
    /// When the training ends, in the United Kingdom's time zone.
    #[serde(default, deserialize_with = "time::local")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::date_time"))]
    pub end_date: Option<Zoned>,
    /// Whether the place is confirmed.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::booking_status"))]
    pub booking_status: Option<BookingStatus>,
    /// Whether the booking is paid.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::pay_status"))]
    pub pay_status: Option<PayStatus>,
    /// How the booking is paid.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::pay_option"))]
    pub pay_option: Option<PayOption>,
    /// Who made the booking.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::booked_by"))]
    pub booked_by: Option<BookedBy>,
    /// How to join the video call.
    #[serde(rename = "virtual")]
    pub virtual_meeting: Option<Meeting>,
    /// Whether the certificate can be downloaded.
    pub certificate_available: Option<bool>,
    /// How the training went.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::training_status"))]
    pub training_status: Option<TrainingStatus>,
    /// Where the kit is.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::equipment_status"))]
    pub equipment_status: Option<EquipmentStatus>,
    /// Whether the candidate came; none until it is recorded.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::attendance"))]
    pub attendance: Option<Attendance>,
    /// When the booking was made.
    #[serde(default, deserialize_with = "time::instant")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::date_time"))]
    pub created_at: Option<jiff::Timestamp>,
}

/// The data of `booking.rescheduled`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Rescheduled {
    /// The booking with its new times.
    #[serde(flatten)]
    pub booking: Booking,
    /// When the training would have started, in the United Kingdom's time zone.
    #[serde(default, deserialize_with = "time::local")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::date_time"))]
    pub previous_start_date: Option<Zoned>,
    /// When the training would have ended, in the United Kingdom's time zone.
    #[serde(default, deserialize_with = "time::local")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::date_time"))]
    pub previous_end_date: Option<Zoned>,
}

/// The data of `booking.equipment_late`.
#[derive(Debug, Clone, Deserialize)]
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
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Test {
    /// A text for people.
    pub message: Option<String>,
}

/// Who takes the training.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Candidate {
    /// First and last name.
    pub name: Option<String>,
    /// The email address.
    pub email: Option<String>,
    /// The phone number.
    pub phone: Option<String>,
}

/// Shows nothing: all of it is personal.
impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").finish_non_exhaustive()
    }
}

/// The course of a booking.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Course {
    /// The course's id.
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::id"))]
    pub id: CourseId,
    /// The course's name.
    pub name: Option<String>,
}

/// Who gives the training.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Trainer {
    /// The trainer's id.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::id_or_null"))]
    pub id: Option<TrainerId>,
    /// The trainer's name.
    pub name: Option<String>,
}

/// Leaves out the name.
impl fmt::Debug for Trainer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trainer").field("id", &self.id).finish_non_exhaustive()
    }
}

/// How to join the video call. API: `virtual` of a booking.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Meeting {
    /// The meeting's id, which may come as a number.
    #[serde(default, deserialize_with = "text")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::text_or_number"))]
    pub zoom_id: Option<String>,
    /// The link to join by.
    pub zoom_link: Option<String>,
    /// The meeting's password.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub zoom_password: Option<Secret>,
}

/// Shows nothing: whoever knows it can join.
impl fmt::Debug for Meeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meeting").finish_non_exhaustive()
    }
}

fn text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}
