//! One of the two documents: where each value is, what it refers to, and whether it has been compared.
//!
//! Values are identified by their addresses: a document is borrowed, and so unchanged, while it is compared.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use serde_json::Value;

mod pointer;

use self::pointer::Step;
pub use crate::json::{distinct, items, joined, members};
use crate::{
    address::{AddressMap, AddressSet},
    error::Error,
    json::percent_decoded,
};

/// Deeper documents are refused, so that recursion is bounded.
const DEEPEST: usize = 200;

/// Stands for a schema that is not there: it allows anything.
pub static ANYTHING: Value = Value::Bool(true);

/// The same place in both documents, or in the one that has it.
pub type BothSides<'a> = (Option<&'a Value>, Option<&'a Value>);

/// An address, to be compared and never followed.
pub type Id = *const Value;

/// Values are numbered in the order in which they are written, so that all below a value follow it.
#[derive(Debug, Clone, Copy)]
struct Node<'a> {
    value: &'a Value,
    /// The number of what it is part of; its own, if of nothing.
    parent: u32,
    /// How many values there are with it and below it.
    size: u32,
}

#[derive(Debug)]
pub struct Side<'a> {
    pub root: &'a Value,
    numbers: AddressMap<Id, u32>,
    nodes: Vec<Node<'a>>,
    seen: Vec<bool>,
    /// The references, in the order of the values that hold them.
    references: Vec<(u32, &'a str)>,
    /// For each reference, how many up to it lead to something that differs between the documents.
    moving: Vec<u32>,
    /// What `$anchor` and `$dynamicAnchor` name; nothing for a name that is given twice.
    anchors: HashMap<&'a str, Option<&'a Value>>,
    /// The targets of references that have been marked with everything below them.
    whole: AddressSet<Id>,
    /// How many values have been marked together with what they refer to.
    #[cfg(test)]
    pub steps: usize,
}

/// What a value is when its references are followed.
#[derive(Debug, Clone, Copy)]
pub struct Resolved<'a> {
    pub value: &'a Value,
    /// What it is called where the references lead: of `#/components/schemas/Booking`, `Booking`.
    pub name: Option<&'a str>,
}

impl<'a> Side<'a> {
    pub fn new(which: &'static str, root: &'a Value) -> Result<Self, Error> {
        let mut side = Self {
            root,
            numbers: AddressMap::default(),
            nodes: Vec::new(),
            seen: Vec::new(),
            references: Vec::new(),
            moving: Vec::new(),
            anchors: HashMap::new(),
            whole: AddressSet::default(),
            #[cfg(test)]
            steps: 0,
        };
        if !side.number(root, 0, 0) {
            return Err(Error::TooDeep { which, limit: DEEPEST });
        }
        side.numbers = side.nodes.iter().zip(0..).map(|(node, number)| (node.value as Id, number)).collect();
        side.seen = vec![false; side.nodes.len()];
        side.moving = vec![0; side.references.len() + 1];
        Ok(side)
    }

    /// Numbers a value and all below it, unless that is too deep.
    fn number(&mut self, value: &'a Value, parent: u32, depth: usize) -> bool {
        let Some(number) = u32::try_from(self.nodes.len()).ok().filter(|_| depth <= DEEPEST) else { return false };
        self.nodes.push(Node { value, parent, size: 1 });
        let mut fits = true;
        match value {
            Value::Object(members) => {
                for (key, child) in members {
                    self.note(number, value, key, child);
                    fits &= self.number(child, number, depth + 1);
                }
            }
            Value::Array(items) => {
                for child in items {
                    fits &= self.number(child, number, depth + 1);
                }
            }
            _ => {}
        }
        let end = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        if let Some(node) = self.nodes.get_mut(number as usize) {
            node.size = end - number;
        }
        fits
    }

