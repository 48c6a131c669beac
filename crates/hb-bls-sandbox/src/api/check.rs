//! Laravel's validation rules, as far as the API needs them, with its wording.

use jiff::civil::{Date, Time};
use serde_json::{Map, Value};

use crate::problem::Problem;
use crate::store::bookings::BookingContacts;

/// Reads fields one by one and gathers what is wrong with them.
///
/// Each rule gives a usable value or notes an error; only after [`Check::finish`] are the values valid.
#[derive(Debug)]
pub(crate) struct Check<'a> {
    fields: &'a Map<String, Value>,
    errors: Vec<(String, String)>,
}

impl<'a> Check<'a> {
    pub(crate) fn new(fields: &'a Map<String, Value>) -> Self {
        Self { fields, errors: Vec::new() }
    }

    /// The 422, if any rule was broken.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::Invalid(self.errors)) }
    }

    /// Notes an error in the words `The {field} {rest}`.
    pub(crate) fn fail(&mut self, field: &str, rest: &str) {
        self.errors.push((field.to_owned(), format!("The {} {rest}", label(field))));
    }

    /// The same in the words `The selected {field} is invalid.`
    pub(crate) fn fail_selected(&mut self, field: &str) {
        self.errors.push((field.to_owned(), format!("The selected {} is invalid.", label(field))));
    }

    /// The value, if there is one: null and blank text count as none.
    fn value(&self, field: &str) -> Option<&'a Value> {
        self.fields.get(field).filter(|value| match value {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            _ => true,
        })
    }

    fn required(&mut self, field: &str) -> Option<&'a Value> {
        let value = self.value(field);
        if value.is_none() {
            self.fail(field, "field is required.");
        }
        value
    }

    /// Who is to be booked, without the agency.
    pub(crate) fn candidate(&mut self) -> BookingContacts {
        BookingContacts {
            first_name: self.text("first_name", 255),
            last_name: self.text("last_name", 255),
            email: self.email("email"),
            phone: self.text("phone", 50),
            address: self.text("address", 255),
            city: self.text("city", 255),
            postcode: self.text("postcode", 20),
            job_role: self.text("job_role", 255),
            ..BookingContacts::default()
        }
    }

    pub(crate) fn text(&mut self, field: &str, max: usize) -> String {
        match self.required(field) {
            Some(value) => self.text_of(field, value, max),
            None => String::new(),
        }
    }

    pub(crate) fn optional_text(&mut self, field: &str, max: usize) -> Option<String> {
        self.value(field).map(|value| self.text_of(field, value, max))
    }

    fn text_of(&mut self, field: &str, value: &Value, max: usize) -> String {
        let Value::String(text) = value else {
            self.fail(field, "field must be a string.");
            return String::new();
        };
        let text = text.trim();
        if text.chars().count() > max {
            self.fail(field, &format!("field must not be greater than {max} characters."));
        }
        text.to_owned()
    }

    pub(crate) fn email(&mut self, field: &str) -> String {
        let text = self.text(field, 255);
        self.must_be_email(field, &text);
        text
    }

    pub(crate) fn optional_email(&mut self, field: &str) -> Option<String> {
        let text = self.optional_text(field, 255)?;
        self.must_be_email(field, &text);
        Some(text)
    }

    fn must_be_email(&mut self, field: &str, text: &str) {
        if !text.is_empty() && !is_email(text) {
            self.fail(field, "field must be a valid email address.");
        }
    }

    pub(crate) fn integer(&mut self, field: &str) -> i64 {
        match self.required(field) {
            Some(value) => self.integer_of(field, value),
            None => 0,
        }
    }

    /// An integer within bounds.
    pub(crate) fn optional_integer(&mut self, field: &str, (min, max): (i64, i64)) -> Option<i64> {
        let value = self.value(field)?;
        let errors = self.errors.len();
        let number = self.integer_of(field, value);
        if self.errors.len() == errors && !(min..=max).contains(&number) {
            self.fail(field, &format!("field must be between {min} and {max}."));
        }
        Some(number)
    }

    fn integer_of(&mut self, field: &str, value: &Value) -> i64 {
        let number = match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.unwrap_or_else(|| {
            self.fail(field, "field must be an integer.");
            0
        })
    }

    pub(crate) fn optional_boolean(&mut self, field: &str) -> Option<bool> {
        match self.value(field)? {
            Value::Bool(value) => Some(*value),
            Value::Number(number) if number.as_i64() == Some(1) => Some(true),
            Value::Number(number) if number.as_i64() == Some(0) => Some(false),
            Value::String(text) if text == "1" => Some(true),
            Value::String(text) if text == "0" => Some(false),
            _ => {
                self.fail(field, "field must be true or false.");
                None
            }
        }
    }

    pub(crate) fn date(&mut self, field: &str) -> Date {
        match self.required(field) {
            Some(value) => self.date_of(field, value),
            None => Date::default(),
        }
    }

    pub(crate) fn optional_date(&mut self, field: &str) -> Option<Date> {
        self.value(field).map(|value| self.date_of(field, value))
    }

    fn date_of(&mut self, field: &str, value: &Value) -> Date {
        let parsed = value
            .as_str()
            .map(str::trim)
            .filter(|text| has_shape(text, "0000-00-00"))
            .and_then(|text| text.parse().ok());
        parsed.unwrap_or_else(|| {
            self.fail(field, "field must match the format Y-m-d.");
            Date::default()
        })
    }

    pub(crate) fn time(&mut self, field: &str) -> Time {
        let Some(value) = self.required(field) else { return Time::default() };
        let parsed =
            value.as_str().map(str::trim).filter(|text| has_shape(text, "00:00")).and_then(|text| text.parse().ok());
        parsed.unwrap_or_else(|| {
            self.fail(field, "field must match the format H:i.");
            Time::default()
        })
    }

    /// A list of names out of `known`, at least one.
    pub(crate) fn names(&mut self, field: &str, known: &[&str]) -> Vec<String> {
        let Some(value) = self.required(field) else { return Vec::new() };
        let Value::Array(items) = value else {
            self.fail(field, "field must be an array.");
            return Vec::new();
        };
        if items.is_empty() {
            self.fail(field, "field is required.");
        }
        let mut names: Vec<String> = Vec::new();
        for (at, item) in items.iter().enumerate() {
            match item.as_str().filter(|name| known.contains(name)) {
                Some(name) if names.iter().any(|other| other == name) => {}
                Some(name) => names.push(name.to_owned()),
                None => self.fail_selected(&format!("{field}.{at}")),
            }
        }
        names
    }

    /// Whether the request has the field at all, even blank.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }
}

