//! Values that are compared as they are, and references to them.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use crate::{
    change::Direction,
    equality::{same, text_of},
    number::{holds_wide, wide},
    rules::Rule,
    side::{Side, items, joined, members},
    walk::{BothSides, Mode, Position, Walk},
};

/// Whether what is there has the shape it should. If not, it is compared as it is.
pub fn shaped<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>, shape: fn(&Value) -> bool) -> bool {
    let fits = [spot.0, spot.1].into_iter().flatten().all(shape);
    if fits {
        walk.mark(spot);
    } else {
        walk.plain(at, Rule::Unexplained, spot);
    }
    fits
}

/// A boolean keyword, which is false by default.
pub fn flag<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) -> Option<(bool, bool)> {
    if !shaped(walk, at, spot, Value::is_boolean) {
        return None;
    }
    let set = |value: Option<&Value>| value.and_then(Value::as_bool).unwrap_or(false);
    Some((set(spot.0), set(spot.1)))
}

pub fn deprecated<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    let (old, new) = (spot.0.cloned(), spot.1.cloned());
    match flag(walk, &at.below(" deprecated"), spot) {
        Some((false, true)) => walk.report(at, Rule::Deprecated, spot, old, new, &format!("{} is deprecated", at.name)),
        Some((true, false)) => {
            let sentence = format!("{} is no longer deprecated", at.name);
            walk.report(at, Rule::DeprecationLifted, spot, old, new, &sentence);
        }
        _ => {}
    }
}

/// The place itself, or where it would be.
pub fn or_whole<'a>(spot: BothSides<'a>, whole: BothSides<'a>) -> BothSides<'a> {
    (spot.0.or(whole.0), spot.1.or(whole.1))
}

impl<'a> Walk<'a> {
    /// Compares what has no structure of its own, and reports each leaf that differs. What no rule knows may refer to
    /// what is shared, which is then compared as what is used here.
    pub fn plain(&mut self, at: &Position, rule: Rule, (old, new): BothSides<'a>) {
        self.mark((old, new));
        let follows = rule == Rule::Unexplained;
        match (old, new) {
            (Some(old), Some(new)) if follows && self.refer(at, old, new) => return,
            (Some(before @ Value::Object(_)), Some(after @ Value::Object(_)))
                if wide(before).or(wide(after)).is_none() =>
            {
                for (key, spot) in joined(old, new) {
                    self.plain(&at.below(&format!(".{key}")), rule, spot);
                }
                return;
            }
            (Some(Value::Array(before)), Some(Value::Array(after))) if follows && refers(before) | refers(after) => {
                return self.plain_items(at, rule, before, after);
            }
            _ => {}
        }
        self.mark_below((old, new));
        if let (Some(old), Some(new)) = (old, new)
            && same(old, new)
        {
            return;
        }
        if old.is_none() && new.is_none() {
            return;
        }
        self.report(at, rule, (old, new), old.cloned(), new.cloned(), &described(&at.name, old, new));
    }

