//! `hb-bls slots`: a course's free timeslots.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::IsTerminal as _,
};

use anstyle::Style;
use anyhow::{Context as _, Result};
use clap::Subcommand;
use hb_bls::{CourseId, Date, Time, Timeslot};

use crate::{
    args, clock,
    context::Context,
    output::{Column, ColumnNames, Format, Record, text, time, width},
    when,
};

/// A command about timeslots.
#[derive(Subcommand)]
pub enum Slots {
    /// List a course's free timeslots, in UK time
    ///
    /// On a terminal they are shown as a calendar, elsewhere one on each line.
    List {
        /// The course's number, as `courses list` shows it
        #[arg(long, value_name = "ID", value_parser = args::course)]
        course: CourseId,
        /// How many months ahead to search (1 to 12; by default the portal decides)
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=12))]
        months: Option<u8>,
        /// Search on one day only, such as 23/11/2026, tomorrow or next Monday
        #[arg(long, value_name = "DATE", value_parser = args::date)]
        date: Option<Date>,
        #[command(flatten)]
        columns: ColumnNames<Timeslot>,
    },
}

impl Slots {
    pub async fn run(self, context: &Context) -> Result<()> {
        let Self::List { course, months, date, columns: names } = self;
        let output = context.output();
        let columns = output.columns(&names)?;
        let client = context.client()?;
        let mut query = client.timeslots().list(course);
        if let Some(months) = months {
            query = query.months_ahead(months);
        }
        if let Some(date) = date {
            query = query.date(date);
        }
        let slots = query.await.context("cannot list timeslots")?;
        if !names.are_given()
            && output.format() == Format::Table
            && std::io::stdout().is_terminal()
            && !slots.is_empty()
        {
            return Ok(output.text(&calendar(&slots, width()))?);
        }
        let nothing = match date {
            None => "no timeslot is free".to_owned(),
            // by the clock of this machine: that of a sandbox may be elsewhere
            Some(date) if date < clock::today() => {
                format!("no timeslot is free on {}, which is in the past", when::names(date))
            }
            Some(date) => format!("no timeslot is free on {}", when::names(date)),
        };
        output.list_columns(&columns, &slots, &nothing)
    }
}

impl Record for Timeslot {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::time("date", |slot| slot.date.to_string(), |slot| when::names(slot.date)),
        Column::new("time", |slot| time(slot.time)),
        Column::full("course_id", |slot| text(slot.course.as_ref().map(|course| &course.id))),
        Column::long("course_name", |slot| text(slot.course.as_ref().and_then(|course| course.name.as_ref()))),
    ];
}

const MONTH: Style = Style::new().bold();
const DAY: Style = Style::new().dimmed();
/// `Mon 15  `
const MARGIN: usize = 8;
/// `09:00 `
const SLOT: usize = 6;

/// Under each month one line per day, or several if the times do not fit.
fn calendar(slots: &[Timeslot], width: Option<u16>) -> String {
    let mut days = BTreeMap::<Date, BTreeSet<Time>>::new();
    for slot in slots {
        days.entry(slot.date).or_default().insert(slot.time);
    }
    let fit = width.map_or(usize::MAX, |width| (usize::from(width).saturating_sub(MARGIN - 1) / SLOT).max(1));
    let mut lines = Vec::new();
    let mut month = None;
    for (date, times) in days {
        if month.replace(date.first_of_month()) != Some(date.first_of_month()) {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push(format!("{MONTH}{}{MONTH:#}", date.strftime("%B %Y")));
        }
        let times: Vec<String> = times.into_iter().map(time).collect();
        for (index, row) in times.chunks(fit).enumerate() {
            let day = if index == 0 { date.strftime("%a %e").to_string() } else { String::new() };
            lines.push(format!("{DAY}{day:<6}{DAY:#}  {}", row.join(" ")));
        }
    }
    lines.join("\n")
}
