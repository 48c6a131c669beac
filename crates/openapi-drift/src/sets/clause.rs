//! One way of fitting a schema: values of one type that satisfy everything that is said of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Schema, pattern};
use crate::{
    equality::same,
    number::{Decimal, is_number},
};

/// The types of JSON. Whole numbers are numbers with one more condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    pub const ALL: [Self; 6] = [Self::Null, Self::Boolean, Self::Number, Self::String, Self::Array, Self::Object];

    /// The type of a value.
    pub fn of(value: &Value) -> Self {
        match value {
            value if is_number(value) => Self::Number,
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            _ => Self::Object,
        }
    }

    /// The type of a name, and whether its numbers are whole.
    pub fn named(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "null" => (Self::Null, false),
            "boolean" => (Self::Boolean, false),
            "integer" => (Self::Number, true),
            "number" => (Self::Number, false),
            "string" => (Self::String, false),
            "array" => (Self::Array, false),
            "object" => (Self::Object, false),
            _ => return None,
        })
    }
}

/// A bound of a number, and whether the bound itself is out.
pub type Bound = (Decimal, bool);

/// What one schema says of the items of a list.
#[derive(Clone)]
pub struct Row<'s, 'a> {
    pub first: Vec<Schema<'s, 'a>>,
    pub rest: Option<Schema<'s, 'a>>,
}

impl<'s, 'a> Row<'s, 'a> {
    /// What the item at an index must fit.
    pub fn at(&self, index: usize) -> Option<Schema<'s, 'a>> {
        self.first.get(index).copied().or(self.rest)
    }
}

/// What one schema says of the fields of an object.
#[derive(Clone, Default)]
pub struct Fields<'s, 'a> {
    pub listed: BTreeMap<&'a str, Schema<'s, 'a>>,
    pub patterns: Vec<(&'a str, Schema<'s, 'a>)>,
    pub rest: Option<Schema<'s, 'a>>,
}

impl<'s, 'a> Fields<'s, 'a> {
    /// What the field of a name must fit, if all of that can be determined.
    pub fn at(&self, name: &str) -> Vec<Schema<'s, 'a>> {
        let mut found: Vec<_> = self.listed.get(name).copied().into_iter().collect();
        let mut is_known = !found.is_empty();
        for (pattern, schema) in &self.patterns {
            match pattern::matches(pattern, name) {
                Some(true) => {
                    found.push(*schema);
                    is_known = true;
                }
                Some(false) => {}
                None => is_known = true,
            }
        }
        if !is_known {
            found.extend(self.rest);
        }
        found
    }

    /// Whether the field of a name may be one that the rest speaks of.
    pub fn may_be_rest(&self, name: &str) -> bool {
        !self.listed.contains_key(name)
            && !self.patterns.iter().any(|(pattern, _)| pattern::matches(pattern, name) == Some(true))
    }

