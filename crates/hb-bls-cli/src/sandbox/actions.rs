//! Commands that act on a running sandbox as staff, as candidates, or by moving its clock.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use clap::builder::StringValueParser;
use hb_bls::{Booking, BookingId, Date, Time, raw::Operation};
use hb_bls_sandbox::FaultKind;
use http::Method;
use serde_json::{Value, json};

use super::{
    control_client::{Remote, SandboxSelector},
    start::read_seed,
};
use crate::{
    args,
    clock::in_london,
    offered::offered,
    output::{Format, Output},
    report::{Failure, Kind},
    when,
};

#[derive(clap::Subcommand)]
pub enum Verb {
    /// Move the clock forward, and wait until what is due on the way has happened
    Advance {
        /// By how much, such as `2h` or `1d`; by default, to the next thing that is due
        #[arg(value_parser = length)]
        by: Option<Duration>,
        #[command(flatten)]
        at: SandboxSelector,
    },
    /// Stop the clock where it is
    Freeze {
        #[command(flatten)]
        at: SandboxSelector,
    },
    /// Let a frozen clock run on from where it stands
    Unfreeze {
        #[command(flatten)]
        at: SandboxSelector,
    },
    /// The candidate pays for a pending booking
    Pay(BookingTarget),
    /// Staff record that the candidate attended and passed
    Complete(BookingTarget),
    /// Staff record that the candidate did not come
    NoShow(BookingTarget),
    /// The candidate's kit comes back
    ReturnKit(BookingTarget),
    /// Staff cancel the booking
    Cancel(BookingTarget),
    /// Staff move the booking to another timeslot
    Reschedule {
        /// The booking's number, as `bookings list` shows it
        #[arg(value_parser = args::booking)]
        id: BookingId,
        /// The day, such as 23/11/2026 or tomorrow
        #[arg(value_parser = args::date)]
        date: Date,
        /// The time of day in the UK, such as 09:00
        #[arg(value_parser = args::time)]
        time: Time,
        #[command(flatten)]
        at: SandboxSelector,
    },
    /// Make requests to an operation go wrong
    Fault(Box<Fault>),
    /// Remove all faults
    ClearFaults {
        #[command(flatten)]
        at: SandboxSelector,
    },
    /// Reset everything except the clock
    Reset {
        #[command(flatten)]
        at: SandboxSelector,
    },
    /// Add the accounts, courses, trainers and bookings of a file that are not there yet
    Seed {
        /// The file, in YAML or JSON
        file: PathBuf,
        #[command(flatten)]
        at: SandboxSelector,
    },
}

/// Something that is done to a booking.
#[derive(clap::Args)]
pub struct BookingTarget {
    /// The booking's number, as `bookings list` shows it
    #[arg(value_parser = args::booking)]
    id: BookingId,
    #[command(flatten)]
    at: SandboxSelector,
}

#[derive(clap::Args)]
pub struct Fault {
    /// The operation, such as createBooking, or `*` for any
    #[arg(value_parser = offered(StringValueParser::new(), Operation::ALL.map(|it| it.id())), hide_possible_values = true)]
    operation: String,
    /// What goes wrong: status, latency, reset-before, reset-after, truncate, html or later-version
    #[arg(value_parser = offered(StringValueParser::new(), FaultKind::ALL.iter().map(|kind| kind.name())), hide_possible_values = true)]
    kind: String,
    /// The status of the response, for status and html
    #[arg(long)]
    status: Option<u16>,
    /// How long to wait first
    #[arg(long, value_name = "MILLISECONDS")]
    ms: Option<u32>,
    /// The Retry-After of the response, for status
    #[arg(long, value_name = "SECONDS")]
    retry_after: Option<u32>,
    /// For how many requests
    #[arg(long, default_value_t = 1)]
    times: u32,
    #[command(flatten)]
    at: SandboxSelector,
}

/// `90s`, `2h`, `1d` or `1d 2h`: a day is 24 hours.
fn length(text: &str) -> Result<Duration, &'static str> {
    const WRONG: &str = "write it as `90s`, `2h` or `1d`";
    let span: jiff::Span = text.parse().map_err(|_| WRONG)?;
    let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| WRONG)?;
    Duration::try_from(length).map_err(|_| "the clock goes forward only")
}