    /// Compares lists that refer to something by what the items are: where one has been put in, the others have not
    /// become one another.
    fn plain_items(&mut self, at: &Position, rule: Rule, old: &'a [Value], new: &'a [Value]) {
        let reference = |value: &Value| value.get("$ref").cloned();
        let mut left: Vec<Option<&'a Value>> = new.iter().map(Some).collect();
        let mut gone = Vec::new();
        for before in old {
            let is_same = |after: &Value| match (reference(before), reference(after)) {
                (Some(before), Some(after)) => before == after,
                _ => same(before, after),
            };
            match left.iter_mut().enumerate().find(|(_, after)| after.is_some_and(is_same)) {
                Some((index, after)) => {
                    self.plain(&at.below(&format!("[{index}]")), rule, (Some(before), after.take()))
                }
                None => gone.push(before),
            }
        }
        let mut added: VecDeque<(usize, &'a Value)> =
            left.into_iter().enumerate().filter_map(|(index, after)| Some((index, after?))).collect();
        for before in gone {
            // an item that refers to nothing may have changed
            let may_be = |(_, after): &(usize, &'a Value)| reference(before).is_none() && reference(after).is_none();
            let after = added.iter().position(may_be).and_then(|index| added.remove(index));
            let index = after.map_or(0, |(index, _)| index);
            self.plain(&at.below(&format!("[{index}]")), rule, (Some(before), after.map(|(_, after)| after)));
        }
        for (index, after) in added {
            self.plain(&at.below(&format!("[{index}]")), rule, (None, Some(after)));
        }
    }

    /// If one of them refers to something shared, and the other to its like or says what it would be, has these
    /// compared.
    fn refer(&mut self, at: &Position, old: &'a Value, new: &'a Value) -> bool {
        let (before, after) = (section(&self.old, old), section(&self.new, new));
        let says = |value: &Value| value.is_object() && value.get("$ref").is_none();
        let (section, name) = match (before, after) {
            (Some(before), Some(after)) if before.0 == after.0 => after,
            (Some(before), None) if says(new) => before,
            (None, Some(after)) if says(old) => after,
            _ => return false,
        };
        let modes = match at.mode.direction {
            // the direction is unknown, so the worse one counts
            Direction::Both => [Direction::Request, Direction::Response].map(Mode::of).to_vec(),
            _ => vec![at.mode.part(false)],
        };
        for mode in modes {
            let at = Position { mode, ..at.clone() };
            match section {
                "schemas" => self.queue(old, new, &at),
                _ => self.queue_shared(section, name, (old, new), &at),
            }
        }
        true
    }

    /// What entries are when references are followed, and their members. What a reference says of itself comes before
    /// what is said where it leads.
    pub fn entries(&mut self, at: &Position, spot: BothSides<'a>) -> (BothSides<'a>, BTreeMap<&'a str, BothSides<'a>>) {
        let resolved = (spot.0.map(|v| self.old.resolve(v).value), spot.1.map(|v| self.new.resolve(v).value));
        let mut found = joined(resolved.0, resolved.1);
        let is_reference = |entry: Option<&Value>, end: Option<&Value>| match (entry, end) {
            (Some(entry), Some(end)) => !std::ptr::eq(entry, end),
            _ => false,
        };
        let both_refer = is_reference(spot.0, resolved.0) && is_reference(spot.1, resolved.1);
        for key in ["summary", "description"] {
            let said = (says(&self.old, spot.0, key), says(&self.new, spot.1, key));
            if said == (None, None) {
                continue;
            }
            // what is where both lead is hidden here, but not gone
            if let Some(hidden) = found.insert(key, said) {
                match hidden {
                    hidden if both_refer => self.plain(&at.below(&format!(" {key}")), Rule::DescriptionChanged, hidden),
                    hidden => self.mark_below(hidden),
                }
            }
        }
        (resolved, found)
    }

    /// Compares a map of shared things that have no structure of their own.
    pub fn plain_entries(&mut self, at: &Position, rule: Rule, spot: BothSides<'a>) {
        let maps = [spot.0, spot.1].into_iter().flatten().all(Value::is_object);
        if !maps {
            return self.plain(at, rule, spot);
        }
        self.mark(spot);
        for (key, spot) in joined(spot.0, spot.1) {
            self.plain_entry(&at.below(&format!(".{key}")), rule, spot);
        }
    }

    /// Compares something shared that has no structure of its own.
    pub fn plain_entry(&mut self, at: &Position, rule: Rule, spot: BothSides<'a>) {
        let (resolved, members) = self.entries(at, spot);
        match resolved {
            (Some(old), Some(new)) if old.is_object() && new.is_object() => {
                self.pair(old, new);
                self.old.mark(old);
                self.new.mark(new);
                members.into_iter().for_each(|(key, spot)| self.plain(&at.below(&format!(".{key}")), rule, spot));
            }
            _ => self.plain(at, rule, resolved),
        }
    }

    /// Whatever has not been examined and differs from what is at the same place of the other document.
    pub fn report_unseen(&mut self) {
        let at = self.document("");
        for (value, is_old) in
            self.old.unseen().into_iter().map(|v| (v, true)).chain(self.new.unseen().into_iter().map(|v| (v, false)))
        {
            let (here, there) = if is_old { (&self.old, &self.new) } else { (&self.new, &self.old) };
            let pointer = here.pointer(value);
            let other = there.root.pointer(&pointer);
            if other.is_some_and(|other| same(value, other)) {
                continue;
            }
            let (old, new) = if is_old { (Some(value), other) } else { (other, Some(value)) };
            let rule = if is_shadowed(value, &pointer) { Rule::ShadowedChanged } else { Rule::Unexplained };
            self.plain(&Position { name: pointer, ..at.clone() }, rule, (old, new));
        }
    }
}

/// Whether an unseen value has no effect, because every operation overrides it.
fn is_shadowed(value: &Value, pointer: &str) -> bool {
    let is_parameter = || value.get("$ref").is_some() || (value.get("in").is_some() && value.get("name").is_some());
    match pointer.split('/').skip(1).collect::<Vec<_>>()[..] {
        ["security", ..] => value.is_array() || value.is_object(),
        ["paths", _, "servers", ..] => true,
        ["paths", _, "parameters", _] => is_parameter(),
        _ => false,
    }
}

/// The section of `components` that a reference leads to, and the last name on its way.
fn section<'a>(side: &Side<'a>, value: &'a Value) -> Option<(&'a str, &'a str)> {
    side.target(value)?;
    let reference = value.get("$ref")?.as_str()?;
    let name = reference.rsplit(['/', '#']).next()?;
    match reference.strip_prefix("#/components/") {
        Some(place) => Some((place.split('/').next()?, name)),
        // anchors are names of schemas
        None => (!reference.starts_with("#/")).then_some(("schemas", name)),
    }
}

/// What a reference says of itself, or else what it leads to.
fn says<'a>(side: &Side<'a>, value: Option<&'a Value>, key: &str) -> Option<&'a Value> {
    side.chain(value?).into_iter().find_map(|value| value.get(key))
}

/// Whether references may be found in a list, or below it.
fn refers(list: &[Value]) -> bool {
    let mut open: Vec<&Value> = list.iter().collect();
    while let Some(value) = open.pop() {
        if value.get("$ref").is_some() {
            return true;
        }
        open.extend(members(Some(value)).map(|(_, member)| member).chain(items(Some(value))));
    }
    false
}

/// A sentence for a change about which nothing more is known.
fn described(name: &str, old: Option<&Value>, new: Option<&Value>) -> String {
    match (old, new) {
        (None, Some(new)) => format!("{name} is new: {}", show(new)),
        (Some(old), None) => format!("{name} is gone; it was {}", show(old)),
        (old, new) => format!("{name} was {} and is {}", show_option(old), show_option(new)),
    }
}

pub fn show_option(value: Option<&Value>) -> String {
    value.map_or_else(|| "not said".to_owned(), show)
}

/// A value in short.
pub fn show(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = if holds_wide(value) { text_of(value) } else { value.to_string() };
    if text.chars().count() <= LONGEST {
        return text;
    }
    let short: String = text.chars().take(LONGEST).collect();
    format!("{short}…")
}
