//! `hb-bls agenda`: upcoming trainings, and what needs attention.

mod find;
mod html;
mod item;
mod limits;
mod notify;
mod page;

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use futures::{StreamExt as _, TryStreamExt as _};
use hb_bls::{Booking, Client, Date, Money};
use limits::{CreditLimits, Limits};
pub use limits::{default, names};
use page::Page;

use crate::{
    args, atomic_file, clock,
    commands::certificates::{Template, USUAL},
    context::Context,
    output::Format,
    receiver::TargetUrl,
    report::{Failure, Kind},
    when,
};

/// More bookings than this are not looked at: they would use up the rate limit of a minute.
const MOST: usize = 5_000;

/// Show upcoming trainings, and what needs attention
///
/// It shows who is trained when, in UK time. What needs attention are kits that are late, payments that candidates have
/// not made, certificates that are not in the folder of --certificates, and credits or money below a limit. The limits can
/// be set once with `hb-bls config set warn-below-credits 5` and `hb-bls config set warn-below-balance 100`.
#[derive(clap::Args)]
pub struct Args {
    /// How many days to look ahead
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// The first day, such as tomorrow or 23/11/2026 (default: today)
    #[arg(long, value_name = "DATE", value_parser = args::first_date)]
    from: Option<Date>,
    /// For how many days after their training kits, payments and certificates are followed
    #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u16).range(0..=3660))]
    back: u16,
    /// The folder that certificates are saved to: those that are not there need attention
    #[arg(long, value_name = "DIR")]
    certificates: Option<PathBuf>,
    /// How the files in that folder are named, if not as by default
    #[arg(long, value_name = "TEXT", requires = "certificates", default_value = USUAL)]
    name_template: Template,
    /// Warn if fewer credits than this are left; "5,2=0" is 5 for all courses but course 2
    #[arg(long, value_name = "N")]
    warn_below_credits: Option<CreditLimits>,
    /// Warn if less money than this is left, such as 100.00
    #[arg(long, value_name = "AMOUNT", value_parser = limits::money)]
    warn_below_balance: Option<Money>,
    /// Write a page for a browser or an email to this file, or with - to stdout
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// If anything needs attention, send the counts as JSON to this URL: https, or http on this machine
    #[arg(long, value_name = "URL", env = "HB_BLS_NOTIFY_URL", hide_env_values = true)]
    notify_url: Option<TargetUrl>,
    /// End with exit code 10 if anything needs attention
    #[arg(long)]
    exit_status: bool,
}

/// The days that an agenda is about.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub from: Date,
    /// The last of them.
    pub until: Date,
    /// Trainings before this day are not looked at.
    back_to: Date,
}

impl Span {
    fn new(from: Date, days: u16, back: u16) -> Result<Self, Failure> {
        let day = |days: i64| from.checked_add(jiff::Span::new().days(days));
        let span = || Some((day(i64::from(days) - 1).ok()?, day(-i64::from(back)).ok()?));
        let (until, back_to) = span().ok_or_else(|| Failure::new(Kind::Usage, "the calendar does not go that far"))?;
        Ok(Self { from, until, back_to })
    }
}

/// Shows the agenda, and sends its counts if that is asked for.
pub async fn run(args: Args, context: &Context) -> Result<()> {
    let output = context.output();
    let settings = context.settings()?;
    let span = Span::new(args.from.unwrap_or_else(clock::today), args.days, args.back)?;
    let limits = Limits::new(args.warn_below_credits, args.warn_below_balance, &settings.defaults)?;
    let target = args.notify_url.as_ref().map(notify::target).transpose()?;
    let client = context.client()?;
    let bookings = bookings(&client, span).await?;
    let is_fetched = |booking: &Booking| {
        args.certificates.as_ref().is_some_and(|folder| folder.join(args.name_template.name(booking)).exists())
    };
    let mut items = find::in_bookings(&bookings, span, args.certificates.is_some(), is_fetched);
    if !limits.are_none() {
        let balances = client.account().balances().await.context("cannot get the balances")?;
        items.extend(limits.reached(&balances));
    }
    let page = Page::new(span, items);
    match (&args.html, output.format()) {
        (Some(path), _) => write_html(path, &html::page(&page), context)?,
        (None, Format::Table) => page.print(output)?,
        (None, _) => output.list(page.items(), "")?,
    }
    if page.needs_attention() {
        if let Some(target) = target {
            notify::send(&target, &page, &settings.profile_name).await?;
        }
        if args.exit_status {
            return Err(Failure::printed(Kind::Attention).into());
        }
    }
    Ok(())
}

/// The bookings that may have something to do with these days. A part of them would look as if all were well.
async fn bookings(client: &Client, span: Span) -> Result<Vec<Booking>> {
    let items = client.bookings().list().date_from(span.back_to).per_page(100).items();
    let bookings: Vec<_> = items.take(MOST + 1).try_collect().await.context("cannot list bookings")?;
    if bookings.len() > MOST {
        let message = format!("there are more than {MOST} bookings since {}", when::names(span.back_to));
        return Err(Failure::new(Kind::Other, message).hint("--back looks less far back").into());
    }
    Ok(bookings)
}

fn write_html(path: &Path, page: &str, context: &Context) -> Result<()> {
    if path == Path::new("-") {
        let mut out = io::stdout().lock();
        out.write_all(page.as_bytes())?;
        return Ok(out.flush()?);
    }
    atomic_file::write(path, page.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    context.output().note(&format!("the agenda is written to {}", path.display()));
    Ok(())
}
