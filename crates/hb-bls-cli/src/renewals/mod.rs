//! `hb-bls renewals`: whose certificate lapses soon, as a file that `book --from` reads.

mod details;
mod find;
mod people;
mod renewal;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use details::Details;
use find::Window;
use futures::TryStreamExt as _;
use hb_bls::{Booking, BookingId, CourseId, Date};
use jiff::Span;
use renewal::Renewal;

use crate::{
    args, atomic_file, book, clock,
    context::Context,
    output::{ColumnNames, Output, SheetKind},
    report::{Failure, Kind},
};

/// List candidates whose certificate lapses soon, for `book --from`
///
/// A certificate counts from the last training that the candidate has completed, for each course. Bookings belong to one
/// candidate if they have the same email address or the same name. Who is booked again for the course is left out.
///
/// `hb-bls book --from` reads the file of --out as it is, and also what --output csv prints. Each row asks for the earliest
/// timeslot; put a date and a time there to choose another. The portal does not tell where candidates live: --candidates
/// takes addresses and jobs from a file that `book --from` can read, such as the one that they were booked from.
#[derive(clap::Args)]
pub struct Args {
    /// How far ahead to look, such as 60d or 2mo
    #[arg(long, value_name = "LENGTH", default_value = "60d", value_parser = args::days)]
    within: Span,
    /// How long a certificate is valid, such as 12mo or 1y
    #[arg(long, value_name = "LENGTH", default_value = "12mo", value_parser = args::days)]
    valid: Span,
    /// The first day, such as 23/11/2026; one in the past shows certificates that have lapsed since (default: today)
    #[arg(long, value_name = "DATE", value_parser = args::first_date)]
    from: Option<Date>,
    /// Only certificates of this course, by its number, as `courses list` shows it
    #[arg(long, value_name = "ID")]
    course: Option<CourseId>,
    /// Take addresses and jobs from this file
    #[arg(long, value_name = "FILE")]
    candidates: Option<PathBuf>,
    /// Say what a column of that file is, as "Number=phone"
    #[arg(long, value_name = "COLUMN=FIELD", requires = "candidates")]
    map: Vec<book::Mapping>,
    /// Write to this file, as .csv or .xlsx; only you can read it
    #[arg(long, value_name = "FILE", conflicts_with = "names")]
    out: Option<PathBuf>,
    #[command(flatten)]
    columns: ColumnNames<Renewal>,
}

/// Lists the candidates, or writes them to a file.
pub async fn run(args: Args, context: &Context) -> Result<()> {
    let output = context.output();
    let columns = output.columns(&args.columns)?;
    let kind = args.out.as_deref().map(|path| SheetKind::of(path, "--out")).transpose()?;
    let details = match &args.candidates {
        Some(path) => Details::read(path, &args.map)?,
        None => Details::default(),
    };
    let window = Window::new(args.from.unwrap_or_else(clock::today), args.within, args.valid)
        .ok_or_else(|| Failure::new(Kind::Usage, "the calendar does not go that far"))?;
    let client = context.client()?;
    let mut query = client.bookings().list().date_from(window.trained_since).per_page(100);
    if let Some(course) = args.course {
        query = query.course_id(course);
    }
    let mut bookings: Vec<Booking> = query.items().try_collect().await.context("cannot list bookings")?;
    bookings.retain(|booking| args.course.is_none_or(|id| booking.course.as_ref().is_some_and(|of| of.id == id)));
    let people = people::of(&bookings);
    tell_several_names(&people.with_several_names(&bookings), output);
    let renewals: Vec<_> =
        find::lapsing(&bookings, &people, &window).iter().map(|found| Renewal::new(found, &details)).collect();
    if let (Some(path), Some(kind)) = (&args.out, kind) {
        let content = renewal::sheet(&renewals).write(kind)?;
        atomic_file::write(path, &content).with_context(|| format!("cannot write {}", path.display()))?;
        let count =
            if renewals.len() == 1 { "1 candidate".to_owned() } else { format!("{} candidates", renewals.len()) };
        output.note(&format!("{count} written to {}", path.display()));
    } else {
        output.list_columns(&columns, &renewals, "no certificate lapses in that time")?;
    }
    tell_what_lacks(&renewals, &args, output);
    Ok(())
}

/// Candidates who may be several people after all, in one notice.
fn tell_several_names(people: &[Vec<BookingId>], output: Output) {
    let ids = |ids: &Vec<BookingId>| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    let groups: Vec<_> = people.iter().map(ids).collect();
    match &groups[..] {
        [] => {}
        [ids] => output
            .notice(&format!("bookings {ids} have one email address and different names; they count as one candidate")),
        groups => output.notice(&format!(
            "{} candidates have one email address and different names, and count as one each: bookings {}",
            groups.len(),
            groups.join("; ")
        )),
    }
}

/// Rows that cannot be booked as they are.
fn tell_what_lacks(renewals: &[Renewal], args: &Args, output: Output) {
    let count = renewals.iter().filter(|renewal| renewal.lacks_details()).count();
    if count == 0 {
        return;
    }
    let how = match &args.candidates {
        Some(path) => format!("{} does not have them", path.display()),
        None => "--candidates takes them from a file".to_owned(),
    };
    let (who, have) =
        if count == 1 { ("1 candidate".to_owned(), "has") } else { (format!("{count} candidates"), "have") };
    output.note(&format!("{who} {have} no address or no job, which booking needs; {how}"));
}
