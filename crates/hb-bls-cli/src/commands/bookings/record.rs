use hb_bls::{Booking, Candidate, CourseSummary, Trainer, VirtualMeeting};
use serde::Serialize;

use crate::output::{Column, Record, brief_zoned, instant, text, yes, zoned};

impl Record for Booking {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("id", |booking: &Self| booking.id.to_string()),
        Column::with_brief(
            "start_date",
            |booking: &Self| zoned(booking.start_date.as_ref()),
            |booking: &Self| brief_zoned(booking.start_date.as_ref()),
        )
        .headed("start"),
        Column::full("end_date", |booking: &Self| zoned(booking.end_date.as_ref())),
        Column::long("candidate_name", |booking: &Self| candidate(booking, |candidate| candidate.name.as_ref()))
            .headed("candidate"),
        Column::full("candidate_email", |booking: &Self| candidate(booking, |candidate| candidate.email.as_ref())),
        Column::full("candidate_phone", |booking: &Self| candidate(booking, |candidate| candidate.phone.as_ref())),
        Column::full("course_id", |booking: &Self| text(booking.course.as_ref().map(|course| &course.id))),
        Column::long("course_name", |booking: &Self| text(course(booking).and_then(|course| course.name.as_ref())))
            .headed("course"),
        Column::full("trainer_id", |booking: &Self| text(trainer(booking).and_then(|trainer| trainer.id.as_ref()))),
        Column::full("trainer_name", |booking: &Self| text(trainer(booking).and_then(|trainer| trainer.name.as_ref()))),
        Column::new("booking_status", |booking: &Self| text(booking.booking_status.as_ref())).headed("status"),
        Column::full("pay_status", |booking: &Self| text(booking.pay_status.as_ref())),
        Column::full("pay_option", |booking: &Self| text(booking.pay_option.as_ref())),
        Column::new("training_status", |booking: &Self| text(booking.training_status.as_ref())).headed("training"),
        Column::full("attendance", |booking: &Self| text(booking.attendance.as_ref())),
        Column::full("equipment_status", |booking: &Self| text(booking.equipment_status.as_ref())),
        Column::new("certificate_available", |booking: &Self| yes(booking.certificate_available)).headed("certificate"),
        Column::full("booked_by", |booking: &Self| text(booking.booked_by.as_ref())),
        Column::full("zoom_id", |booking: &Self| text(meeting(booking).and_then(|meeting| meeting.zoom_id.as_ref()))),
        Column::full("zoom_link", |booking: &Self| {
            text(meeting(booking).and_then(|meeting| meeting.zoom_link.as_ref()))
        }),
        Column::full("zoom_password", |booking: &Self| {
            let password = meeting(booking).and_then(|meeting| meeting.zoom_password.as_ref());
            password.map(|password| password.expose().to_owned()).unwrap_or_default()
        }),
        Column::full("created_at", |booking: &Self| instant(booking.created_at)),
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
