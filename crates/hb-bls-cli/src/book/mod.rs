//! `hb-bls book`: one candidate by flags and prompts, or many from a file.

mod ask;
mod bulk;
mod fields;
mod plan;
mod single;

use std::path::PathBuf;

use anyhow::Result;
use fields::{Search, Values};

use crate::context::Context;

/// Book a training for a candidate, or for many from a file
///
/// On a terminal, values that are not given by flags are asked for. Flags are visible in the list of processes: on a
/// machine that others use, leave out personal values and type them when asked, or book from a file.
///
/// With --from, each row of a CSV file is booked. Its header has the API's names: course_id, date, time, first_name,
/// last_name, email, phone, address, city, postcode, job_role, pay_option, agency_contact_name, agency_contact_email,
/// agency_email. A flag can replace a column that the file does not have. Every row is checked before the first is
/// booked. The journal records progress: after a failure, Ctrl-C or a crash, run the same command again to continue;
/// nobody is booked twice.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    details: Details,
    /// Book the earliest free timeslot, or with --date the earliest of that day
    #[arg(long, conflicts_with = "time")]
    earliest: bool,
    /// How many months ahead to look for the earliest timeslot
    #[arg(long, value_name = "N", requires = "earliest", conflicts_with = "time", value_parser = clap::value_parser!(u8).range(1..))]
    months: Option<u8>,
    /// Check the input, show the calls that would be made, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Book the candidates of this CSV file
    #[arg(long, value_name = "FILE", requires = "journal", help_heading = "In bulk")]
    from: Option<PathBuf>,
    /// File that records progress; created if missing
    #[arg(long, value_name = "FILE", requires = "from", help_heading = "In bulk")]
    journal: Option<PathBuf>,
    /// Write the outcome of each row to this file, as .csv or .jsonl, instead of printing it
    #[arg(long, value_name = "FILE", requires = "from", help_heading = "In bulk")]
    results: Option<PathBuf>,
    /// Book candidates again if their booking was cancelled after an earlier run
    #[arg(long, requires = "from", help_heading = "In bulk")]
    rebook_cancelled: bool,
}

/// The fields of a booking.
#[derive(clap::Args)]
struct Details {
    /// The course
    #[arg(long, value_name = "ID")]
    course: Option<String>,
    /// The day
    #[arg(long)]
    date: Option<String>,
    /// The time of day in the UK, such as 09:00
    #[arg(long)]
    time: Option<String>,
    /// How to pay: credits, balance, invoice or candidate_pays
    #[arg(long, value_name = "OPTION")]
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
        use fields::Field::*;
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
    let mut faults = Vec::new();
    let search = args.earliest.then(|| Search::take(args.months, &mut values, &mut faults));
    match (args.from, args.journal) {
        (Some(from), Some(journal)) => {
            let (results, flags, rebook_cancelled) = (args.results, values, args.rebook_cancelled);
            let task = bulk::Task { from, journal, results, flags, faults, search, rebook_cancelled };
            if args.dry_run { bulk::dry_run(&task, context).await } else { bulk::run(&task, context).await }
        }
        _ => single::run(values, faults, search, args.dry_run, context).await,
    }
}
