//! `hb-bls config`: what a profile fills in where no flag does.

use anyhow::Result;
use clap::{
    Subcommand,
    builder::{StringValueParser, TypedValueParser},
};
use serde::Serialize;

use crate::{
    agenda, book,
    config::{Folder, Profile, Profiles},
    context::Context,
    offered::offered,
    output::{Column, Record},
    report::{Failure, Kind},
    settings,
};

/// A command about the defaults of a profile.
#[derive(Subcommand)]
pub enum Config {
    /// Show the defaults of the profile
    List,
    /// Set what bookings have unless a flag or a column says otherwise, and when `agenda` warns
    Set {
        /// course, pay-option, agency-contact-name, agency-contact-email, agency-email, warn-below-credits or
        /// warn-below-balance
        #[arg(value_parser = key(), hide_possible_values = true)]
        key: String,
        /// The value
        value: String,
    },
    /// Remove a default
    Unset {
        /// The same as for `set`
        #[arg(value_parser = key(), hide_possible_values = true)]
        key: String,
    },
}

impl Config {
    pub fn run(self, context: &Context) -> Result<()> {
        let profiles = Profiles::new(&Folder::find()?);
        let (name, named) = settings::profile_name(context.globals())?;
        let mut profile = match profiles.get(&name)? {
            // a typo would set something that no command uses
            None if named => return Err(settings::no_such_profile(&name, &profiles).into()),
            found => found.unwrap_or_default(),
        };
        let output = context.output();
        match self {
            Self::List => {
                let defaults = profile.defaults.into_iter();
                let defaults: Vec<_> = defaults.map(|(key, value)| Default { key, value }).collect();
                output.list(&defaults, "no defaults; `hb-bls config set course 1` sets one")
            }
            Self::Set { key, value } => {
                let value = read(&key, &value)?;
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
                if profile == Profile::default() {
                    profiles.remove(&name)?
                } else {
                    profiles.set(&name, &profile)?
                }
                output.done(&format!("{key} is not set any more"), &[("key", key.into())])
            }
        }
    }
}

fn names() -> impl Iterator<Item = String> {
    book::names().chain(agenda::names().map(str::to_owned))
}

fn key() -> impl TypedValueParser<Value = String> {
    offered(StringValueParser::new(), names())
}

/// The value as it is saved.
fn read(key: &str, value: &str) -> Result<String, Failure> {
    let known = book::default(key, value).or_else(|| agenda::default(key, value));
    known.unwrap_or_else(|| {
        let names: Vec<_> = names().collect();
        Err(Failure::new(Kind::Usage, format!("there is no default for {key}, only for {}", names.join(", "))))
    })
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
