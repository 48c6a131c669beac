//! `hb-bls bookings`: what is booked.

mod record;

use anyhow::{Context as _, Result};
use clap::{Subcommand, ValueEnum};
use hb_bls::{BookingId, BookingQuery, BookingStatus, Client, CourseId, Date};

use crate::{args, context::Context, output::Format};

/// Bookings to a page: as many as the portal gives.
const PAGE: u32 = 100;

/// A command about bookings.
#[derive(Subcommand)]
pub enum Bookings {
    /// List the account's bookings
    List(Filters),
    /// Show one booking in full
    Get {
        /// The booking
        id: BookingId,
    },
    /// Write every field of the bookings, for a spreadsheet or a program
    ///
    /// CSV puts an apostrophe before what a spreadsheet would take for a formula: text that begins with =, +, - or @
    /// and is no number. JSON Lines have every value as it is.
    Export {
        /// How to write them
        #[arg(long, value_enum)]
        format: ExportFormat,
        #[command(flatten)]
        filters: Filters,
    },
}

/// What programs read.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ExportFormat {
    /// Comma-separated values with a header
    Csv,
    /// One JSON object a line
    Jsonl,
}

/// Which bookings.
#[derive(clap::Args)]
pub struct Filters {
    /// Only bookings with this status, such as booked, pending or cancelled
    #[arg(long)]
    status: Option<BookingStatus>,
    /// Only bookings of this course
    #[arg(long, value_name = "ID")]
    course: Option<CourseId>,
    /// Only bookings on this day or later
    #[arg(long, value_name = "DATE", value_parser = args::date)]
    from: Option<Date>,
    /// Only bookings on this day or earlier
    #[arg(long, value_name = "DATE", value_parser = args::date)]
    to: Option<Date>,
    /// Only bookings whose candidate matches
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
}

impl Filters {
    fn query(self, client: &Client, context: &Context) -> BookingQuery {
        let mut query = client.bookings().list().per_page(PAGE);
        if let Some(status) = self.status {
            query = query.status(status);
        }
        if let Some(course) = self.course {
            query = query.course_id(course);
        }
        if let Some(date) = self.from {
            query = query.date_from(date);
        }
        if let Some(date) = self.to {
            query = query.date_to(date);
        }
        if let Some(text) = self.search {
            context.hide(&text);
            query = query.search(text);
        }
        query
    }
}

impl Bookings {
    pub async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let output = context.output();
        match self {
            Self::List(filters) => {
                let items = filters.query(&client, context).items();
                output.stream(items, "no bookings").await.context("cannot list bookings")
            }
            Self::Get { id } => {
                let booking = client.bookings().get(id).await.with_context(|| format!("cannot get booking {id}"))?;
                output.object(&booking)
            }
            Self::Export { format, filters } => {
                let format = match format {
                    ExportFormat::Csv => Format::Csv,
                    ExportFormat::Jsonl => Format::Jsonl,
                };
                let items = filters.query(&client, context).items();
                output.with_format(format).stream(items, "").await.context("cannot export bookings")
            }
        }
    }
}
