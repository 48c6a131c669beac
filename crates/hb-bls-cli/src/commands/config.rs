//! `hb-bls config`: what a profile fills in where no flag does.

use anyhow::Result;
use clap::Subcommand;
use serde::Serialize;

use crate::{
    book,
    config::{Folder, Profiles},
    context::Context,
    output::{Column, Record},
    report::{Failure, Kind},
    settings,
};

/// A command about the defaults of a profile.
#[derive(Subcommand)]
pub enum Config {
    /// Show the defaults of the profile
    List,
    /// Set what bookings have unless a flag or a column says otherwise
    Set {
        /// course, pay-option, agency-contact-name, agency-contact-email or agency-email
        key: String,
        /// The value
        value: String,
    },
    /// Remove a default
    Unset {
        /// The same as for `set`
        key: String,
    },
}

impl Config {
    pub fn run(self, context: &Context) -> Result<()> {
        let profiles = Profiles::new(&Folder::find()?);
        let (name, _) = settings::profile_name(context.globals())?;
        let mut profile = profiles.get(&name)?.unwrap_or_default();
        let output = context.output();
        match self {
            Self::List => {
                let defaults = profile.defaults.into_iter();
                let defaults: Vec<_> = defaults.map(|(key, value)| Default { key, value }).collect();
                output.list(&defaults, "no defaults; `hb-bls config set course 1` sets one")
            }
            Self::Set { key, value } => {
                let value = book::default(&key, &value)?;
                profile.defaults.insert(key.clone(), value.clone());
                profiles.set(&name, &profile)?;
                output.done(&format!("{key} = {value}"), &[("key", key.into()), ("value", value.into())])
            }
            Self::Unset { key } => {
                if profile.defaults.remove(&key).is_none() {
                    return Err(
                        Failure::new(Kind::NotFound, format!("profile `{name}` has no default for {key}")).into()
                    );
                }
                profiles.set(&name, &profile)?;
                output.done(&format!("{key} is not set any more"), &[("key", key.into())])
            }
        }
    }
}

/// A default of a profile.
#[derive(Serialize)]
struct Default {
    key: String,
    value: String,
}

impl Record for Default {
    const COLUMNS: &'static [Column<Self>] =
        &[Column::new("key", |default| default.key.clone()), Column::long("value", |default| default.value.clone())];
}
