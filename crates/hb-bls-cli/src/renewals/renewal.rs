//! A row of the list, and the file.

use hb_bls::{BookingId, CourseId, Date};
use serde::Serialize;

use super::{details::Details, find::DueRenewal};
use crate::{
    book::{EARLIEST, Field, heading},
    output::{Column, Record, Sheet, text},
    when,
    words::words,
};

/// A candidate whose certificate lapses, with the fields of a booking.
#[derive(Serialize)]
pub struct Renewal {
    lapses_on: Date,
    trained_on: Date,
    last_booking_id: BookingId,
    course_name: Option<String>,
    course_id: Option<CourseId>,
    date: &'static str,
    time: Option<&'static str>,
    first_name: String,
    last_name: String,
    email: String,
    phone: String,
    address: String,
    city: String,
    postcode: String,
    job_role: String,
}

impl Renewal {
    pub fn new(found: &DueRenewal, details: &Details) -> Self {
        let booking = found.booking;
        let candidate = booking.candidate.as_ref();
        let name = text(candidate.and_then(|candidate| candidate.name.as_ref()));
        let email = text(candidate.and_then(|candidate| candidate.email.as_ref()));
        let known = details.of(&email, &name);
        let of = |field: Field| known.and_then(|values| values.get(&field)).cloned().unwrap_or_default();
        let (first_name, last_name) = match (of(Field::FirstName), of(Field::LastName)) {
            (first, last) if words(&format!("{first} {last}")) == words(&name) => (first, last),
            _ => split(&name),
        };
        let phone = candidate.and_then(|candidate| candidate.phone.clone()).filter(|phone| !phone.is_empty());
        Self {
            lapses_on: found.lapses_on,
            trained_on: found.trained_on,
            last_booking_id: booking.id,
            course_name: booking.course.as_ref().and_then(|course| course.name.clone()),
            course_id: booking.course.as_ref().map(|course| course.id),
            date: EARLIEST,
            time: None,
            first_name,
            last_name,
            email,
            phone: phone.unwrap_or_else(|| of(Field::Phone)),
            address: of(Field::Address),
            city: of(Field::City),
            postcode: of(Field::Postcode),
            job_role: of(Field::JobRole),
        }
    }

    /// Whether the portal would not book it as it is.
    pub fn lacks_details(&self) -> bool {
        [&self.address, &self.city, &self.postcode, &self.job_role].iter().any(|text| text.is_empty())
    }

    fn value(&self, field: Field) -> String {
        match field {
            Field::CourseId => text(self.course_id.as_ref()),
            Field::Date => self.date.to_owned(),
            Field::FirstName => self.first_name.clone(),
            Field::LastName => self.last_name.clone(),
            Field::Email => self.email.clone(),
            Field::Phone => self.phone.clone(),
            Field::Address => self.address.clone(),
            Field::City => self.city.clone(),
            Field::Postcode => self.postcode.clone(),
            Field::JobRole => self.job_role.clone(),
            _ => String::new(),
        }
    }
}

/// A name in two parts: the last word is the last name.
fn split(name: &str) -> (String, String) {
    let name = name.trim();
    let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
    (first.trim_end().to_owned(), last.to_owned())
}

/// The columns of the template, but for those that are mostly the same for everybody, which flags or the profile give.
/// What is behind them comes back in the results of `book`.
pub fn sheet(renewals: &[Renewal]) -> Sheet {
    use Field::{AgencyContactEmail, AgencyContactName, AgencyEmail, PayOption};
    let is_given = |field: &Field| matches!(field, PayOption | AgencyContactName | AgencyContactEmail | AgencyEmail);
    let fields: Vec<Field> = Field::all().filter(|field| !is_given(field)).collect();
    let header = fields.iter().map(|field| heading(*field)).chain(["Trained on", "Lapses on", "Last booking"]);
    let row = |renewal: &Renewal| {
        let more = [renewal.trained_on.to_string(), renewal.lapses_on.to_string(), renewal.last_booking_id.to_string()];
        fields.iter().map(|field| renewal.value(*field)).chain(more).collect()
    };
    Sheet { header: header.map(str::to_owned).collect(), rows: renewals.iter().map(row).collect() }
}

impl Record for Renewal {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::time("lapses_on", |renewal| renewal.lapses_on.to_string(), |renewal| when::names(renewal.lapses_on)),
        Column::person("first_name", |renewal| renewal.first_name.clone()),
        Column::person("last_name", |renewal| renewal.last_name.clone()),
        Column::full("email", |renewal| renewal.email.clone()),
        Column::full("phone", |renewal| renewal.phone.clone()),
        Column::full("course_id", |renewal| text(renewal.course_id.as_ref())),
        Column::long("course_name", |renewal: &Self| text(renewal.course_name.as_ref()))
            .headed("course")
            .if_there_is_room(),
        Column::time("trained_on", |renewal| renewal.trained_on.to_string(), |renewal| when::names(renewal.trained_on)),
        Column::full("last_booking_id", |renewal| renewal.last_booking_id.to_string()),
        Column::full("date", |renewal| renewal.date.to_owned()),
        Column::full("time", |_| String::new()),
        Column::full("address", |renewal| renewal.address.clone()),
        Column::full("city", |renewal| renewal.city.clone()),
        Column::full("postcode", |renewal| renewal.postcode.clone()),
        Column::full("job_role", |renewal| renewal.job_role.clone()),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_is_the_last_name() {
        for (name, parts) in [
            ("Ada Lovelace", ("Ada", "Lovelace")),
            ("Ludwig van  Beethoven ", ("Ludwig van", "Beethoven")),
            ("Ștefan", ("Ștefan", "")),
            ("", ("", "")),
        ] {
            assert_eq!(split(name), (parts.0.to_owned(), parts.1.to_owned()), "{name}");
        }
    }
}
