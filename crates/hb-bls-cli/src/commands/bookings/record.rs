use hb_bls::{Booking, Candidate, CourseSummary, Trainer, VirtualMeeting};
use serde::Serialize;

use crate::output::{Column, Record, brief_zoned, instant, text, yes, zoned};

impl Record for Booking {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("id", |booking| booking.id.to_string()),
        Column::with_brief(
            "start_date",
            |booking| zoned(booking.start_date.as_ref()),
            |booking| brief_zoned(booking.start_date.as_ref()),
        ),
        Column::full("end_date", |booking| zoned(booking.end_date.as_ref())),
        Column::new("candidate_name", |booking| candidate(booking, |candidate| candidate.name.as_ref())),
        Column::full("candidate_email", |booking| candidate(booking, |candidate| candidate.email.as_ref())),
        Column::full("candidate_phone", |booking| candidate(booking, |candidate| candidate.phone.as_ref())),
        Column::full("course_id", |booking| text(booking.course.as_ref().map(|course| &course.id))),
        Column::new("course_name", |booking| text(course(booking).and_then(|course| course.name.as_ref()))),
        Column::full("trainer_id", |booking| text(trainer(booking).and_then(|trainer| trainer.id.as_ref()))),
        Column::full("trainer_name", |booking| text(trainer(booking).and_then(|trainer| trainer.name.as_ref()))),
        Column::new("booking_status", |booking| text(booking.booking_status.as_ref())),
        Column::full("pay_status", |booking| text(booking.pay_status.as_ref())),
        Column::full("pay_option", |booking| text(booking.pay_option.as_ref())),
        Column::new("training_status", |booking| text(booking.training_status.as_ref())),
        Column::full("attendance", |booking| text(booking.attendance.as_ref())),
        Column::full("equipment_status", |booking| text(booking.equipment_status.as_ref())),
        Column::with_brief(
            "certificate_available",
            |booking| yes(booking.certificate_available),
            |booking| yes(booking.certificate_available),
        ),
        Column::full("booked_by", |booking| text(booking.booked_by.as_ref())),
        Column::full("zoom_id", |booking| text(meeting(booking).and_then(|meeting| meeting.zoom_id.as_ref()))),
        Column::full("zoom_link", |booking| text(meeting(booking).and_then(|meeting| meeting.zoom_link.as_ref()))),
        Column::full("zoom_password", |booking| {
            let password = meeting(booking).and_then(|meeting| meeting.zoom_password.as_ref());
            password.map(|password| password.expose().to_owned()).unwrap_or_default()
        }),
        Column::full("created_at", |booking| instant(booking.created_at)),
    ];

    fn json(&self) -> impl Serialize + '_ {
        self
    }
}

fn candidate(booking: &Booking, field: fn(&Candidate) -> Option<&String>) -> String {
    text(booking.candidate.as_ref().and_then(field))
}

fn course(booking: &Booking) -> Option<&CourseSummary> {
    booking.course.as_ref()
}

fn trainer(booking: &Booking) -> Option<&Trainer> {
    booking.trainer.as_ref()
}

fn meeting(booking: &Booking) -> Option<&VirtualMeeting> {
    booking.virtual_meeting.as_ref()
}
