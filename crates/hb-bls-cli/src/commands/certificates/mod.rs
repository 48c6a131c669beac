//! `hb-bls certificates`: candidates' certificates.

mod name;

use std::{cell::Cell, collections::VecDeque, path::PathBuf};

use anyhow::{Context as _, Result};
use clap::Subcommand;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use hb_bls::{Booking, BookingId, Client, Date, EquipmentStatus, ErrorKind, TrainingStatus};
pub use name::{Template, USUAL};
use serde::Serialize;

use crate::{
    args,
    config::make_folder,
    context::Context,
    output::{Column, Printed, Record, yes},
    progress::Bar,
    report::{Failure, Kind},
    signals::Stop,
};

/// A command about certificates.
#[derive(Subcommand)]
pub enum Certificates {
    /// Save certificates, named after the day of the training and the candidate
    ///
    /// Such a name is "2026-11-23 Amara Okafor (booking 12).pdf". The files, and the folder if it is created, can be read
    /// only by you. With --all-available, files that exist already are left alone, so that the same command can be run
    /// again. If some certificates fail, the rest are still saved, unless the portal or the network fails three times in a
    /// row.
    Download {
        /// The bookings' numbers, as `bookings list` shows them
        #[arg(conflicts_with = "all_available", value_name = "ID", value_parser = args::booking)]
        ids: Vec<BookingId>,
        /// Save every certificate of the account's bookings
        #[arg(long)]
        all_available: bool,
        /// With --all-available: only of trainings on this day or later, such as last month or 23/11/2026
        #[arg(long, value_name = "DATE", value_parser = args::first_date, conflicts_with = "ids")]
        since: Option<Date>,
        /// The folder to save to
        #[arg(long, value_name = "DIR", default_value = ".")]
        dir: PathBuf,
        /// How to name the files, with {date}, {name} and {id}
        #[arg(long, value_name = "TEXT", default_value = USUAL)]
        name_template: Template,
    },
}

/// After this many failures of the portal or the network in a row, no others are tried.
const IN_A_ROW: usize = 3;

impl Certificates {
    pub async fn run(self, context: &Context) -> Result<()> {
        let Self::Download { ids, all_available, since, dir, name_template } = self;
        if ids.is_empty() && !all_available {
            return Err(Failure::new(Kind::Usage, "no booking is named")
                .hint("name bookings by their numbers, or use --all-available for all certificates")
                .into());
        }
        let client = context.client()?;
        make_folder(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let mut stop = Stop::listen()?;
        let bar = Bar::new(context, if all_available { 1 } else { 2 })?;
        let wanted = ids.into_iter().map(CertificateRequest::Named).collect();
        let folder = Folder { path: dir, template: name_template, keep: all_available };
        let mut work = Work { client, folder, wanted, saved: 0, before: 0, unsaved: Vec::new(), in_a_row: 0 };
        let stopped = Cell::new(false);
        let until_stopped = async {
            tokio::select! {
                () = stop.wait() => stopped.set(true),
                () = bar.keep_current() => {}
            }
        };
        let saved = stream::try_unfold((&mut work, all_available), async |(work, look)| {
            if look {
                bar.show(0, 0, 0, "looking which certificates there are".to_owned());
                work.look(since).await?;
            }
            let saved = work.next(&bar).await?;
            anyhow::Ok(saved.map(|saved| (saved, (work, false))))
        });
        let nothing = if all_available { "no certificate is available" } else { "" };
        let ended = context.output().work(saved.take_until(until_stopped), nothing).await;
        bar.end();
        if stopped.get() {
            return Err(work.stopped().into());
        }
        let printed = work.verdict(ended)?;
        Ok(printed?)
    }
}

/// A booking whose certificate is to be saved.
enum CertificateRequest {
    Named(BookingId),
    Listed(Box<Booking>),
}

impl CertificateRequest {
    fn id(&self) -> BookingId {
        match self {
            Self::Named(id) => *id,
            Self::Listed(booking) => booking.id,
        }
    }
}

/// Where certificates are saved.
struct Folder {
    path: PathBuf,
    template: Template,
    /// Whether a file that is there is left alone.
    keep: bool,
}

/// Saving one certificate after the other.
struct Work {
    client: Client,
    folder: Folder,
    wanted: VecDeque<CertificateRequest>,
    /// How many were saved, and how many had been before.
    saved: usize,
    before: usize,
    /// Bookings whose certificates were not saved, and why.
    unsaved: Vec<(BookingId, hb_bls::Error)>,
    /// How many failures of the portal or the network there were since anything else came of a certificate.
    in_a_row: usize,
}

impl Work {
    /// Finds out which certificates there are.
    async fn look(&mut self, since: Option<Date>) -> Result<()> {
        self.wanted = available(&self.client, since).map_ok(CertificateRequest::Listed).try_collect().await?;
        Ok(())
    }

