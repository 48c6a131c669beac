//! A booking made of the values of its fields.

use hb_bls::{BookingDetails, CourseId, PayOption, Time};
use serde::{Deserialize, Serialize};

pub use super::field::{Field, Values};
use super::values;
use crate::{when, words::words};

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
    /// The day of which the earliest timeslot is wanted.
    pub on: Option<hb_bls::Date>,
    pub details: BookingDetails,
    /// Values that may be wrong.
    pub doubts: Vec<Fault>,
}

/// A field, and what is wrong with its value.
pub type Fault = (Field, String);

/// The day, or the time of a day, of a row that is to have the earliest timeslot, while others name theirs.
pub const EARLIEST: &str = "earliest";

impl Order {
    /// Makes an order of the values, or returns everything that is wrong with them. With `earliest`, or if it says so in
    /// the place of the date or the time, an order without a time is for the earliest timeslot, or for that of its day.
    pub fn new(values: &Values, earliest: bool, today: hb_bls::Date) -> Result<Self, Vec<Fault>> {
        let mut values = values.clone();
        let [of_all_days, of_its_day] = [Field::Date, Field::Time].map(|field| take_earliest(&mut values, field));
        let has_time = values.contains_key(&Field::Time);
        let earliest = (earliest || of_all_days || of_its_day) && !has_time;
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
                None => faults.push((field, why_missing(field, &values, of_all_days))),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let text = |field: Field| values.get(&field).cloned().unwrap_or_default();
        // what was read above is in the form that is read here
        let unreadable = |field: Field| vec![(field, "cannot be read".to_owned())];
        let date =
            values.get(&Field::Date).map(|date| date.parse().map_err(|_| unreadable(Field::Date))).transpose()?;
        let time =
            values.get(&Field::Time).map(|time| time.parse().map_err(|_| unreadable(Field::Time))).transpose()?;
        let at = date.zip(time);
        Ok(Self {
            course_id: text(Field::CourseId).parse().map_err(|_| unreadable(Field::CourseId))?,
            at,
            on: date.filter(|_| at.is_none()),
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

impl Order {
    /// The candidate's name, as people compare it.
    pub fn name(&self) -> String {
        words(&format!("{} {}", self.details.first_name, self.details.last_name))
    }

    /// The day that the timeslot has to be of, if it is not to be the earliest of all.
    pub fn day(&self, search: Option<&Search>) -> Option<hb_bls::Date> {
        self.at.map(|(date, _)| date).or(self.on).or_else(|| search?.date)
    }
}

/// Whether a value says "earliest", which is then removed.
fn take_earliest(values: &mut Values, field: Field) -> bool {
    let is_it = values.get(&field).is_some_and(|text| text.eq_ignore_ascii_case(EARLIEST));
    is_it && values.remove(&field).is_some()
}

/// What to say of a value that is missing. `earliest`: whether the earliest timeslot of all days is asked for.
fn why_missing(field: Field, values: &Values, earliest: bool) -> String {
    match field {
        Field::Date if earliest => {
            "\"earliest\" does not go with a time: leave the time empty, or name the day".to_owned()
        }
        Field::Time if values.contains_key(&Field::Date) => {
            "is missing; \"earliest\" stands for the earliest of the day".to_owned()
        }
        _ => "is missing".to_owned(),
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
    fn a_day_without_a_time_may_mean_its_earliest_timeslot() {
        let order = |date: &str, time: &str, earliest| {
            let mut values = Values::from([(Field::Date, date.to_owned()), (Field::Time, time.to_owned())]);
            values.retain(|_, value| !value.is_empty());
            let others = Field::all().filter(|field| field.is_required() && !field.is_time());
            values.extend(others.map(|field| (field, value_of(field).to_owned())));
            Order::new(&values, earliest, TODAY).map(|order| (order.at.is_some(), order.on.map(|on| on.to_string())))
        };
        let on = Some("2026-12-07".to_owned());
        assert_eq!(order("7/12/2026", "9am", true), Ok((true, None)));
        for (date, time, earliest) in [("7/12/2026", "", true), ("7/12/2026", "Earliest", false)] {
            assert_eq!(order(date, time, earliest), Ok((false, on.clone())), "{date} {time}");
        }
        for (date, time, earliest) in [("", "", true), ("earliest", "", false), ("", "earliest", false)] {
            assert_eq!(order(date, time, earliest), Ok((false, None)), "{date} {time}");
        }
        for (date, time, earliest, field, why) in [
            ("7/12/2026", "", false, Field::Time, "is missing; \"earliest\" stands for the earliest of the day"),
            ("", "9am", true, Field::Date, "is missing"),
            ("earliest", "9am", false, Field::Date, "\"earliest\" does not go with a time"),
        ] {
            let faults = order(date, time, earliest).unwrap_err();
            assert!(faults.len() == 1 && faults[0].0 == field && faults[0].1.starts_with(why), "{faults:?}");
        }
    }

    fn value_of(field: Field) -> &'static str {
        match field {
            Field::CourseId => "1",
            Field::Email | Field::AgencyContactEmail => "ada@example.com",
            Field::Phone => "020 7946 0000",
            Field::Postcode => "LS1 4AP",
            Field::PayOption => "credits",
            _ => "Leeds",
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
