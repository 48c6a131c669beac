//! The defaults of a profile, for values that no flag and no column gives.

use std::collections::BTreeMap;

use anyhow::Result;
use hb_bls::Client;

use super::{
    fields::{Field, Values},
    prompts, values,
};
use crate::{
    clock,
    report::{Failure, Kind},
};

/// The fields that are often the same for all bookings of an agency.
const FIELDS: [Field; 5] =
    [Field::CourseId, Field::PayOption, Field::AgencyContactName, Field::AgencyContactEmail, Field::AgencyEmail];

/// Its flag without the dashes.
fn key(field: Field) -> String {
    field.flag().trim_start_matches('-').to_owned()
}

/// The names of the defaults.
pub fn names() -> impl Iterator<Item = String> {
    FIELDS.into_iter().map(key)
}

/// The value of a default as it is saved, if there is such a default and it may have this value.
pub fn default(name: &str, value: &str) -> Option<Result<String, Failure>> {
    let field = FIELDS.into_iter().find(|field| key(*field) == name)?;
    let read = values::read(field, value, clock::today());
    Some(read.map(|value| value.text).map_err(|why| Failure::new(Kind::Usage, format!("{name} {why}"))))
}

/// Asks for all of them on a terminal, and saves each answer when it is given. Each can be left out.
pub async fn ask(client: &Client, save: impl Fn(String, String) -> Result<()>) -> Result<()> {
    let now = clock::in_london(clock::now());
    for field in FIELDS {
        if let Some(answer) = prompts::default(field, now, client).await? {
            save(key(field), answer)?;
        }
    }
    Ok(())
}

/// The defaults of a profile as values of a booking. What this version does not know is left out.
pub fn of_profile(defaults: &BTreeMap<String, String>) -> Values {
    let value = |field: Field| Some((field, defaults.get(&key(field))?.clone()));
    FIELDS.into_iter().filter_map(value).collect()
}
