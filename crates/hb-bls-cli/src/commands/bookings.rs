//! `hb-bls bookings`: the account's bookings.

mod calendar;
mod export;
mod filters;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use export::Target;
use filters::Filters;
use hb_bls::{Booking, BookingId, Candidate, CourseSummary, Trainer, VirtualMeeting};

use crate::{
    args,
    context::Context,
    output::{Column, ColumnNames, Record, instant, read_instant, read_zoned, text, yes, zoned},
    report::{Failure, Kind},
};

/// Bookings on a page: the most that the portal gives.
const PAGE: u32 = 100;

/// A command about bookings.
#[derive(Subcommand)]
pub enum Bookings {
    /// List the account's bookings
    List {
        #[command(flatten)]
        filters: Filters,
        #[command(flatten)]
        columns: ColumnNames<Booking>,
    },
    /// Show one booking in full
    Get {
        /// The booking's number, as `bookings list` shows it
        #[arg(value_parser = args::booking)]
        id: BookingId,
    },
    /// Export all fields of the bookings, for a spreadsheet, a calendar or a program
    ///
    /// In CSV, text that a spreadsheet would take for a formula (it begins with =, +, - or @ and is not a number) gets an
    /// apostrophe in front. JSON Lines have every value unchanged.
    Export {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        filters: Filters,
    },
    /// Not possible by the API
    #[command(hide = true)]
    Cancel(NotInApi),
    /// Not possible by the API
    #[command(hide = true, alias = "reschedule")]
    Move(NotInApi),
}

/// Whatever is given to a command that the API has no operation for.
#[derive(clap::Args)]
pub struct NotInApi {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    _given: Vec<String>,
}

fn not_in_api(what: &str) -> Result<()> {
    let failure = Failure::new(Kind::Usage, format!("the API cannot {what} a booking; nothing was changed"));
    Err(failure
        .hint("ask Healthier Business, with the number of the booking: https://hbcompliance.co.uk/contact-us/")
        .into())
}

impl Bookings {
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Cancel(_) => return not_in_api("cancel"),
            Self::Move(_) => return not_in_api("move"),
            _ => {}
        }
        let client = context.client()?;
        let output = context.output();
        match self {
            Self::List { filters, columns } => {
                let columns = output.columns(&columns)?;
                filters.check()?;
                let nothing = filters.nothing();
                output.stream_columns(&columns, filters.items(&client), nothing).await.context("cannot list bookings")
            }
            Self::Get { id } => {
                let booking = client.bookings().get(id).await.with_context(|| format!("cannot get booking {id}"))?;
                output.object(&booking)
            }
            Self::Export { target, filters } => {
                filters.check()?;
                let format = target.format(output)?;
                target.write(format, output, filters.items(&client)).await
            }
            Self::Cancel(_) | Self::Move(_) => Ok(()),
        }
    }
}

impl Record for Booking {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("id", |booking: &Self| booking.id.to_string()),
        Column::time(
            "start_date",
            |booking: &Self| zoned(booking.start_date.as_ref()),
            |booking: &Self| read_zoned(booking.start_date.as_ref()),
        )
        .headed("start"),
        Column::full_time(
            "end_date",
            |booking: &Self| zoned(booking.end_date.as_ref()),
            |booking: &Self| read_zoned(booking.end_date.as_ref()),
        ),
        Column::person("candidate_name", |booking: &Self| candidate(booking, |candidate| candidate.name.as_ref()))
            .headed("candidate"),
        Column::full("candidate_email", |booking: &Self| candidate(booking, |candidate| candidate.email.as_ref())),
        Column::full("candidate_phone", |booking: &Self| candidate(booking, |candidate| candidate.phone.as_ref())),
        Column::full("course_id", |booking: &Self| text(booking.course.as_ref().map(|course| &course.id))),
        Column::long("course_name", |booking: &Self| text(course(booking).and_then(|course| course.name.as_ref())))
            .headed("course")
            .if_there_is_room(),
        Column::full("trainer_id", |booking: &Self| text(trainer(booking).and_then(|trainer| trainer.id.as_ref()))),
        Column::full("trainer_name", |booking: &Self| text(trainer(booking).and_then(|trainer| trainer.name.as_ref()))),
        Column::new("booking_status", |booking: &Self| text(booking.booking_status.as_ref())).headed("status"),
        Column::full("pay_status", |booking: &Self| text(booking.pay_status.as_ref())),
        Column::full("pay_option", |booking: &Self| text(booking.pay_option.as_ref())),
        Column::full("payment_url", |booking: &Self| {
            booking.payment_url.as_ref().map(|url| url.expose().to_owned()).unwrap_or_default()
        }),
        Column::new("training_status", |booking: &Self| text(booking.training_status.as_ref()))
            .headed("training")
            .if_there_is_room(),
        Column::full("attendance", |booking: &Self| text(booking.attendance.as_ref())),
        Column::new("equipment_status", |booking: &Self| text(booking.equipment_status.as_ref()))
            .headed("equipment")
            .if_there_is_room(),
        Column::new("certificate_available", |booking: &Self| yes(booking.certificate_available))
            .headed("certificate")
            .if_there_is_room(),
        Column::full("booked_by", |booking: &Self| text(booking.booked_by.as_ref())),
        Column::full("zoom_id", |booking: &Self| text(meeting(booking).and_then(|meeting| meeting.zoom_id.as_ref()))),
        Column::full("zoom_link", |booking: &Self| {
            text(meeting(booking).and_then(|meeting| meeting.zoom_link.as_ref()))
        }),
        Column::full("zoom_password", |booking: &Self| {
            let password = meeting(booking).and_then(|meeting| meeting.zoom_password.as_ref());
            password.map(|password| password.expose().to_owned()).unwrap_or_default()
        }),
        Column::full_time(
            "created_at",
            |booking: &Self| instant(booking.created_at),
            |booking: &Self| read_instant(booking.created_at),
        ),
    ];
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
