//! The fields of a booking, and what they are called.

use std::collections::BTreeMap;

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
    (Field::Time, "time", "Time in the UK, such as 09:00 (nothing for another day): "),
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
    (Field::AgencyEmail, "agency_email", "Agency email (optional): "),
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
}
