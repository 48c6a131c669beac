use std::fmt;

use bon::Builder;
use hb_bls_gen::{
    Attendance, BookedBy, BookingId, BookingStatus, EquipmentStatus, PayOption, PayStatus, Secret, TrainerId,
    TrainingStatus, types,
};
use jiff::Zoned;

use super::{CourseSummary, FromRaw, Unreadable, optional};
use crate::zone::{in_london, instant};

/// Who takes the training, where the kit goes and how it is paid. API: the body of `POST /bookings`.
///
/// The builder asks for every field but [`agency_email`](Self::agency_email) at compile time.
#[derive(Clone, Builder)]
#[builder(on(String, into))]
#[non_exhaustive]
pub struct BookingDetails {
    /// The candidate's first name.
    pub first_name: String,
    /// The candidate's last name.
    pub last_name: String,
    /// Where the candidate gets the invitation.
    pub email: String,
    /// The candidate's phone number.
    pub phone: String,
    /// Where to post the kit: house and street.
    pub address: String,
    /// Where to post the kit: town.
    pub city: String,
    /// Where to post the kit: postcode.
    pub postcode: String,
    /// The candidate's job.
    pub job_role: String,
    /// How the booking is paid.
    #[builder(into)]
    pub pay_option: PayOption,
    /// Who at the agency answers for the booking.
    pub agency_contact_name: String,
    /// That person's address.
    pub agency_contact_email: String,
    /// The agency's own address.
    pub agency_email: Option<String>,
}

impl BookingDetails {
    pub(crate) fn to_request(&self, hold_hash: String) -> types::BookingRequest {
        let details = self.clone();
        types::BookingRequest {
            hold_hash,
            first_name: details.first_name,
            last_name: details.last_name,
            email: details.email,
            phone: details.phone,
            address: details.address,
            city: details.city,
            postcode: details.postcode,
            job_role: details.job_role,
            pay_option: details.pay_option,
            agency_contact_name: details.agency_contact_name,
            agency_contact_email: details.agency_contact_email,
            agency_email: details.agency_email,
        }
    }
}

/// Leaves out whatever is personal.
impl fmt::Debug for BookingDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BookingDetails").field("pay_option", &self.pay_option).finish_non_exhaustive()
    }
}

/// A candidate's place on a course. API: `GET /bookings/{id}`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Booking {
    /// What the API knows the booking by.
    pub id: BookingId,
    /// Who takes the training.
    pub candidate: Option<Candidate>,
    /// The course.
    pub course: Option<CourseSummary>,
    /// Who gives the training; none until one is assigned.
    pub trainer: Option<Trainer>,
    /// When the training starts, in the United Kingdom's time zone.
    pub start_date: Option<Zoned>,
    /// When the training ends, in the United Kingdom's time zone.
    pub end_date: Option<Zoned>,
    /// Whether the place is confirmed.
    pub booking_status: Option<BookingStatus>,
    /// Whether the booking is paid.
    pub pay_status: Option<PayStatus>,
    /// How the booking is paid.
    pub pay_option: Option<PayOption>,
    /// Who made the booking.
    pub booked_by: Option<BookedBy>,
    /// How to join the video call.
    pub virtual_meeting: Option<VirtualMeeting>,
    /// Whether the certificate can be downloaded.
    pub certificate_available: Option<bool>,
    /// How the training went.
    pub training_status: Option<TrainingStatus>,
    /// Where the kit is.
    pub equipment_status: Option<EquipmentStatus>,
    /// Whether the candidate came; none until it is recorded.
    pub attendance: Option<Attendance>,
    /// When the booking was made.
    pub created_at: Option<jiff::Timestamp>,
}

impl FromRaw<types::Booking> for Booking {
    fn from_raw(raw: types::Booking) -> Result<Self, Unreadable> {
        Ok(Self {
            id: raw.id,
            candidate: optional(raw.candidate, "candidate")?,
            course: optional(raw.course, "course")?,
            trainer: raw.trainer.map(|trainer| Trainer { id: trainer.id, name: trainer.name }),
            start_date: raw.start_date.and_then(in_london),
            end_date: raw.end_date.and_then(in_london),
            booking_status: raw.booking_status,
            pay_status: raw.pay_status,
            pay_option: raw.pay_option,
            booked_by: raw.booked_by,
            virtual_meeting: optional(raw.virtual_, "virtual")?,
            certificate_available: raw.certificate_available,
            training_status: raw.training_status,
            equipment_status: raw.equipment_status,
            attendance: raw.attendance,
            created_at: raw.created_at.and_then(instant),
        })
    }
}

/// Who takes the training.
#[derive(Clone)]
#[non_exhaustive]
pub struct Candidate {
    /// First and last name.
    pub name: Option<String>,
    /// The email address.
    pub email: Option<String>,
    /// The phone number.
    pub phone: Option<String>,
}

impl FromRaw<types::Candidate> for Candidate {
    fn from_raw(raw: types::Candidate) -> Result<Self, Unreadable> {
        Ok(Self { name: raw.name, email: raw.email, phone: raw.phone })
    }
}

/// Shows nothing: all of it is personal.
impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").finish_non_exhaustive()
    }
}

/// Who gives the training.
#[derive(Clone)]
#[non_exhaustive]
pub struct Trainer {
    /// The trainer's id.
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
#[derive(Clone)]
#[non_exhaustive]
pub struct VirtualMeeting {
    /// The meeting's id.
    pub zoom_id: Option<String>,
    /// The link to join by.
    pub zoom_link: Option<String>,
    /// The meeting's password.
    pub zoom_password: Option<Secret>,
}

impl FromRaw<types::BookingVirtual> for VirtualMeeting {
    fn from_raw(raw: types::BookingVirtual) -> Result<Self, Unreadable> {
        Ok(Self { zoom_id: raw.zoom_id.and_then(text), zoom_link: raw.zoom_link, zoom_password: raw.zoom_password })
    }
}

/// The id of a meeting is written as a number or as text; its type is not published.
fn text(value: serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Shows nothing: whoever knows it can join.
impl fmt::Debug for VirtualMeeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualMeeting").finish_non_exhaustive()
    }
}