fn label(field: &str) -> String {
    field.replace('_', " ")
}

/// One @ with something on both sides and no space: what Laravel's `email` rule lets through in practice.
fn is_email(text: &str) -> bool {
    let mut parts = text.split('@');
    let both = parts.next().is_some_and(|name| !name.is_empty())
        && parts.next().is_some_and(|host| !host.is_empty() && !host.starts_with('.') && !host.ends_with('.'));
    both && parts.next().is_none() && !text.chars().any(|character| character.is_whitespace() || character.is_control())
}

/// Whether digits are where the pattern has zeros, and its own characters elsewhere.
fn has_shape(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(
            |(byte, wanted)| {
                if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted }
            },
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn errors(fields: Value, read: impl FnOnce(&mut Check<'_>)) -> Vec<(String, String)> {
        let Value::Object(fields) = fields else { panic!("an object") };
        let mut check = Check::new(&fields);
        read(&mut check);
        match check.finish() {
            Ok(()) => Vec::new(),
            Err(Problem::Invalid(errors)) => errors,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn blank_and_null_are_missing() {
        for value in [json!({}), json!({"a": null}), json!({"a": "  "})] {
            let found = errors(value, |check| {
                check.text("a", 5);
            });
            assert_eq!(found, [("a".to_owned(), "The a field is required.".to_owned())]);
        }
    }

    #[test]
    fn dates_and_times_have_one_shape() {
        for (date, time) in [("2026-6-8", "9:00"), ("2026-02-30", "25:00"), ("20260608", "0900")] {
            let found = errors(json!({"date": date, "time": time}), |check| {
                check.date("date");
                check.time("time");
            });
            assert_eq!(found.len(), 2, "{date} {time}");
        }
    }

    #[test]
    fn integers_may_come_as_text_but_not_as_fractions() {
        assert!(errors(json!({"n": "7"}), |check| assert_eq!(check.integer("n"), 7)).is_empty());
        for wrong in [json!(1.5), json!("x"), json!([]), json!(true)] {
            let found = errors(json!({ "n": wrong }), |check| {
                check.integer("n");
            });
            assert_eq!(found[0].1, "The n field must be an integer.");
        }
    }

    #[test]
    fn addresses_need_a_name_and_a_host() {
        for good in ["a@b.example", "Юлія@пошта.example", "a+b@c"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["a", "@b", "a@", "a@b@c", "a b@c", "a@.c"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