    pub fn is_closed(&self) -> bool {
        self.rest.is_some_and(|rest| *rest.value == Value::Bool(false))
    }
}

/// So many items of a list fit a schema.
#[derive(Clone)]
pub struct Contains<'s, 'a> {
    pub schema: Schema<'s, 'a>,
    pub least: u64,
    pub most: Option<u64>,
}

#[derive(Clone)]
pub struct Clause<'s, 'a> {
    pub kind: Kind,
    /// The only values there are, if they are listed.
    pub values: Option<Vec<&'a Value>>,
    pub whole: bool,
    pub lower: Option<Bound>,
    pub upper: Option<Bound>,
    pub multiples: Vec<Decimal>,
    /// The least length of a text, or the least number of items or fields.
    pub least: u64,
    pub most: Option<u64>,
    /// Conditions that hold or not and have no parts: patterns, formats, encodings.
    pub texts: BTreeSet<(&'a str, String)>,
    pub unique: bool,
    pub rows: Vec<Row<'s, 'a>>,
    pub contains: Vec<Contains<'s, 'a>>,
    pub required: BTreeSet<&'a str>,
    pub absent: BTreeSet<&'a str>,
    /// If the first field is there, the second is.
    pub dependent: BTreeSet<(&'a str, &'a str)>,
    pub fields: Vec<Fields<'s, 'a>>,
    /// What the names of fields must fit.
    pub names: Vec<Schema<'s, 'a>>,
    /// What must not fit.
    pub not: Vec<Schema<'s, 'a>>,
    /// Schemas with a keyword that only the same schema is known to satisfy.
    pub opaque: Vec<(&'a str, Schema<'s, 'a>)>,
}

impl<'s, 'a> Clause<'s, 'a> {
    /// Every value of a type.
    pub fn any(kind: Kind) -> Self {
        Self {
            kind,
            values: None,
            whole: false,
            lower: None,
            upper: None,
            multiples: Vec::new(),
            least: 0,
            most: None,
            texts: BTreeSet::new(),
            unique: false,
            rows: Vec::new(),
            contains: Vec::new(),
            required: BTreeSet::new(),
            absent: BTreeSet::new(),
            dependent: BTreeSet::new(),
            fields: Vec::new(),
            names: Vec::new(),
            not: Vec::new(),
            opaque: Vec::new(),
        }
    }

    /// Whether it allows every value of its type.
    pub fn is_bare(&self) -> bool {
        self.values.is_none()
            && !self.whole
            && self.lower.is_none()
            && self.upper.is_none()
            && self.multiples.is_empty()
            && self.least == 0
            && self.most.is_none()
            && self.texts.is_empty()
            && !self.unique
            && self.rows.is_empty()
            && self.contains.is_empty()
            && self.required.is_empty()
            && self.absent.is_empty()
            && self.dependent.is_empty()
            && self.fields.is_empty()
            && self.names.is_empty()
            && self.not.is_empty()
            && self.opaque.is_empty()
    }

    /// Leaves the values that are also in a list.
    pub fn limit(&mut self, list: impl Iterator<Item = &'a Value>) {
        let own = list.filter(|value| Kind::of(value) == self.kind);
        self.values = Some(match self.values.take() {
            Some(known) => own.filter(|value| known.iter().any(|other| same(value, other))).collect(),
            None => own.collect(),
        });
    }

    pub fn raise(&mut self, bound: Bound) {
        if self.lower.as_ref().is_none_or(|own| (&own.0, own.1) < (&bound.0, bound.1)) {
            self.lower = Some(bound);
        }
    }

    pub fn cut(&mut self, bound: Bound) {
        if self.upper.as_ref().is_none_or(|own| bound.0 < own.0 || (bound.0 == own.0 && bound.1)) {
            self.upper = Some(bound);
        }
    }

    pub fn shorten(&mut self, most: u64) {
        self.most = Some(self.most.map_or(most, |own| own.min(most)));
    }

    /// Bounds of whole numbers are whole and in themselves.
    pub fn settle(&mut self) {
        if !self.whole {
            return;
        }
        for (bound, is_lower) in [(&mut self.lower, true), (&mut self.upper, false)] {
            if let Some((value, out)) = bound
                && (*out || !value.is_whole())
                && let Some(next) = value.next_whole(is_lower)
            {
                (*value, *out) = (next, false);
            }
        }
    }

    /// Whether no value can be in it, as far as is plain to see.
    pub fn is_empty(&self) -> bool {
        let crossed = match (&self.lower, &self.upper) {
            (Some(lower), Some(upper)) => lower.0 > upper.0 || (lower.0 == upper.0 && (lower.1 || upper.1)),
            _ => false,
        };
        crossed
            || self.values.as_ref().is_some_and(Vec::is_empty)
            || self.most.is_some_and(|most| self.least > most)
            || self.required.iter().any(|name| self.absent.contains(name))
    }

    /// What the field of a name must fit. Nothing, if nothing is said of it.
    pub fn field(&self, name: &str) -> Vec<Schema<'s, 'a>> {
        self.fields.iter().flat_map(|fields| fields.at(name)).collect()
    }

    /// Whether the field of a name cannot be there.
    pub fn lacks(&self, name: &str) -> bool {
        self.absent.contains(name) || self.field(name).iter().any(|schema| *schema.value == Value::Bool(false))
    }

    /// The names of all fields that something is said of.
    pub fn listed(&self) -> BTreeSet<&'a str> {
        self.fields.iter().flat_map(|fields| fields.listed.keys().copied()).collect()
    }
}
