//! A booking whose details are being asked for: the answers so far, and what to ask again after the portal has refused one.

use std::collections::BTreeSet;

use anyhow::Result;
use hb_bls::{Date, Error, ErrorKind, HoldDetails, Time};

use super::fields::{Field, Search, Values};
use crate::{
    output::{self, Format},
    prompt,
    report::Report,
    when,
};

pub struct Draft {
    pub values: Values,
    pub search: Option<Search>,
    /// A hold that is to be booked.
    pub hold: Option<HoldDetails>,
    /// The timeslot that was tried last.
    pub tried: Option<(Date, Time)>,
    left_out: BTreeSet<Field>,
}

impl Draft {
    pub fn new(values: Values, search: Option<Search>, hold: Option<HoldDetails>) -> Self {
        let left_out = BTreeSet::new();
        let mut draft = Self { values, search, hold, tried: None, left_out };
        if draft.missing().is_empty() {
            // nobody is asked for what need not be said
            draft.left_out.extend(Field::all().filter(|field| !field.is_required()));
        }
        draft
    }

    /// Whether the timeslot follows from something else than day and time.
    pub fn has_timeslot(&self) -> bool {
        self.search.is_some() || self.hold.is_some()
    }

    /// Whether a value is neither given nor left out.
    pub fn lacks(&self, field: Field) -> bool {
        let given = self.values.contains_key(&field) || (field.is_time() && self.has_timeslot());
        !given && !self.left_out.contains(&field)
    }

    pub fn leave_out(&mut self, field: Field) {
        self.left_out.insert(field);
    }

    /// The required values that are missing.
    pub fn missing(&self) -> Vec<Field> {
        Field::all().filter(|field| field.is_required() && self.lacks(*field)).collect()
    }

    /// Says why the booking was refused, and forgets what has to be asked again. All other answers are kept. What asking
    /// again cannot mend is returned.
    pub fn mend(&mut self, error: anyhow::Error) -> Result<()> {
        let Some(refused) = error.chain().find_map(|cause| cause.downcast_ref::<Error>()) else { return Err(error) };
        match refused.kind() {
            ErrorKind::Rejected => {
                let messages = refused.rejection().map(|rejection| rejection.fields().clone()).unwrap_or_default();
                let fields: Vec<_> = messages.keys().filter_map(|name| RefusedAnswer::named(name)).collect();
                if fields.is_empty() {
                    return Err(error);
                }
                for (name, messages) in &messages {
                    let name = name.replace('_', " ");
                    prompt::say(&output::sanitise::line(&format!(
                        "The portal refused the {name}: {}",
                        messages.join(" ")
                    )))?;
                }
                for field in fields {
                    match field {
                        RefusedAnswer::Timeslot => self.forget_timeslot(),
                        RefusedAnswer::Value(field) => self.ask_again(field),
                    }
                }
                Ok(())
            }
            ErrorKind::Conflict if refused.conflicting_hold().is_none() => {
                let slot = self.tried.map(|(date, time)| when::moment(date, time));
                prompt::say(&match slot {
                    Some(slot) => format!("{slot} has just been taken."),
                    None => "The hold has expired, and its timeslot is free for others.".to_owned(),
                })?;
                self.forget_timeslot();
                Ok(())
            }
            ErrorKind::NoTimeslot => {
                prompt::say("No timeslot is free then.")?;
                self.tried = None;
                self.forget_timeslot();
                self.values.remove(&Field::Date);
                Ok(())
            }
            // nothing in the answers is wrong, and at most a hold was made, which the next try finds
            ErrorKind::Ambiguous if refused.operation() != Some("holdTimeslot") => Err(error),
            ErrorKind::Ambiguous
            | ErrorKind::Conflict
            | ErrorKind::RateLimited
            | ErrorKind::Server
            | ErrorKind::Network
            | ErrorKind::Timeout => {
                Report::of(&error).print(Format::Table);
                if prompt::confirm("Try again?")? { Ok(()) } else { Err(Report::already_printed(error)) }
            }
            _ => Err(error),
        }
    }

    /// Forgets an answer, so that it is asked for again.
    pub fn ask_again(&mut self, field: Field) {
        if field.is_time() {
            (self.search, self.hold, self.tried) = (None, None, None);
        }
        let forgotten = match field {
            Field::Date => &[Field::Date, Field::Time][..],
            _ => &[field],
        };
        for field in forgotten {
            self.values.remove(field);
            self.left_out.remove(field);
        }
    }

    /// The day stays, so that its other times are offered.
    fn forget_timeslot(&mut self) {
        (self.search, self.hold) = (None, None);
        self.values.remove(&Field::Time);
        if let Some((date, _)) = self.tried {
            self.values.insert(Field::Date, date.to_string());
        }
    }
}

/// What to ask for again when the portal refuses a field.
enum RefusedAnswer {
    Value(Field),
    Timeslot,
}

impl RefusedAnswer {
    fn named(name: &str) -> Option<Self> {
        match Field::named(name) {
            _ if name == "hold_hash" => Some(Self::Timeslot),
            Some(field) if field.is_time() => Some(Self::Timeslot),
            field => field.map(Self::Value),
        }
    }
}
