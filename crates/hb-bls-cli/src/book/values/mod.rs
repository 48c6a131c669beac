//! Reads values as people write them, and returns them as the portal takes them.

mod email;
mod phone;
mod postcode;

use hb_bls::{CourseId, Date, PayOption};

use super::field::Field;
use crate::{args, output, when};

/// A value as the portal takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    pub text: String,
    /// What may be wrong with it nevertheless.
    pub doubt: Option<String>,
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self { text, doubt: None }
    }
}

/// What a spreadsheet shows instead of a value that it cannot calculate.
const ERRORS: [&str; 7] = ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"];

/// Reads a value, or says what is wrong with it. The portal checks the rest.
pub fn read(field: Field, text: &str, today: Date) -> Result<Value, String> {
    let text = text.trim();
    if text.contains(['\n', '\r']) {
        return Err("has a line break; is there a quote without its counterpart?".to_owned());
    }
    if text.contains(char::is_control) {
        return Err("has a control character".to_owned());
    }
    if ERRORS.contains(&text) {
        return Err(format!("is an error of the spreadsheet, {text}"));
    }
    match field {
        Field::CourseId => match text.parse::<CourseId>() {
            Ok(id) if id.get() > 0 => Ok(id.to_string().into()),
            _ => Err("is not the number of a course; `hb-bls courses list` shows them".to_owned()),
        },
        Field::Date => when::date(text, today).map(|date| date.to_string().into()),
        Field::Time => when::time(text).map(|time| output::time(time).into()),
        Field::PayOption => pay_option(text),
        Field::Email | Field::AgencyContactEmail | Field::AgencyEmail => email::read(text),
        Field::Phone => phone::read(text),
        Field::Postcode => postcode::read(text),
        _ => Ok(text.to_owned().into()),
    }
}

/// In any case, with spaces or without.
fn pay_option(text: &str) -> Result<Value, String> {
    let option = PayOption::from(text.to_lowercase().replace([' ', '-'], "_"));
    if option.is_known() {
        return Ok(option.to_string().into());
    }
    let known: Vec<_> = PayOption::KNOWN.iter().map(PayOption::as_str).collect();
    Err(format!("must be {}", args::alternatives(&known)))
}
