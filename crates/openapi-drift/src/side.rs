//! One of the two documents: where each value stands, what it refers to, and whether it has been compared.
//!
//! Values are known by their address: a document is borrowed, and stays as it is, for as long as it is compared.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
};

use serde_json::Value;

use crate::error::Error;

/// Deeper documents are refused, so that recursion is bounded.
const DEEPEST: usize = 200;

/// Stands for a schema that is not there: it allows anything.
pub static ANYTHING: Value = Value::Bool(true);

/// An address, to be compared and never followed.
pub type Id = *const Value;

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

#[derive(Debug)]
pub struct Side<'a> {
    pub root: &'a Value,
    places: HashMap<Id, Option<(&'a Value, Step<'a>)>>,
    seen: HashSet<Id>,
    /// What `$anchor` and `$dynamicAnchor` name; nothing for a name that is given twice.
    anchors: HashMap<&'a str, Option<&'a Value>>,
    /// What references led to that has been marked with all below it.
    whole: HashSet<Id>,
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
        let mut places = HashMap::from([(root as Id, None)]);
        let mut anchors = HashMap::new();
        let mut open = vec![(root, 0)];
        while let Some((value, depth)) = open.pop() {
            if depth > DEEPEST {
                return Err(Error::TooDeep { which, limit: DEEPEST });
            }
            for anchor in ["$anchor", "$dynamicAnchor"].into_iter().filter_map(|key| value.get(key)?.as_str()) {
                let known = anchors.entry(anchor).or_insert(Some(value));
                *known = known.filter(|known| std::ptr::eq(*known, value));
            }
            for (step, child) in children(value) {
                places.insert(child, Some((value, step)));
                open.push((child, depth + 1));
            }
        }
        Ok(Self {
            root,
            places,
            seen: HashSet::new(),
            anchors,
            whole: HashSet::new(),
            #[cfg(test)]
            steps: 0,
        })
    }

    /// The JSON pointer of a value of this document.
    pub fn pointer(&self, value: &Value) -> String {
        self.path(value, |_, step| match step {
            Step::Key(key) => Cow::Borrowed(key),
            Step::Index(index) => Cow::Owned(index.to_string()),
        })
    }

    /// As the pointer, but entries of lists go by what they are, so that it does not change when they move.
    pub fn lasting_pointer(&self, value: &Value) -> String {
        self.path(value, |list, step| match step {
            Step::Key(key) => Cow::Borrowed(key),
            Step::Index(index) => identity(list, index),
        })
    }

    fn path(&self, value: &Value, name: impl Fn(&'a Value, Step<'a>) -> Cow<'a, str>) -> String {
        let mut steps = Vec::new();
        let mut current: Id = value;
        while let Some(Some((parent, step))) = self.places.get(&current) {
            steps.push(name(parent, *step));
            current = *parent;
        }
        steps.iter().rev().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
    }

    /// Whether the value is part of this document.
    pub fn holds(&self, value: &Value) -> bool {
        self.places.contains_key(&(value as Id))
    }

    pub fn mark(&mut self, value: &Value) {
        self.seen.insert(value);
    }

    pub fn is_seen(&self, value: &Value) -> bool {
        self.seen.contains(&(value as Id))
    }

    /// Marks a value and all below it.
    pub fn mark_below(&mut self, value: &Value) {
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            self.seen.insert(value);
            open.extend(children(value).map(|(_, child)| child));
        }
    }

    /// Marks a list whose order says nothing, and its items but for those it has again.
    pub fn mark_set(&mut self, list: &Value) {
        self.mark(list);
        distinct(list).for_each(|item| self.mark_below(item));
    }

    /// Marks a value, all below it, and all that it refers to.
    pub fn mark_all(&mut self, value: &'a Value) {
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            self.seen.insert(value);
            #[cfg(test)]
            (self.steps += 1);
            // what many refer to is marked once
            let target = self.target(value).filter(|target| self.whole.insert(*target));
            open.extend(target);
            open.extend(children(value).map(|(_, child)| child));
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
        let name = match self.places.get(&(chain[end] as Id)) {
            Some(Some((_, Step::Key(key)))) if end > 0 => Some(*key),
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
        let (mut found, mut open) = (Vec::new(), vec![self.root]);
        while let Some(value) = open.pop() {
            if self.is_seen(value) {
                open.extend(children(value).map(|(_, child)| child));
            } else {
                found.push(value);
            }
        }
        found
    }
}

/// Whether it is a reference and nothing else.
pub fn is_bare(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.len() == 1 && members.contains_key("$ref"))
}

fn children(value: &Value) -> Box<dyn Iterator<Item = (Step<'_>, &Value)> + '_> {
    match value {
        Value::Object(members) => Box::new(members.iter().map(|(key, child)| (Step::Key(key), child))),
        Value::Array(items) => Box::new(items.iter().enumerate().map(|(index, child)| (Step::Index(index), child))),
        _ => Box::new(std::iter::empty()),
    }
}

/// What names an entry of a list: a parameter's place and name, a server's URL, a reference. Else its number among
/// those that have no name.
fn identity(list: &Value, index: usize) -> Cow<'_, str> {
    let own = |item: &Value| {
        let text = |key: &str| item.get(key).and_then(Value::as_str);
        match (text("in"), text("name")) {
            (Some(place), Some(name)) => Some(format!("{place}:{name}")),
            (None, Some(name)) => Some(name.to_owned()),
            _ => text("$ref").or_else(|| text("url")).or_else(|| item.as_str()).map(str::to_owned),
        }
    };
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    match items.get(index).and_then(own) {
        Some(name) => Cow::Owned(name),
        None => Cow::Owned(items.iter().take(index).filter(|item| own(item).is_none()).count().to_string()),
    }
}

fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &tail[2..]).1,
            None => (bytes.push(*first), rest = tail).1,
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The members of an object; none of anything else.
pub fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

/// The items of a list; none of anything else.
pub fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// The items of a list, each once.
pub fn distinct(list: &Value) -> impl Iterator<Item = &Value> {
    let mut known = HashSet::new();
    items(Some(list)).filter(move |item| known.insert(item.to_string()))
}

/// The keys of either object, sorted.
pub fn joined<'a>(
    old: Option<&'a Value>,
    new: Option<&'a Value>,
) -> BTreeMap<&'a str, (Option<&'a Value>, Option<&'a Value>)> {
    let mut found = BTreeMap::<&str, (Option<&Value>, Option<&Value>)>::new();
    for (key, value) in members(old) {
        found.entry(key).or_default().0 = Some(value);
    }
    for (key, value) in members(new) {
        found.entry(key).or_default().1 = Some(value);
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pointers_lead_back() {
        let root = json!({"a/b": [{"~": 1}, {"in": "query", "name": "q"}]});
        let side = Side::new("old", &root).unwrap();
        assert_eq!(side.pointer(&root["a/b"][0]["~"]), "/a~1b/0/~0");
        assert_eq!(root.pointer("/a~1b/0/~0"), Some(&json!(1)));
        assert_eq!(side.lasting_pointer(&root["a/b"][1]["in"]), "/a~1b/query:q/in");
    }

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
