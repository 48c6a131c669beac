//! Proves that every value that fits some schemas fits another, if it can.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{
    Schema,
    check::{Truth, check},
    clause::{Clause, Contains, Fields, Kind, Row},
    disjoint::Disjointness,
    normal_form::form,
    pattern,
};
use crate::{change::Direction, equality::alike, side::Id};

/// Steps that one proof may take, and all of them together.
const STEPS: usize = 40_000;
const ALL_STEPS: usize = 4_000_000;
/// Deeper schemas are not looked into.
const DEEPEST: usize = 60;

/// What must fit, and what it must fit.
type Key = (Vec<Id>, Id);

/// Proves that sets of values are parts of others. What it has found out it keeps.
pub struct Prover {
    direction: Direction,
    /// Whether what must fit is read by somebody who skips fields that are not listed.
    skips_unknown: bool,
    known: HashMap<Key, bool>,
    /// What is being proved, and how deep: if it occurs again within itself, it holds unless something else fails.
    open: HashMap<Key, usize>,
    /// The outermost of these that has been relied on.
    relied: usize,
    /// What has been proved by relying on what is open, and falls with it.
    trail: Vec<Key>,
    depth: usize,
    steps: usize,
    all_steps: usize,
}

impl Prover {
    pub fn new(direction: Direction) -> Self {
        Self {
            direction,
            skips_unknown: direction == Direction::Response,
            known: HashMap::new(),
            open: HashMap::new(),
            relied: usize::MAX,
            trail: Vec::new(),
            depth: 0,
            steps: 0,
            all_steps: ALL_STEPS,
        }
    }

    /// One that skips nothing.
    pub fn strict(direction: Direction) -> Self {
        Self { skips_unknown: false, ..Self::new(direction) }
    }

