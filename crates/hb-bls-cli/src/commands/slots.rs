//! `hb-bls slots`: when a course can be taken.

mod calendar;

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use hb_bls::{CourseId, Date, Timeslot};
use serde::Serialize;

use crate::{
    args,
    context::Context,
    output::{Column, Format, Record, text},
};

/// A command about timeslots.
#[derive(Subcommand)]
pub enum Slots {
    /// List when a course can be taken, in UK time
    ///
    /// A terminal gets a calendar by day, everything else one timeslot a line.
    List {
        /// The course
        #[arg(long, value_name = "ID")]
        course: CourseId,
        /// How many months ahead to look
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
        months: Option<u8>,
        /// Look at one day only
        #[arg(long, value_name = "DATE", value_parser = args::date)]
        date: Option<Date>,
    },
}

impl Slots {
    pub async fn run(self, context: &Context) -> Result<()> {
        let Self::List { course, months, date } = self;
        let client = context.client()?;
        let mut query = client.timeslots().list(course);
        if let Some(months) = months {
            query = query.months_ahead(months);
        }
        if let Some(date) = date {
            query = query.date(date);
        }
        let slots = query.await.context("cannot list timeslots")?;
        let output = context.output();
        if output.format() == Format::Table && std::io::stdout().is_terminal() && !slots.is_empty() {
            return Ok(output.text(&calendar::calendar(&slots, crate::output::width()))?);
        }
        output.list(&slots, "no timeslot is free")
    }
}

impl Record for Timeslot {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("date", |slot| slot.date.to_string()),
        Column::new("time", |slot| slot.time.strftime("%H:%M").to_string()),
        Column::full("course_id", |slot| text(slot.course.as_ref().map(|course| &course.id))),
        Column::long("course_name", |slot| text(slot.course.as_ref().and_then(|course| course.name.as_ref()))),
    ];

    fn json(&self) -> impl Serialize + '_ {
        self
    }
}