impl Verb {
    pub async fn run(self, output: Output) -> Result<()> {
        match self {
            Self::Advance { by, at } => {
                let remote = at.find()?;
                let response = match by {
                    Some(by) => remote.post("/clock/advance", json!({ "seconds": by.as_secs_f64() })).await?,
                    None => remote.post("/clock/next", json!({})).await?,
                };
                clock(&response, output)
            }
            Self::Freeze { at } => clock(&at.find()?.post("/clock/freeze", json!({})).await?, output),
            Self::Unfreeze { at } => clock(&at.find()?.post("/clock/unfreeze", json!({})).await?, output),
            Self::Pay(on) => on.run("pay", output).await,
            Self::Complete(on) => on.run("complete", output).await,
            Self::NoShow(on) => on.run("no-show", output).await,
            Self::ReturnKit(on) => on.run("return-kit", output).await,
            Self::Cancel(on) => on.run("cancel", output).await,
            Self::Reschedule { id, date, time, at } => {
                let remote = at.find()?;
                refuse_past(&remote, date, time).await?;
                let slot = json!({ "date": date.to_string(), "time": time.strftime("%H:%M").to_string() });
                let response = remote.post(&format!("/bookings/{id}/reschedule"), slot).await?;
                booking(response, output)
            }
            Self::Fault(fault) => fault.run(output).await,
            Self::ClearFaults { at } => {
                at.find()?.call(Method::DELETE, "/faults", None).await?;
                output.note("no faults are left");
                Ok(())
            }
            Self::Reset { at } => {
                at.find()?.post("/reset", json!({})).await?;
                output.note("the sandbox is as it was at the start");
                Ok(())
            }
            Self::Seed { file, at } => {
                at.find()?.post("/seed", read_seed(&file)?).await?;
                output.note("the sandbox has the contents of the file");
                Ok(())
            }
        }
    }
}

fn clock(response: &Value, output: Output) -> Result<()> {
    let now = response["now"].as_str().and_then(|now| now.parse().ok());
    let now = match now.filter(|_| output.format() == Format::Table) {
        Some(now) => when::instant(now).into(),
        None => response["now"].clone(),
    };
    output.fields(&[("now", now), ("mode", response["mode"].clone())])
}

/// The sandbox would only say that there is no such timeslot.
async fn refuse_past(remote: &Remote, date: Date, time: Time) -> Result<()> {
    let clock = remote.get("/clock").await?;
    let now = clock["now"].as_str().and_then(|now| now.parse().ok()).map(in_london);
    match now.and_then(|now| when::past(date, Some(time), now)) {
        Some(past) => Err(Failure::new(Kind::Usage, format!("{past}; nothing was changed")).into()),
        None => Ok(()),
    }
}

impl BookingTarget {
    async fn run(self, what: &str, output: Output) -> Result<()> {
        let response = self.at.find()?.post(&format!("/bookings/{}/{what}", self.id), json!({})).await?;
        booking(response, output)
    }
}

impl Fault {
    async fn run(self, output: Output) -> Result<()> {
        let mut fault = json!({ "operation": self.operation, "kind": self.kind, "times": self.times });
        let optional = [("status", self.status.map(u32::from)), ("ms", self.ms), ("retry_after", self.retry_after)];
        for (name, value) in optional.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            fault[name] = value.into();
        }
        let armed = self.at.find()?.post("/faults", fault).await?;
        let field = |name: &'static str| (name, armed[name].clone());
        output.fields(&["operation", "kind", "status", "ms", "retry_after", "times"].map(field))
    }
}

/// Prints a booking as the sandbox shows it.
pub fn booking(response: Value, output: Output) -> Result<()> {
    let booking: Booking = serde_json::from_value(response).context("the sandbox's response is no booking")?;
    output.object(&booking)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read() {
        for (text, seconds) in [("90s", 90), ("2h", 7_200), ("1d", 86_400), ("1d 2h", 93_600), ("PT15M", 900)] {
            assert_eq!(length(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "-1h", "1 month", "soon"] {
            assert!(length(text).is_err(), "{text}");
        }
    }
}
