//! The place of a value in its document.

use std::borrow::Cow;

use serde_json::Value;

use super::{Node, Side};

/// One step, from a value to what is in it.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Side<'a> {
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
        let mut current = self.number_of(value).unwrap_or(0);
        while let Some(node) = self.nodes.get(current as usize).filter(|_| current > 0) {
            steps.extend(self.step(node).map(|(parent, step)| name(parent, step)));
            current = node.parent;
        }
        steps.iter().rev().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
    }

    /// What a value is part of, and where it is there.
    pub(super) fn step(&self, node: &Node<'a>) -> Option<(&'a Value, Step<'a>)> {
        let parent = self.nodes.get(node.parent as usize)?.value;
        step(parent, node.value).map(|step| (parent, step))
    }
}

/// Where a value is in the one that it is part of.
fn step<'a>(parent: &'a Value, child: &Value) -> Option<Step<'a>> {
    match parent {
        Value::Object(members) => {
            members.iter().find(|(_, member)| std::ptr::eq(*member, child)).map(|(key, _)| Step::Key(key))
        }
        Value::Array(items) => items.iter().position(|item| std::ptr::eq(item, child)).map(Step::Index),
        _ => None,
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
}
