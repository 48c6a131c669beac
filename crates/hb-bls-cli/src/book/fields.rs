//! The fields of a booking: their names and the values that they accept.

use std::collections::BTreeMap;

use hb_bls::{BookingDetails, CourseId, PayOption, Time};
use serde::{Deserialize, Serialize};

use crate::args;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    CourseId,
    Date,
    Time,
    FirstName,
    LastName,
    Email,
    Phone,
    Address,
    City,
    Postcode,
    JobRole,
    PayOption,
    AgencyContactName,
    AgencyContactEmail,
    AgencyEmail,
}

/// The given values, without leading and trailing white space.
pub type Values = BTreeMap<Field, String>;

/// The fields in the order in which they are asked for, each with the API's name and the prompt.
const FIELDS: [(Field, &str, &str); 15] = [
    (Field::CourseId, "course_id", "Course: "),
    (Field::Date, "date", "Date, such as 2026-06-15 (nothing for the earliest timeslot): "),
    (Field::Time, "time", "Time in the UK, such as 09:00: "),
    (Field::FirstName, "first_name", "First name: "),
    (Field::LastName, "last_name", "Last name: "),
    (Field::Email, "email", "Email: "),
    (Field::Phone, "phone", "Phone: "),
    (Field::Address, "address", "Address, house and street: "),
    (Field::City, "city", "City: "),
    (Field::Postcode, "postcode", "Postcode: "),
    (Field::JobRole, "job_role", "Job role: "),
    (Field::PayOption, "pay_option", "Pay option (credits, balance, invoice, candidate_pays): "),
    (Field::AgencyContactName, "agency_contact_name", "Contact at the agency, name: "),
    (Field::AgencyContactEmail, "agency_contact_email", "Contact at the agency, email: "),
    (Field::AgencyEmail, "agency_email", "The agency's own email (nothing if there is none): "),
];

impl Field {
    pub fn all() -> impl Iterator<Item = Self> {
        FIELDS.into_iter().map(|(field, ..)| field)
    }

    /// The API's name of the field, which is also that of its column.
    pub fn name(self) -> &'static str {
        FIELDS[self as usize].1
    }

    pub fn prompt(self) -> &'static str {
        FIELDS[self as usize].2
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|field| field.name() == name)
    }

    pub fn flag(self) -> String {
        match self {
            Self::CourseId => "--course".to_owned(),
            _ => format!("--{}", self.name().replace('_', "-")),
        }
    }

    /// Whether the field says when the training takes place.
    pub fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::Time)
    }

    pub fn is_required(self) -> bool {
        self != Self::AgencyEmail
    }

    /// Whether the field is about a person.
    pub fn is_personal(self) -> bool {
        !matches!(self, Self::CourseId | Self::Date | Self::Time | Self::PayOption)
    }

    /// Finds obvious errors in a value. The portal checks the rest.
    pub fn check(self, value: &str) -> Result<(), &'static str> {
        if value.contains(['\n', '\r']) {
            return Err("has a line break; is there a quote without its counterpart?");
        }
        if value.contains(char::is_control) {
            return Err("has a control character");
        }
        match self {
            Self::CourseId => match value.parse::<CourseId>() {
                Ok(id) if id.get() > 0 => Ok(()),
                _ => Err("is not the id of a course; `hb-bls courses list` shows them"),
            },
            Self::Date => args::date(value).map(drop),
            Self::Time => args::time(value).map(drop),
            Self::PayOption if !PayOption::from(value).is_known() => {
                Err("is none of credits, balance, invoice, candidate_pays")
            }
            Self::Email | Self::AgencyContactEmail | Self::AgencyEmail if !is_email(value) => {
                Err("is not an email address")
            }
            Self::Phone if !value.contains(|char: char| char.is_ascii_digit()) => Err("is not a phone number"),
            _ => Ok(()),
        }
    }
}

/// Whether there is one `@` with something on both sides, and no space.
fn is_email(text: &str) -> bool {
    let sound = |part: &str| !part.is_empty() && !part.contains([' ', ',', ';', '<', '>']) && !part.contains('@');
    text.split_once('@').is_some_and(|(name, host)| sound(name) && sound(host) && !host.starts_with('.'))
}

