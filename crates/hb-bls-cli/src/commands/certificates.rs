//! `hb-bls certificates`: what candidates earned.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Subcommand;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use hb_bls::{Booking, BookingId, Client, EquipmentStatus, TrainingStatus};
use serde::Serialize;

use crate::{
    config::make_folder,
    context::Context,
    output::{Column, Record, yes},
    report::Report,
};

/// A command about certificates.
#[derive(Subcommand)]
pub enum Certificates {
    /// Save certificates as certificate-ID.pdf
    ///
    /// Files and a folder that is made for them are for you alone. With --all-available, files that are there already
    /// are left alone, so that the same command can be run again and again. If some certificates fail, the rest are saved all the same.
    Download {
        /// The bookings
        #[arg(required_unless_present = "all_available", conflicts_with = "all_available", value_name = "ID")]
        ids: Vec<BookingId>,
        /// Every certificate that the account's bookings have
        #[arg(long)]
        all_available: bool,
        /// Where to put them
        #[arg(long, value_name = "DIR", default_value = ".")]
        dir: PathBuf,
    },
}

impl Certificates {
    pub async fn run(self, context: &Context) -> Result<()> {
        let Self::Download { ids, all_available, dir } = self;
        let client = context.client()?;
        make_folder(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let bookings = if all_available { available(&client).boxed() } else { stream::iter(ids).map(Ok).boxed() };
        let mut failures = Vec::new();
        let saved = bookings.then(|id| {
            let (client, dir) = (&client, &dir);
            async move { save(client, id?, dir, all_available).await }
        });
        // what fails is told at the end, unless the next would fail as well
        let saved = saved.filter_map(|outcome| {
            let outcome = match outcome {
                Err(error) if concerns_one(&error) => {
                    failures.push(error);
                    None
                }
                outcome => Some(outcome),
            };
            std::future::ready(outcome)
        });
        let nothing = if all_available { "no certificate is available" } else { "" };
        let ended = context.output().stream(saved, nothing).await;
        failures.extend(ended.err());
        match failures.len() {
            0 => Ok(()),
            1 => failures.pop().map_or(Ok(()), Err),
            count => {
                for failure in &failures[1..] {
                    context.output().note(&Report::of(failure, &[]).reason());
                }
                Err(failures.swap_remove(0)).with_context(|| format!("{count} certificates were not saved; the first"))
            }
        }
    }
}

/// Whether the next certificate may be saved all the same.
fn concerns_one(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(hb_bls::Error::CertificateNotReady | hb_bls::Error::NotFound { .. } | hb_bls::Error::Decode { .. })
    )
}

/// The bookings that have a certificate.
fn available(client: &Client) -> impl Stream<Item = Result<BookingId>> + use<> {
    let bookings = client.bookings().list().per_page(100).items();
    let available = bookings.try_filter(|booking| std::future::ready(is_available(booking)));
    available.map(|booking| Ok(booking.context("cannot list bookings")?.id))
}

fn is_available(booking: &Booking) -> bool {
    booking.certificate_available.unwrap_or_else(|| {
        booking.training_status == Some(TrainingStatus::Completed)
            && booking.equipment_status == Some(EquipmentStatus::In)
    })
}

async fn save(client: &Client, id: BookingId, dir: &Path, keep: bool) -> Result<Saved> {
    let path = dir.join(format!("certificate-{id}.pdf"));
    let file = path.to_string_lossy().into_owned();
    if keep && path.exists() {
        return Ok(Saved { booking_id: id, file, saved: false });
    }
    let saved = client.bookings().save_certificate(id, &path).await;
    saved.with_context(|| format!("cannot save the certificate of booking {id}"))?;
    Ok(Saved { booking_id: id, file, saved: true })
}

/// A certificate that is a file now.
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
        Column::long("file", |saved| saved.file.clone()),
        Column::with_brief(
            "saved",
            |saved| yes(Some(saved.saved)),
            |saved| if saved.saved { "now" } else { "before" }.to_owned(),
        ),
    ];

    fn json(&self) -> impl Serialize + '_ {
        self
    }
}
