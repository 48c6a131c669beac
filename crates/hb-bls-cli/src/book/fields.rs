//! What to book, made of the values of its fields.

use hb_bls::{BookingDetails, CourseId, PayOption, Time};
use serde::{Deserialize, Serialize};

pub use super::field::{Field, Values};
use super::values;
use crate::when;

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
pub const EARLIEST: &str = "earliest";

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
                None if says_so && field == Field::Date => {
                    faults.push((
                        field,
                        "\"earliest\" does not go with a time: leave the time empty, or name the day".to_owned(),
                    ));
                }
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
