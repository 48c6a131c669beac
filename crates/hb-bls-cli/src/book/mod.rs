//! `hb-bls book`: one candidate by flags and prompts, or many from a file.

mod bulk;
mod defaults;
mod draft;
mod field;
mod fields;
mod free;
mod grouped;
mod preflight;
mod prompts;
mod single;
mod summary;
mod values;

use std::path::PathBuf;

use anyhow::Result;
pub use bulk::{Mapping, heading, people_of as people};
pub use defaults::{ask as ask_for_defaults, default, names};
use fields::Search;
pub use fields::{EARLIEST, Field, Values};

use crate::{args, context::Context, receiver::now_at};

/// Book a training for a candidate, or for many from a file
///
/// On a terminal, values that are not given by flags are asked for. Flags are visible in the list of processes: on a
/// machine that others use, leave out personal values and type them when asked, or book from a file.
///
/// With --from, each row of a file is booked. Its columns may have the API's names (course_id, date, time, first_name,
/// last_name, email, phone, address, city, postcode, job_role, pay_option, agency_contact_name, agency_contact_email,
/// agency_email) or the words that people use, such as Surname or Mobile. Other columns come back in the results. A flag
/// can replace a column that the file does not have. A row whose date is "earliest" gets the earliest timeslot, and one
/// whose time is "earliest" that of its day; with --earliest they can be empty. Every row is checked before the first is
/// booked. The journal records progress: after a failure, Ctrl-C or a crash, run the same command again to continue; nobody
/// is booked twice.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    details: Details,
    /// Book the earliest free timeslot, or with a date the earliest of that day; in a file, for rows that name no time
    #[arg(long, conflicts_with = "time")]
    earliest: bool,
    /// How many months ahead to search for the earliest timeslot (1 to 12; by default the portal decides)
    #[arg(long, value_name = "N", requires = "earliest", conflicts_with = "time", value_parser = clap::value_parser!(u8).range(1..=12))]
    months: Option<u8>,
    /// Show what would be booked and what would prevent it, and change nothing
    ///
    /// It fails if the booking would fail for lack of credits, money or a timeslot, because of a hold, or because somebody is
    /// booked already. Not known beforehand are holds that were not made by this command on this machine, whether the account
    /// may pay by invoice, how many places a timeslot has, what others book meanwhile, and what else only the portal checks.
    #[arg(long)]
    dry_run: bool,
    /// Book the timeslot of this hold, as `holds create` shows it
    #[arg(long, value_name = "HASH", conflicts_with_all = ["date", "time", "earliest", "from"])]
    hold: Option<String>,
    /// Book without asking for confirmation
    #[arg(long)]
    yes: bool,
    /// Also book people who already have an upcoming booking for the course, or one on the same day
    #[arg(long)]
    allow_duplicates: bool,
    /// Book the candidates of this file: CSV as any spreadsheet program saves it, .xlsx, .xls or .ods; `-` reads the
    /// standard input, and nothing is asked
    #[arg(long, value_name = "FILE", help_heading = "In bulk")]
    from: Option<PathBuf>,
    /// Say what a column is, as "Mobile=phone"; "Role=" leaves one out
    #[arg(long, value_name = "COLUMN=FIELD", requires = "from", help_heading = "In bulk")]
    map: Vec<bulk::Mapping>,
    /// List everything that is wrong with the rows or would prevent a booking, and the cost; change nothing
    #[arg(long, requires = "from", conflicts_with_all = ["dry_run", "results", "failed"], help_heading = "In bulk")]
    check: bool,
    /// File that records progress; created if missing (default: the name of the input with .journal, or a file of the
    /// configuration for `-`)
    #[arg(long, value_name = "FILE", requires = "from", help_heading = "In bulk")]
    journal: Option<PathBuf>,
    /// Write the outcome of each row to this file, as .csv, .xlsx or .jsonl, instead of printing it
    #[arg(long, value_name = "FILE", requires = "from", help_heading = "In bulk")]
    results: Option<PathBuf>,
    /// Write the rows that were not booked to this file, as .csv or .xlsx, each with the reason
    #[arg(long, value_name = "FILE", requires = "from", help_heading = "In bulk")]
    failed: Option<PathBuf>,
    /// Write an empty file with the names of the columns, as .csv or .xlsx, and book nothing; without a file, print it as CSV
    #[arg(long, value_name = "FILE", num_args = 0..=1, conflicts_with = "from", help_heading = "In bulk")]
    template: Option<Option<PathBuf>>,
    /// Book candidates again if their booking was cancelled after an earlier run
    #[arg(long, requires = "from", help_heading = "In bulk")]
    rebook_cancelled: bool,
    /// Leave out people who already have an upcoming booking for the course, or one on the same day
    #[arg(long, requires = "from", conflicts_with = "allow_duplicates", help_heading = "In bulk")]
    skip_booked: bool,
    /// Book as many as can be paid for, and leave the others, if the credits or the balance are too low for all
    #[arg(long, requires = "from", help_heading = "In bulk")]
    partial: bool,
}

