//! The fields of a booking: their names and the values that they accept.

use std::collections::BTreeMap;

use hb_bls::{BookingDetails, CourseId, PayOption, Time};
use serde::{Deserialize, Serialize};

use super::values;
use crate::when;

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
    (Field::Date, "date", "Date, such as 23/11/2026 or next Monday (nothing for the earliest timeslot): "),
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
    pub fn take(months: Option<u8>, values: &mut Values, faults: &mut Vec<Fault>, today: hb_bls::Date) -> Self {
        let date = values.remove(&Field::Date).and_then(|text| match when::date(&text, today) {
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
    /// Values that may be wrong.
    pub doubts: Vec<Fault>,
}

/// A field, and what is wrong with its value.
pub type Fault = (Field, String);

/// The day of a row that is to have the earliest timeslot, while others name theirs.
const EARLIEST: &str = "earliest";

impl Order {
    /// Makes an order of the values, or returns everything that is wrong with them. With `earliest`, or if it says so in
    /// the place of the date, an order without a time is for the earliest timeslot.
    pub fn new(values: &Values, earliest: bool, today: hb_bls::Date) -> Result<Self, Vec<Fault>> {
        let mut values = values.clone();
        let says_so = values.get(&Field::Date).is_some_and(|date| date.eq_ignore_ascii_case(EARLIEST));
        if says_so {
            values.remove(&Field::Date);
        }
        let has_time = values.keys().any(|field| field.is_time());
        let earliest = (earliest || says_so) && !has_time;
        let (mut faults, mut doubts) = (Vec::new(), Vec::new());
        for field in Field::all() {
            match values.get_mut(&field) {
                Some(value) => match values::read(field, value, today) {
                    Ok(read) => {
                        *value = read.text;
                        doubts.extend(read.doubt.map(|doubt| (field, doubt)));
                    }
                    Err(why) => faults.push((field, why)),
                },
                None if !field.is_required() || (earliest && field.is_time()) => {}
                None => faults.push((field, "is missing".to_owned())),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let text = |field: Field| values.get(&field).cloned().unwrap_or_default();
        // what was read above is in the form that is read here
        let unreadable = |field: Field| vec![(field, "cannot be read".to_owned())];
        let at = match (values.get(&Field::Date), values.get(&Field::Time)) {
            (Some(date), Some(time)) => Some((
                date.parse().map_err(|_| unreadable(Field::Date))?,
                time.parse().map_err(|_| unreadable(Field::Time))?,
            )),
            _ => None,
        };
        Ok(Self {
            course_id: text(Field::CourseId).parse().map_err(|_| unreadable(Field::CourseId))?,
            at,
            doubts,
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

    const TODAY: hb_bls::Date = hb_bls::Date::constant(2026, 11, 26);

    #[test]
    fn obvious_faults_are_found() {
        for (field, wrong) in [
            (Field::CourseId, "BLS"),
            (Field::CourseId, "0"),
            (Field::Date, "2026-02-30"),
            (Field::Time, "9"),
            (Field::PayOption, "credit"),
            (Field::Email, "ada"),
            (Field::AgencyEmail, "a b@example.com"),
            (Field::Phone, "none"),
            (Field::Postcode, "NOTAPC"),
            (Field::City, "Leeds\nYork"),
            (Field::City, "Leeds\u{7}"),
            (Field::JobRole, "#N/A"),
        ] {
            assert!(values::read(field, wrong, TODAY).is_err(), "{field:?} {wrong}");
        }
        for (field, right, read) in [
            (Field::CourseId, "1", "1"),
            (Field::Date, "08/06/2026", "2026-06-08"),
            (Field::Time, "9 am", "09:00"),
            (Field::PayOption, "Candidate pays", "candidate_pays"),
            (Field::Email, "юлія@пошта.example", "юлія@пошта.example"),
            (Field::Phone, "020 7946 0000", "+442079460000"),
            (Field::Postcode, "ls14ap", "LS1 4AP"),
            (Field::City, "Ștefan cel Mare", "Ștefan cel Mare"),
        ] {
            assert_eq!(
                values::read(field, right, TODAY).map(|value| value.text),
                Ok(read.to_owned()),
                "{field:?} {right}"
            );
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