    /// Saves the next certificate that can be saved. Failures are reported at the end, unless the next would fail as well.
    async fn next(&mut self, bar: &Bar) -> Result<Option<Saved>> {
        while self.in_a_row < IN_A_ROW {
            let (done, left) = (self.saved + self.before + self.unsaved.len(), self.wanted.len());
            bar.show(0, done, left, format!("{}{} failed · {left} left", self.so_far(" · "), self.unsaved.len()));
            let Some(wanted) = self.wanted.front() else { break };
            let id = wanted.id();
            let outcome = save(&self.client, wanted, &self.folder).await;
            // not before, so that Ctrl-C leaves it
            self.wanted.pop_front();
            let error = match outcome {
                Ok(saved) => {
                    self.in_a_row = 0;
                    *(if saved.saved { &mut self.saved } else { &mut self.before }) += 1;
                    return Ok(Some(saved));
                }
                Err(error) => error,
            };
            match error.kind() {
                ErrorKind::Server | ErrorKind::Network | ErrorKind::Timeout => self.in_a_row += 1,
                ErrorKind::CertificateNotReady | ErrorKind::NotFound | ErrorKind::Decode | ErrorKind::Rejected => {
                    self.in_a_row = 0;
                }
                _ => return Err(error).with_context(|| cannot_save(id)),
            }
            self.unsaved.push((id, error));
        }
        Ok(None)
    }

    fn so_far(&self, separator: &str) -> String {
        let before = if self.before > 0 { format!("{} already there{separator}", self.before) } else { String::new() };
        format!("{} saved{separator}{before}", self.saved)
    }

    /// What Ctrl-C has left undone.
    fn stopped(&self) -> Failure {
        let left = match self.wanted.len() {
            0 => "it was not known yet which there are".to_owned(),
            left => format!("{left} left"),
        };
        let failure = Failure::new(Kind::Interrupted, format!("stopped: {}{left}", self.so_far(", ")));
        if self.folder.keep { failure.hint("run the same command again to continue") } else { failure }
    }

    /// What was not saved, each with its reason.
    fn verdict(mut self, ended: Result<Printed>) -> Result<Printed> {
        let stopped = self.in_a_row == IN_A_ROW;
        if self.unsaved.is_empty() {
            return ended;
        }
        if let (1, Ok(_)) = (self.unsaved.len(), &ended)
            && let Some((id, error)) = self.unsaved.pop()
        {
            return Err(error).with_context(|| cannot_save(id));
        }
        let message = match (self.unsaved.len(), stopped) {
            (1, _) => "a certificate was not saved".to_owned(),
            (count, false) => format!("{count} certificates were not saved"),
            (count, true) => format!(
                "{count} certificates were not saved, and no others were tried after {IN_A_ROW} failures in a row"
            ),
        };
        // so that bookings are in order where fields are sorted by their names
        let width = self.unsaved.iter().map(|(id, _)| id.to_string().len()).max().unwrap_or_default();
        let unsaved = self.unsaved.into_iter();
        let unsaved = unsaved.map(|(id, error)| (format!("booking {:>width$}", id.get()), anyhow::Error::new(error)));
        let failures: Vec<_> = unsaved.chain(ended.err().map(|error| ("in the end".to_owned(), error))).collect();
        Err(Failure::of_all(message, &failures, stopped).into())
    }
}

fn cannot_save(id: BookingId) -> String {
    format!("cannot save the certificate of booking {id}")
}

/// The bookings that have a certificate.
fn available(client: &Client, since: Option<Date>) -> impl Stream<Item = Result<Box<Booking>>> + use<> {
    let mut query = client.bookings().list().per_page(100);
    if let Some(since) = since {
        query = query.date_from(since);
    }
    let available = query.items().try_filter(move |booking| {
        let day = booking.start_date.as_ref().map(|start| start.date());
        let is_wanted = since.is_none_or(|since| day.is_none_or(|day| day >= since));
        std::future::ready(is_wanted && is_available(booking))
    });
    available.map(|booking| Ok(Box::new(booking.context("cannot list bookings")?)))
}

/// Whether the certificate can be downloaded.
pub fn is_available(booking: &Booking) -> bool {
    booking.certificate_available.unwrap_or_else(|| {
        booking.training_status == Some(TrainingStatus::Completed)
            && booking.equipment_status == Some(EquipmentStatus::In)
    })
}

async fn save(client: &Client, wanted: &CertificateRequest, folder: &Folder) -> hb_bls::Result<Saved> {
    let fetched;
    let booking = match wanted {
        CertificateRequest::Named(id) => {
            fetched = client.bookings().get(*id).await?;
            &fetched
        }
        CertificateRequest::Listed(booking) => &**booking,
    };
    let path = folder.path.join(folder.template.name(booking));
    let file = path.to_string_lossy().into_owned();
    let is_there = folder.keep && path.exists();
    if !is_there {
        client.bookings().save_certificate(booking.id, &path).await?;
    }
    Ok(Saved { booking_id: booking.id, file, saved: !is_there })
}

/// A certificate that was saved.
#[derive(Serialize)]
struct Saved {
    booking_id: BookingId,
    file: String,
    /// Whether it was saved by this run, and not before.
    saved: bool,
}

impl Record for Saved {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("booking_id", |saved| saved.booking_id.to_string()),
        Column::whole("file", |saved| saved.file.clone()),
        Column::with_brief(
            "saved",
            |saved| yes(Some(saved.saved)),
            |saved| if saved.saved { "new" } else { "already there" }.to_owned(),
        ),
    ];
}
