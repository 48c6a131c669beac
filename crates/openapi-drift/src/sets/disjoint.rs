//! Proves that two sets of values have none in common, if it can.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    Schema,
    check::{Truth, check},
    clause::Clause,
    normal_form::form,
};
use crate::{change::Direction, side::Id};

/// Fields of fields are examined, but not without end.
const DEEPEST: usize = 6;

pub struct Disjointness<'t> {
    direction: Direction,
    steps: &'t mut usize,
    depth: usize,
}

impl<'t> Disjointness<'t> {
    pub fn new(direction: Direction, steps: &'t mut usize) -> Self {
        Self { direction, steps, depth: 0 }
    }

    /// Whether no value of the clause fits the schema.
    pub fn is_clause_apart<'a>(&mut self, clause: &Clause<'_, 'a>, schema: Schema<'_, 'a>) -> bool {
        let Some(clauses) = form(&[schema], self.direction, self.steps) else { return false };
        clauses.iter().all(|other| self.are_apart(clause, other))
    }

    /// Whether nothing fits all schemas of both lists.
    fn are_lists_apart<'a>(&mut self, one: &[Schema<'_, 'a>], other: &[Schema<'_, 'a>]) -> bool {
        if self.depth > DEEPEST || one.is_empty() || other.is_empty() || is_shared(one, other) {
            return false;
        }
        self.depth += 1;
        let forms = (form(one, self.direction, self.steps), form(other, self.direction, self.steps));
        let found = match forms {
            (Some(one), Some(other)) => {
                one.iter().all(|clause| other.iter().all(|other| self.are_apart(clause, other)))
            }
            _ => false,
        };
        self.depth -= 1;
        found
    }

    fn are_apart<'a>(&mut self, one: &Clause<'_, 'a>, other: &Clause<'_, 'a>) -> bool {
        if one.kind != other.kind {
            return true;
        }
        if *self.steps == 0 {
            return false;
        }
        *self.steps -= 1;
        let values = |listed: &Clause<'_, 'a>, by: &Clause<'_, 'a>| {
            let (Some(own), Some(others)) = (&listed.values, &by.values) else { return false };
            !own.iter().any(|value| others.iter().any(|other| crate::equality::same(value, other)))
        };
        let crossed = |low: &Clause<'_, '_>, high: &Clause<'_, '_>| match (&low.lower, &high.upper) {
            (Some(lower), Some(upper)) => lower.0 > upper.0 || (lower.0 == upper.0 && (lower.1 || upper.1)),
            _ => false,
        };
        let too_long = |long: &Clause<'_, '_>, short: &Clause<'_, '_>| short.most.is_some_and(|most| most < long.least);
        values(one, other)
            || self.refuses(one, other)
            || self.refuses(other, one)
            || crossed(one, other)
            || crossed(other, one)
            || too_long(one, other)
            || too_long(other, one)
            || one.required.iter().any(|name| other.lacks(name))
            || other.required.iter().any(|name| one.lacks(name))
            || self.fields_are_apart(one, other)
    }

    /// Whether each value that one of them lists breaks a limit of the other.
    fn refuses(&mut self, listed: &Clause<'_, '_>, by: &Clause<'_, '_>) -> bool {
        let Some(values) = &listed.values else { return false };
        values.iter().all(|value| {
            let text = value.as_str().map(|text| u64::try_from(text.chars().count()).unwrap_or(u64::MAX));
            let number = crate::number::Decimal::of(value);
            let below = |least: u64| text.is_some_and(|length| length < least);
            let above = |most: Option<u64>| text.is_some_and(|length| most.is_some_and(|most| length > most));
            let low = by.lower.as_ref().zip(number.as_ref()).is_some_and(|(lower, own)| *own < lower.0);
            let high = by.upper.as_ref().zip(number.as_ref()).is_some_and(|(upper, own)| *own > upper.0);
            below(by.least)
                || above(by.most)
                || low
                || high
                || by.not.iter().any(|not| check(value, *not, self.direction, self.steps) == Truth::Yes)
        })
    }

    /// Whether a field that must be there on one side cannot be what it must on the other.
    fn fields_are_apart<'a>(&mut self, one: &Clause<'_, 'a>, other: &Clause<'_, 'a>) -> bool {
        let names: HashSet<&str> = one.required.union(&other.required).copied().collect();
        let mut names: Vec<&str> = names.into_iter().collect();
        names.sort_unstable();
        names.into_iter().any(|name| self.are_lists_apart(&one.field(name), &other.field(name)))
    }
}

fn is_shared(one: &[Schema<'_, '_>], other: &[Schema<'_, '_>]) -> bool {
    let ids: HashSet<Id> = one.iter().map(|schema| schema.value as *const Value).collect();
    other.iter().any(|schema| ids.contains(&(schema.value as Id)))
}