    /// Whether every value of one schema is proved to fit the other.
    pub fn proves<'a>(&mut self, one: Schema<'_, 'a>, other: Schema<'_, 'a>) -> bool {
        self.steps = STEPS.min(self.all_steps);
        let given = self.steps;
        let found = self.within(&[one], other);
        self.all_steps -= given - self.steps;
        found
    }

    fn within<'a>(&mut self, all: &[Schema<'_, 'a>], other: Schema<'_, 'a>) -> bool {
        if *other.value == Value::Bool(true) || all.iter().any(|one| std::ptr::eq(one.value, other.value)) {
            return true;
        }
        let mut ids: Vec<Id> = all.iter().map(|one| one.value as Id).collect();
        ids.sort_unstable();
        ids.dedup();
        let key = (ids, other.value as Id);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        if let Some(depth) = self.open.get(&key) {
            self.relied = self.relied.min(*depth);
            return true;
        }
        if self.depth > DEEPEST || self.steps == 0 {
            return false;
        }
        let (start, depth, outer) = (self.trail.len(), self.depth, std::mem::replace(&mut self.relied, usize::MAX));
        self.open.insert(key.clone(), depth);
        self.depth += 1;
        let found = self.forms_within(all, other);
        self.depth -= 1;
        self.open.remove(&key);
        if !found {
            // whatever relied on it is open again
            for key in self.trail.drain(start..) {
                self.known.remove(&key);
            }
            self.relied = usize::MAX;
        } else if self.relied >= depth {
            // nothing above it was needed
            self.trail.truncate(start);
            self.relied = usize::MAX;
        } else {
            self.trail.push(key.clone());
        }
        self.relied = self.relied.min(outer);
        if found || self.steps > 0 {
            self.known.insert(key, found);
        }
        found
    }

    fn forms_within<'a>(&mut self, all: &[Schema<'_, 'a>], other: Schema<'_, 'a>) -> bool {
        let Some(one) = form(all, self.direction, &mut self.steps) else { return false };
        let Some(targets) = form(&[other], self.direction, &mut self.steps) else { return false };
        one.iter().all(|clause| self.clause_within(clause, &targets, other))
    }

    fn clause_within<'a>(
        &mut self,
        clause: &Clause<'_, 'a>,
        targets: &[Clause<'_, 'a>],
        other: Schema<'_, 'a>,
    ) -> bool {
        if let Some(values) = finite(clause) {
            return values.into_iter().all(|value| {
                check(value, other, self.direction, &mut self.steps) == Truth::Yes || self.is_excluded(value, clause)
            });
        }
        targets.iter().any(|target| self.fits(clause, target)) || self.splits(clause, targets)
    }

    /// Whether a listed value is one that something else said beside the list refuses.
    fn is_excluded(&mut self, value: &Value, clause: &Clause<'_, '_>) -> bool {
        clause.not.iter().any(|not| check(value, *not, self.direction, &mut self.steps) == Truth::Yes)
    }

    /// Numbers may be told apart by being whole, and objects by a field being there.
    fn splits<'a>(&mut self, clause: &Clause<'_, 'a>, targets: &[Clause<'_, 'a>]) -> bool {
        if clause.kind != Kind::Object || self.depth > 20 {
            return false;
        }
        let names: HashSet<&str> = targets.iter().flat_map(|target| target.absent.iter().copied()).collect();
        let open = |name: &&str| !clause.absent.contains(name) && !clause.required.contains(name);
        let Some(name) = names.into_iter().filter(open).min() else { return false };
        let (mut with, mut without) = (clause.clone(), clause.clone());
        with.required.insert(shared(targets, name));
        without.absent.insert(shared(targets, name));
        [with, without].iter().all(|half| {
            half.is_empty() || targets.iter().any(|target| self.fits(half, target)) || self.splits(half, targets)
        })
    }

    /// Whether a clause is within another.
    fn fits<'a>(&mut self, one: &Clause<'_, 'a>, other: &Clause<'_, 'a>) -> bool {
        if self.steps == 0 || one.kind != other.kind || other.values.is_some() {
            return false;
        }
        self.steps -= 1;
        let opaque = |(key, own): &(&str, Schema<'_, 'a>)| {
            one.opaque
                .iter()
                .any(|(other_key, other)| key == other_key && alike(other.side, other.value, own.side, own.value))
        };
        let kept = other.texts.is_subset(&one.texts) && other.opaque.iter().all(opaque);
        let limits = match one.kind {
            Kind::Null | Kind::Boolean => true,
            Kind::Number => numbers(one, other),
            Kind::String => sizes(one, other, 0, None),
            Kind::Array => self.lists(one, other),
            Kind::Object => self.objects(one, other),
        };
        kept && limits
            && other.not.iter().all(|not| {
                one.not.iter().any(|own| self.within(&[*not], *own))
                    || Disjointness::new(self.direction, &mut self.steps).is_clause_apart(one, *not)
            })
    }

    fn lists<'a>(&mut self, one: &Clause<'_, 'a>, other: &Clause<'_, 'a>) -> bool {
        if !sizes(one, other, 0, None) || (other.unique && !one.unique && one.most.is_none_or(|most| most > 1)) {
            return false;
        }
        let longest = |rows: &[Row<'_, '_>]| rows.iter().map(|row| row.first.len()).max().unwrap_or(0);
        let all = longest(&one.rows).max(longest(&other.rows));
        let places = one.most.and_then(|most| usize::try_from(most).ok()).map_or(all + 1, |most| most.min(all + 1));
        let rows = (0..places).all(|index| {
            let own: Vec<_> = one.rows.iter().filter_map(|row| row.at(index)).collect();
            // no item can be there
            let ends = |own: &[Schema<'_, '_>]| own.iter().any(|schema| *schema.value == Value::Bool(false));
            let wanted: Vec<_> = other.rows.iter().filter_map(|row| row.at(index)).collect();
            ends(&own) || wanted.into_iter().all(|wanted| self.within(&own, wanted))
        });
        rows && other.contains.iter().all(|wanted| self.contains(one, wanted))
    }

    fn contains<'a>(&mut self, one: &Clause<'_, 'a>, wanted: &Contains<'_, 'a>) -> bool {
        let few = wanted.most.is_none_or(|most| {
            one.most.is_some_and(|own| own <= most)
                || one
                    .contains
                    .iter()
                    .any(|own| own.most.is_some_and(|own| own <= most) && self.within(&[wanted.schema], own.schema))
        });
        let own_items: Vec<_> = match &one.rows[..] {
            rows if rows.iter().all(|row| row.first.is_empty()) => rows.iter().filter_map(|row| row.rest).collect(),
            _ => Vec::new(),
        };
        few && (wanted.least == 0
            || (one.least >= wanted.least && !own_items.is_empty() && self.within(&own_items, wanted.schema))
            || one.contains.iter().any(|own| own.least >= wanted.least && self.within(&[own.schema], wanted.schema)))
    }

    fn objects<'a>(&mut self, one: &Clause<'_, 'a>, other: &Clause<'_, 'a>) -> bool {
        let required = u64::try_from(one.required.len()).unwrap_or(u64::MAX);
        let closed = one.fields.iter().filter(|fields| fields.is_closed() && fields.patterns.is_empty());
        let listed = closed.map(|fields| u64::try_from(fields.listed.len()).unwrap_or(u64::MAX)).min();
        let depends = |(name, then): &(&str, &str)| {
            one.required.contains(then) || one.lacks(name) || one.dependent.contains(&(*name, *then))
        };
        sizes(one, other, required, listed)
            && other.required.is_subset(&one.required)
            && other.absent.iter().all(|name| one.lacks(name))
            && other.dependent.iter().all(depends)
            && other.fields.iter().all(|wanted| self.fields(one, wanted))
            && other.names.iter().all(|wanted| {
                one.names.iter().any(|own| self.within(&[*own], *wanted))
                    || (listed.is_some()
                        && one.listed().into_iter().all(|name| {
                            one.lacks(name)
                                || check(&Value::from(name), *wanted, self.direction, &mut self.steps) == Truth::Yes
                        }))
            })
    }

    fn fields<'a>(&mut self, one: &Clause<'_, 'a>, wanted: &Fields<'_, 'a>) -> bool {
        wanted.listed.iter().all(|(name, schema)| one.lacks(name) || self.within(&one.field(name), *schema))
            && wanted.patterns.iter().all(|(pattern, schema)| self.pattern(one, pattern, *schema))
            && wanted.rest.is_none_or(|rest| self.rest(one, wanted, rest))
    }

    /// Whether all fields whose names match fit.
    fn pattern<'a>(&mut self, one: &Clause<'_, 'a>, pattern: &str, schema: Schema<'_, 'a>) -> bool {
        let names = one.listed().into_iter().all(|name| {
            pattern::matches(pattern, name) == Some(false) || one.lacks(name) || self.within(&one.field(name), schema)
        });
        let same: Vec<_> = one
            .fields
            .iter()
            .flat_map(|fields| fields.patterns.iter().filter(|(own, _)| *own == pattern).map(|(_, schema)| *schema))
            .collect();
        let rests: Vec<_> = one.fields.iter().filter_map(|fields| fields.rest).collect();
        let others = one
            .fields
            .iter()
            .flat_map(|fields| fields.patterns.iter().filter(|(own, _)| *own != pattern).map(|(_, schema)| *schema));
        let others: Vec<_> = others.collect();
        names
            && match same.is_empty() {
                false => self.within(&same, schema),
                true => {
                    !rests.is_empty()
                        && self.within(&rests, schema)
                        && others.into_iter().all(|own| self.within(&[own], schema))
                }
            }
    }

    /// Whether all fields that are not listed fit.
    fn rest<'a>(&mut self, one: &Clause<'_, 'a>, wanted: &Fields<'_, 'a>, rest: Schema<'_, 'a>) -> bool {
        // a reader skips what it does not know
        if *rest.value == Value::Bool(false) && self.skips_unknown {
            return true;
        }
        let names = one.listed().into_iter().filter(|name| wanted.may_be_rest(name));
        let listed: Vec<_> = names.collect();
        let patterns: Vec<_> = one
            .fields
            .iter()
            .flat_map(|fields| fields.patterns.iter())
            .filter(|(own, _)| !wanted.patterns.iter().any(|(pattern, _)| own == pattern))
            .map(|(_, schema)| *schema)
            .collect();
        let rests: Vec<_> = one.fields.iter().filter_map(|fields| fields.rest).collect();
        listed.into_iter().all(|name| one.lacks(name) || self.within(&one.field(name), rest))
            && patterns.into_iter().all(|own| self.within(&[own], rest))
            && !rests.is_empty()
            && self.within(&rests, rest)
    }
}