    /// Notes what refers to something, and what is referred to by a name of its own.
    fn note(&mut self, number: u32, value: &'a Value, key: &str, child: &'a Value) {
        match (key, child) {
            ("$ref" | "$dynamicRef", Value::String(reference)) => self.references.push((number, reference)),
            ("mapping", Value::Object(mapping)) => {
                let texts = mapping.values().filter_map(Value::as_str);
                self.references.extend(texts.map(|reference| (number, reference)));
            }
            ("$anchor" | "$dynamicAnchor", Value::String(anchor)) => {
                let known = self.anchors.entry(anchor).or_insert(Some(value));
                *known = known.filter(|known| std::ptr::eq(*known, value));
            }
            _ => {}
        }
    }

    fn number_of(&self, value: &Value) -> Option<u32> {
        self.numbers.get(&(value as Id)).copied()
    }

    /// The numbers of a value and of all below it.
    fn range(&self, value: &Value) -> Option<Range<u32>> {
        let number = self.number_of(value)?;
        Some(number..number + self.nodes.get(number as usize)?.size)
    }

    /// Which of the references are said in a value or below it.
    fn references_in(&self, value: &Value) -> Range<usize> {
        let Some(range) = self.range(value) else { return 0..0 };
        let before = |end: u32| self.references.partition_point(|(number, _)| *number < end);
        before(range.start)..before(range.end)
    }

    /// Finds out which references lead to the same value in both documents, including everything that it refers to.
    pub fn settle(old: &mut Self, new: &mut Self) {
        let all = old.references.iter().chain(&new.references).map(|(_, reference)| *reference);
        let mut users = HashMap::<&str, Vec<&str>>::new();
        let (mut known, mut moving, mut open) = (HashSet::new(), HashSet::new(), Vec::new());
        for reference in all {
            if !known.insert(reference) {
                continue;
            }
            match (old.named(reference), new.named(reference)) {
                // an anchor may name a value at another place
                (Some(before), Some(after))
                    if before == after
                        && (reference.starts_with("#/") || old.pointer(before) == new.pointer(after)) =>
                {
                    for (_, inner) in &old.references[old.references_in(before)] {
                        users.entry(inner).or_default().push(reference);
                    }
                }
                (None, None) => {}
                _ => open.push(reference),
            }
        }
        while let Some(reference) = open.pop() {
            if moving.insert(reference) {
                open.extend(users.get(reference).into_iter().flatten());
            }
        }
        for side in [old, new] {
            let mut count = 0;
            for ((_, reference), before) in side.references.iter().zip(side.moving.iter_mut().skip(1)) {
                count += u32::from(moving.contains(reference));
                *before = count;
            }
        }
    }