/// How to look for the earliest timeslot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// How many months ahead to look. By default the portal chooses.
    pub months: Option<u8>,
    pub date: Option<hb_bls::Date>,
}

impl Search {
    /// Moves the day from the values to the search. A day that is not valid is added to the faults.
    pub fn take(months: Option<u8>, values: &mut Values, faults: &mut Vec<Fault>) -> Self {
        let date = values.remove(&Field::Date).and_then(|text| match args::date(&text) {
            Ok(date) => Some(date),
            Err(why) => {
                faults.push((Field::Date, why));
                None
            }
        });
        Self { months, date }
    }
}

#[derive(Clone)]
pub struct Order {
    pub course_id: CourseId,
    /// The timeslot. `None` stands for the earliest one.
    pub at: Option<(hb_bls::Date, Time)>,
    pub details: BookingDetails,
}

pub type Fault = (Field, &'static str);

impl Order {
    /// Makes an order of the values, or returns everything that is wrong with them.
    pub fn new(values: &Values, earliest: bool) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        for field in Field::all() {
            match values.get(&field) {
                Some(value) => faults.extend(field.check(value).err().map(|why| (field, why))),
                None if !field.is_required() || (earliest && field.is_time()) => {}
                None => faults.push((field, "is missing")),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let text = |field: Field| values.get(&field).cloned().unwrap_or_default();
        let wrong = |field: Field| move |_| vec![(field, "cannot be read")];
        let at = match (values.get(&Field::Date), values.get(&Field::Time)) {
            (Some(date), Some(time)) => Some((
                args::date(date).map_err(|why| vec![(Field::Date, why)])?,
                args::time(time).map_err(|why| vec![(Field::Time, why)])?,
            )),
            _ => None,
        };
        Ok(Self {
            course_id: text(Field::CourseId).parse().map_err(wrong(Field::CourseId))?,
            at,
            details: BookingDetails::builder()
                .first_name(text(Field::FirstName))
                .last_name(text(Field::LastName))
                .email(text(Field::Email))
                .phone(text(Field::Phone))
                .address(text(Field::Address))
                .city(text(Field::City))
                .postcode(text(Field::Postcode))
                .job_role(text(Field::JobRole))
                .pay_option(PayOption::from(text(Field::PayOption)))
                .agency_contact_name(text(Field::AgencyContactName))
                .agency_contact_email(text(Field::AgencyContactEmail))
                .maybe_agency_email(values.get(&Field::AgencyEmail).cloned())
                .build(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn obvious_faults_are_found() {
        for (field, wrong) in [
            (Field::CourseId, "BLS"),
            (Field::CourseId, "0"),
            (Field::Date, "08/06/2026"),
            (Field::Date, "2026-02-30"),
            (Field::Time, "9 am"),
            (Field::PayOption, "credit"),
            (Field::Email, "ada"),
            (Field::Email, "ada@"),
            (Field::Email, "ada@x@y"),
            (Field::Email, "Ada <ada@example.com>"),
            (Field::AgencyEmail, "a b@example.com"),
            (Field::Phone, "none"),
            (Field::City, "Leeds\nYork"),
            (Field::City, "Leeds\u{7}"),
        ] {
            assert!(field.check(wrong).is_err(), "{field:?} {wrong}");
        }
        for (field, right) in [
            (Field::CourseId, "1"),
            (Field::Date, "2026-06-08"),
            (Field::Time, "09:00"),
            (Field::PayOption, "candidate_pays"),
            (Field::Email, "юлія@пошта.example"),
            (Field::Phone, "+44 (0)20 7946 0000"),
            (Field::City, "Ștefan cel Mare"),
        ] {
            assert_eq!(field.check(right), Ok(()), "{field:?} {right}");
        }
    }

    #[test]
    fn names_are_the_api_s_and_each_has_its_own() {
        for field in Field::all() {
            assert_eq!(Field::named(field.name()), Some(field));
        }
        assert_eq!(Field::named("First Name"), None);
    }
}
