//! What the portal refused of a booking, as far as other answers can help.

use std::collections::{BTreeMap, BTreeSet};

use hb_bls::{Error, ErrorKind};

use super::fields::Field;

#[derive(Debug, Default)]
pub struct Refusal {
    fields: BTreeMap<Field, Vec<String>>,
    /// Reasons that concern nothing that can be asked for.
    pub others: Vec<String>,
}

impl Refusal {
    /// `None` if the error is something else, or if nothing that can be asked for is the cause. After such an error,
    /// nothing was booked.
    pub fn of(error: &Error) -> Option<Self> {
        let mut refusal = Self::default();
        match error.kind() {
            ErrorKind::Rejected => {
                for (name, messages) in error.rejection()?.fields() {
                    match Field::named(name) {
                        Some(field) => refusal.fields.entry(field).or_default().extend(messages.iter().cloned()),
                        // the hold has expired
                        None if name == "hold_hash" => refusal.gone(),
                        None => {
                            refusal.others.extend(messages.iter().map(|message| format!("{name}: {message}")));
                        }
                    }
                }
            }
            // with a hold, it is that hold which is in the way
            ErrorKind::Conflict if error.hold().is_none() => refusal.gone(),
            _ => {}
        }
        (!refusal.fields.is_empty()).then_some(refusal)
    }

    fn gone(&mut self) {
        self.fields.entry(Field::Time).or_default().push("The timeslot is not free any more.".to_owned());
    }

    /// Whether another timeslot is needed.
    pub fn is_about_the_timeslot(&self) -> bool {
        self.fields.keys().any(|field| field.is_time() || *field == Field::CourseId)
    }

    /// What must be asked for again. A timeslot is chosen as a whole, and each course has its own.
    pub fn to_ask(&self) -> BTreeSet<Field> {
        let timeslot = [Field::Date, Field::Time].into_iter().filter(|_| self.is_about_the_timeslot());
        self.fields.keys().copied().chain(timeslot).collect()
    }

    /// What to say before a field is asked for. The day comes first when a timeslot is chosen.
    pub fn reasons(&self, field: Field) -> impl Iterator<Item = &String> {
        let of = |field| self.fields.get(&field).into_iter().flatten();
        let (own, time) = match field {
            Field::Date => (Some(Field::Date), Some(Field::Time)),
            Field::Time => (None, None),
            other => (Some(other), None),
        };
        own.into_iter().chain(time).flat_map(of)
    }
}