/// The fields of a booking.
#[derive(clap::Args)]
struct Details {
    /// The course's number, as `courses list` shows it
    #[arg(long, value_name = "ID")]
    course: Option<String>,
    /// The day, such as 23/11/2026, tomorrow or next Monday
    #[arg(long)]
    date: Option<String>,
    /// The time of day in the UK, such as 09:00
    #[arg(long)]
    time: Option<String>,
    /// How to pay: credits, balance, invoice or candidate_pays
    #[arg(long, value_name = "OPTION", value_parser = args::pay_option(), hide_possible_values = true)]
    pay_option: Option<String>,
    /// The candidate's first name
    #[arg(long, value_name = "NAME", help_heading = "Candidate")]
    first_name: Option<String>,
    /// The candidate's last name
    #[arg(long, value_name = "NAME", help_heading = "Candidate")]
    last_name: Option<String>,
    /// The email address that the invitation goes to
    #[arg(long, help_heading = "Candidate")]
    email: Option<String>,
    /// The candidate's phone number
    #[arg(long, help_heading = "Candidate")]
    phone: Option<String>,
    /// Where to post the kit: house and street
    #[arg(long, help_heading = "Candidate")]
    address: Option<String>,
    /// Where to post the kit: town
    #[arg(long, help_heading = "Candidate")]
    city: Option<String>,
    /// Where to post the kit: postcode
    #[arg(long, help_heading = "Candidate")]
    postcode: Option<String>,
    /// The candidate's job
    #[arg(long, value_name = "JOB", help_heading = "Candidate")]
    job_role: Option<String>,
    /// Contact at the agency for this booking
    #[arg(long, value_name = "NAME", help_heading = "Agency")]
    agency_contact_name: Option<String>,
    /// That person's email address
    #[arg(long, value_name = "EMAIL", help_heading = "Agency")]
    agency_contact_email: Option<String>,
    /// The agency's own email address, if there is one
    #[arg(long, value_name = "EMAIL", help_heading = "Agency")]
    agency_email: Option<String>,
}

impl Details {
    fn into_values(self) -> Values {
        use field::Field::*;
        let given = [
            (CourseId, self.course),
            (Date, self.date),
            (Time, self.time),
            (PayOption, self.pay_option),
            (FirstName, self.first_name),
            (LastName, self.last_name),
            (Email, self.email),
            (Phone, self.phone),
            (Address, self.address),
            (City, self.city),
            (Postcode, self.postcode),
            (JobRole, self.job_role),
            (AgencyContactName, self.agency_contact_name),
            (AgencyContactEmail, self.agency_contact_email),
            (AgencyEmail, self.agency_email),
        ];
        given
            .into_iter()
            .filter_map(|(field, value)| Some((field, value?.trim().to_owned())))
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }
}

/// Books, or shows what would be done.
pub async fn run(args: Args, context: &Context) -> Result<()> {
    let mut values = args.details.into_values();
    if let Some(path) = args.template {
        return bulk::write_template(path.as_deref(), &values, args.earliest, context.output());
    }
    let now = now_at(&context.settings()?.base_url).await?;
    let mut faults = Vec::new();
    let search = args.earliest.then(|| Search::take(args.months, &mut values, &mut faults, now.date()));
    let defaults = defaults::of_profile(&context.settings()?.defaults);
    let Some(from) = args.from else {
        let task = single::Task {
            values,
            defaults,
            faults,
            search,
            hold: args.hold,
            dry_run: args.dry_run,
            yes: args.yes,
            allow_duplicates: args.allow_duplicates,
            now,
        };
        return single::run(task, context).await;
    };
    let from = bulk::Source::read(&from)?;
    let task = bulk::Task {
        names_journal: args.journal.is_some(),
        journal: match args.journal {
            Some(journal) => journal,
            None => from.journal(context)?,
        },
        from,
        results: args.results,
        failed: args.failed,
        flags: values,
        defaults,
        faults,
        mappings: args.map,
        search,
        rebook_cancelled: args.rebook_cancelled,
        yes: args.yes,
        partial: args.partial,
        allow_duplicates: args.allow_duplicates,
        skip_booked: args.skip_booked,
        now,
    };
    match (args.check, args.dry_run) {
        (true, _) => bulk::check(&task, context).await,
        (false, true) => bulk::dry_run(&task, context).await,
        (false, false) => bulk::run(&task, context).await,
    }
}

/// `1 candidate`, `2 candidates`.
fn candidates(count: usize) -> String {
    if count == 1 { "1 candidate".to_owned() } else { format!("{count} candidates") }
}

fn people_are(count: usize) -> String {
    format!("{} {}", candidates(count), if count == 1 { "is" } else { "are" })
}
