//! Schemas as sets of values: whether every value of one fits another.
//!
//! [`normal_form`] brings a schema into its normal form, a list of clauses that each allow values of one type. [`subset`] proves
//! from these that one set is part of another, with [`disjoint`] for what must not fit; [`check`] judges a single value,
//! and [`sample`] looks for one that proves the contrary. All of it is bounded: what cannot be decided within the
//! bounds is not proved, and then the rules' own levels apply.

mod check;
mod clause;
mod disjoint;
mod normal_form;
mod pattern;
mod sample;
mod subset;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::{change::Direction, side::Side};

pub use check::{Truth, check};
pub use clause::{Clause, Kind};
pub use normal_form::form;
pub use sample::witness;
pub use subset::Prover;

/// A schema and the document it is of.
#[derive(Clone, Copy)]
pub struct Schema<'s, 'a> {
    pub side: &'s Side<'a>,
    pub value: &'a Value,
}

impl<'s, 'a> Schema<'s, 'a> {
    pub fn new(side: &'s Side<'a>, value: &'a Value) -> Self {
        Self { side, value }
    }

    /// Another schema of the same document.
    pub fn with(self, value: &'a Value) -> Self {
        Self { value, ..self }
    }

    /// Whether a field of this schema does not go this way: what is read-only is never sent, what is write-only never
    /// returned.
    pub fn goes_other_way(self, direction: Direction) -> bool {
        let mark = match direction {
            Direction::Request => "readOnly",
            Direction::Response => "writeOnly",
            Direction::Both => return false,
        };
        let is_marked = |value: &Value| value.get(mark) == Some(&Value::Bool(true));
        self.side.chain(self.value).into_iter().any(is_marked)
    }
}