/// The name as one of the documents says it.
fn shared<'a>(targets: &[Clause<'_, 'a>], name: &str) -> &'a str {
    targets.iter().find_map(|target| target.absent.get(name).copied()).unwrap_or_default()
}

/// All values of a clause, if they are few.
fn finite<'a>(clause: &Clause<'_, 'a>) -> Option<Vec<&'a Value>> {
    static NULL: Value = Value::Null;
    static BOOLEANS: [Value; 2] = [Value::Bool(false), Value::Bool(true)];
    match (&clause.values, clause.kind) {
        (Some(values), _) => Some(values.clone()),
        (None, Kind::Null) => Some(vec![&NULL]),
        (None, Kind::Boolean) => Some(BOOLEANS.iter().collect()),
        _ => None,
    }
}

fn numbers(one: &Clause<'_, '_>, other: &Clause<'_, '_>) -> bool {
    let lower = other.lower.as_ref().is_none_or(|wanted| {
        one.lower.as_ref().is_some_and(|own| own.0 > wanted.0 || (own.0 == wanted.0 && (own.1 || !wanted.1)))
    });
    let upper = other.upper.as_ref().is_none_or(|wanted| {
        one.upper.as_ref().is_some_and(|own| own.0 < wanted.0 || (own.0 == wanted.0 && (own.1 || !wanted.1)))
    });
    let is_whole = one.whole || one.multiples.iter().any(crate::number::Decimal::is_whole);
    let one_unit = crate::number::Decimal::parse("1");
    let multiples = other.multiples.iter().all(|wanted| {
        let mut own = one.multiples.iter().chain(one_unit.iter().filter(|_| one.whole));
        own.any(|own| own == wanted || own.is_multiple_of(wanted) == Some(true))
    });
    lower && upper && (!other.whole || is_whole) && multiples
}

fn sizes(one: &Clause<'_, '_>, other: &Clause<'_, '_>, least: u64, most: Option<u64>) -> bool {
    let most = one.most.into_iter().chain(most).min();
    one.least.max(least) >= other.least && other.most.is_none_or(|wanted| most.is_some_and(|own| own <= wanted))
}
