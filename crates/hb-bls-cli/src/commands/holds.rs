//! `hb-bls holds`: timeslots that are reserved for 30 minutes.

use anyhow::{Context as _, Result};
use clap::Subcommand;
use hb_bls::{CourseId, Date, HoldDetails, Time};

use crate::{
    args, clock,
    context::Context,
    output::{Column, ColumnNames, Record, instant, read_date, read_instant, text, time},
    receiver::now_at,
    report::{Failure, Kind},
    when,
};

/// A command about holds.
#[derive(Subcommand)]
pub enum Holds {
    /// Reserve a timeslot for 30 minutes; an account can have one hold at a time
    Create {
        /// The course's number, as `courses list` shows it
        #[arg(long, value_name = "ID", value_parser = args::course)]
        course: CourseId,
        /// The day, such as 23/11/2026, tomorrow or next Monday
        #[arg(long, value_parser = args::date)]
        date: Date,
        /// The time of day in the UK, such as 09:00
        #[arg(long, value_parser = args::time)]
        time: Time,
    },
    /// List the holds that `holds create` has made on this machine
    ///
    /// The portal does not list holds, so this shows what the command remembers: holds of the account that were neither
    /// booked nor released by this command, and have not expired.
    List(ColumnNames<HoldDetails>),
    /// Release a timeslot before its hold expires
    Release {
        /// The hold, as `holds create` shows it
        #[arg(value_name = "HASH")]
        hold_hash: String,
    },
}

impl Holds {
    pub async fn run(self, context: &Context) -> Result<()> {
        let output = context.output();
        match self {
            Self::Create { course, date, time } => {
                let client = context.client()?;
                if let Some(past) = when::past(date, Some(time), now_at(&context.settings()?.base_url).await?) {
                    return Err(Failure::new(Kind::Usage, format!("{past}; nothing is held")).into());
                }
                let hold = client.timeslots().hold(course, date, time).await.context("cannot hold the timeslot")?;
                // or it would be released at once
                let hold = hold.keep();
                if let Err(error) = context.kept_holds().and_then(|holds| Ok(holds.add(hold.clone(), clock::now())?)) {
                    output.notice(&format!("`holds list` will not show the hold: {error:#}"));
                }
                output.object(&hold)?;
                let hash = &hold.hold_hash;
                output.note(&format!(
                    "`hb-bls book --hold {hash}` books it, and `hb-bls holds release {hash}` releases it"
                ));
                Ok(())
            }
            Self::List(names) => {
                let columns = output.columns(&names)?;
                let holds = context.kept_holds()?.list(clock::now()).context("cannot read which holds there are")?;
                output.list_columns(&columns, &holds, "no hold that `holds create` has made here")
            }
            Self::Release { hold_hash } => {
                let released = context.client()?.timeslots().release(&hold_hash).await;
                if released.as_ref().err().is_none_or(hb_bls::Error::is_not_found) {
                    context.forget_hold(&hold_hash);
                }
                released.context("cannot release the hold")?;
                output.done("hold released", &[("hold_hash", hold_hash.into()), ("done", "released".into())])
            }
        }
    }
}

impl Record for HoldDetails {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::whole("hold_hash", |hold| hold.hold_hash.clone()),
        Column::time("expires_at", |hold| instant(hold.expires_at), |hold| read_instant(hold.expires_at)),
        Column::time(
            "date",
            |hold| text(hold.slot.as_ref().map(|slot| &slot.date)),
            |hold| read_date(hold.slot.as_ref().map(|slot| slot.date)),
        ),
        Column::new("time", |hold| text(hold.slot.as_ref().map(|slot| time(slot.time)).as_ref())),
        Column::full("course_id", |hold| {
            text(hold.slot.as_ref().and_then(|slot| slot.course.as_ref()).map(|course| &course.id))
        }),
        Column::long("course_name", |hold: &Self| {
            text(hold.slot.as_ref().and_then(|slot| slot.course.as_ref()).and_then(|course| course.name.as_ref()))
        })
        .if_there_is_room(),
    ];
}