    /// What a reference, or the name of a schema, leads to.
    fn named(&self, reference: &str) -> Option<&'a Value> {
        self.lookup(reference).or_else(|| self.root.get("components")?.get("schemas")?.get(reference))
    }

    /// Whether all that is referred to in a value or below it is the same in both documents.
    pub fn is_settled(&self, value: &Value) -> bool {
        let range = self.references_in(value);
        self.moving.get(range.start) == self.moving.get(range.end)
    }

    /// Whether the value is part of this document.
    pub fn holds(&self, value: &Value) -> bool {
        self.number_of(value).is_some()
    }

    pub fn mark(&mut self, value: &Value) {
        if let Some(number) = self.number_of(value) {
            self.seen[number as usize] = true;
        }
    }

    pub fn is_seen(&self, value: &Value) -> bool {
        self.number_of(value).is_some_and(|number| self.seen[number as usize])
    }

    /// Marks a value and all below it.
    pub fn mark_below(&mut self, value: &Value) {
        if let Some(range) = self.range(value) {
            self.seen[range.start as usize..range.end as usize].fill(true);
        }
    }

    /// Marks a list whose order means nothing, and its items except repeated ones.
    pub fn mark_set(&mut self, list: &Value) {
        self.mark(list);
        distinct(list).for_each(|item| self.mark_below(item));
    }

    /// Marks a value, all below it, and all that it refers to.
    pub fn mark_all(&mut self, value: &'a Value) {
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            self.mark_below(value);
            let references = self.references_in(value);
            #[cfg(test)]
            (self.steps += self.range(value).map_or(0, |range| range.len()));
            for index in references {
                let target = self.references.get(index).and_then(|(_, reference)| self.lookup(reference));
                // shared values are marked once
                open.extend(target.filter(|target| self.whole.insert(*target)));
            }
        }
    }

    /// Follows references, and marks them. What else they say is not looked at.
    pub fn resolve(&mut self, value: &'a Value) -> Resolved<'a> {
        self.follow(value, |_| true)
    }

    /// Follows references that say nothing else, and marks them.
    pub fn resolve_bare(&mut self, value: &'a Value) -> Resolved<'a> {
        self.follow(value, is_bare)
    }

    fn follow(&mut self, value: &'a Value, passes: impl Fn(&Value) -> bool) -> Resolved<'a> {
        let chain = self.chain(value);
        let end = chain.iter().position(|value| !passes(value)).unwrap_or(chain.len() - 1);
        for reference in &chain[..end] {
            self.mark(reference);
            self.mark(&reference["$ref"]);
        }
        let node = self.number_of(chain[end]).filter(|_| end > 0).and_then(|number| self.nodes.get(number as usize));
        let name = match node.and_then(|node| self.step(node)) {
            Some((_, Step::Key(key))) => Some(key),
            _ => None,
        };
        Resolved { value: chain[end], name }
    }

    /// A value, what it refers to, what that refers to, and so on. One that leads in a circle is left as it is.
    pub fn chain(&self, value: &'a Value) -> Vec<&'a Value> {
        let mut chain = vec![value];
        // a longer one is a circle
        while let Some(target) = chain.last().and_then(|last| self.target(last)) {
            if chain.len() > 64 {
                return vec![value];
            }
            chain.push(target);
        }
        chain
    }

    /// What a `$ref` into this document leads to.
    pub fn target(&self, value: &Value) -> Option<&'a Value> {
        self.lookup(value.get("$ref")?.as_str()?)
    }

    /// What a pointer or an anchor of this document leads to.
    pub fn lookup(&self, reference: &str) -> Option<&'a Value> {
        let place = percent_decoded(reference.strip_prefix('#')?);
        self.root.pointer(&place).or_else(|| *self.anchors.get(&*place)?)
    }

    /// The outermost values that nothing has looked at.
    pub fn unseen(&self) -> Vec<&'a Value> {
        let (mut found, mut number) = (Vec::new(), 0);
        while let (Some(node), Some(is_seen)) = (self.nodes.get(number), self.seen.get(number)) {
            if *is_seen {
                number += 1;
            } else {
                found.push(node.value);
                number += node.size as usize;
            }
        }
        found
    }
}

/// Whether it is a reference and nothing else.
pub fn is_bare(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.len() == 1 && members.contains_key("$ref"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn circles_and_dead_ends_stay_as_they_are() {
        let root = json!({"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}, "c": {"$ref": "#/nowhere"}, "d": {"$ref": "#/x%7By%7D"}, "x{y}": {"$ref": "other.json"}});
        let mut side = Side::new("old", &root).unwrap();
        assert_eq!(side.resolve(&root["a"]).value, &root["a"]);
        assert_eq!(side.resolve(&root["c"]).value, &root["c"]);
        assert_eq!(side.resolve(&root["d"]).value, &root["x{y}"]);
        side.mark_all(&root["a"]);
    }

    #[test]
    fn what_is_too_deep_is_refused() {
        let deep = (0..300).fold(json!(1), |inner, _| json!([inner]));
        assert!(matches!(Side::new("new", &deep), Err(Error::TooDeep { which: "new", .. })));
    }
}
