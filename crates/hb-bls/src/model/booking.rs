use std::fmt;

use hb_bls_gen::{
    Attendance, BookedBy, BookingId, BookingStatus, EquipmentStatus, PayOption, PayStatus, Secret, TrainerId,
    TrainingStatus,
};
use jiff::ZonedDateTime;
use serde::{Deserialize, Serialize};

use super::CourseSummary;
#[cfg(feature = "schemars")]
use super::schema;
use crate::zone;

/// A candidate's place on a course. API: `GET /bookings/{id}`; also the data of most events, as it was when they
/// occurred.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Booking {
    /// The id of the booking.
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::id"))]
    pub id: BookingId,
    /// Who takes the training.
    pub candidate: Option<Candidate>,
    /// The course.
    pub course: Option<CourseSummary>,
    /// Who gives the training; none until one is assigned.
    pub trainer: Option<Trainer>,
    /// When the training starts, in the United Kingdom's time zone.
    #[serde(default, with = "zone::local")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::date_time"))]
    pub start_date: Option<ZonedDateTime>,
    /// When the training ends, in the United Kingdom's time zone.
    #[serde(default, with = "zone::local")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::date_time"))]
    pub end_date: Option<ZonedDateTime>,
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
    /// Where the candidate pays, while that is outstanding. Anybody who has the address can see the candidate's booking.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub payment_url: Option<Secret>,
    /// Who made the booking.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::booked_by"))]
    pub booked_by: Option<BookedBy>,
    /// How to join the video call.
    #[serde(rename = "virtual")]
    pub virtual_meeting: Option<VirtualMeeting>,
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
    #[serde(default, with = "zone::utc")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::date_time"))]
    pub created_at: Option<jiff::Timestamp>,
}

/// Who takes the training.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
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

/// Shows nothing, since every field is personal.
impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").finish_non_exhaustive()
    }
}

/// Who gives the training.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct VirtualMeeting {
    /// The meeting's id, which may come as a number.
    #[serde(default, deserialize_with = "text_or_number")]
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::text_or_number"))]
    pub zoom_id: Option<String>,
    /// The link to join by.
    pub zoom_link: Option<String>,
    /// The meeting's password.
    #[serde(default)]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub zoom_password: Option<Secret>,
}

/// Shows nothing, since anyone who knows the fields can join.
impl fmt::Debug for VirtualMeeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualMeeting").finish_non_exhaustive()
    }
}

fn text_or_number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    serde_json::Value::deserialize(deserializer).map(text)
}

/// Reads an id of a meeting, which may be a number or text: its type is not published.
fn text(value: serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
