//! A booking and its parts.

use hb_bls_gen::{
    Attendance, BookedBy, BookingId, BookingStatus, CourseId, Date, EquipmentStatus, PayOption, PayStatus, TrainerId,
    TrainingStatus,
};
use jiff::{Timestamp, ZonedDateTime};

use crate::{Booking, Candidate, CourseSummary, Trainer, VirtualMeeting, zone::LONDON};

/// When everything was created: 5 June 2026, 10:00 UTC.
pub(super) const MADE: Timestamp = Timestamp::constant(1_780_653_600, 0);
/// The day of the training.
pub(super) const DAY: Date = jiff::civil::date(2026, 6, 15);

/// An hour of a day, in UK local time.
pub(super) fn at(date: Date, hour: i8) -> Option<ZonedDateTime> {
    date.at(hour, 0, 0, 0).to_zoned_datetime(LONDON).ok()
}

/// A booking whose training was attended, whose kit was returned, and whose certificate is available.
pub fn booking() -> Booking {
    Booking {
        id: BookingId::new(1042),
        candidate: Some(candidate()),
        course: Some(course_summary()),
        trainer: Some(trainer()),
        start_date: at(DAY, 9),
        end_date: at(DAY, 11),
        booking_status: Some(BookingStatus::Booked),
        pay_status: Some(PayStatus::Completed),
        pay_option: Some(PayOption::Credits),
        payment_url: Some("https://pay.example/bookings/1042".into()),
        booked_by: Some(BookedBy::Agency),
        virtual_meeting: Some(virtual_meeting()),
        certificate_available: Some(true),
        training_status: Some(TrainingStatus::Completed),
        equipment_status: Some(EquipmentStatus::In),
        attendance: Some(Attendance::Attended),
        created_at: Some(MADE),
    }
}

/// The candidate of the [`booking`].
pub fn candidate() -> Candidate {
    Candidate {
        name: Some("Amara Okafor".to_owned()),
        email: Some("amara.okafor@example.com".to_owned()),
        phone: Some("+447700900123".to_owned()),
    }
}

/// The course of the [`booking`].
pub fn course_summary() -> CourseSummary {
    CourseSummary { id: CourseId::new(1), name: Some("Virtual BLS".to_owned()) }
}

/// The trainer of the [`booking`].
pub fn trainer() -> Trainer {
    Trainer { id: Some(TrainerId::new(3)), name: Some("Sam Marsh".to_owned()) }
}

/// The video call of the [`booking`].
pub fn virtual_meeting() -> VirtualMeeting {
    VirtualMeeting {
        zoom_id: Some("81234567890".to_owned()),
        zoom_link: Some("https://zoom.example/j/81234567890".to_owned()),
        zoom_password: Some("blue-kettle".into()),
    }
}
