//! The steps that lead from a document to a value.

use std::borrow::Cow;

use serde_json::Value;

/// One step, from a value to what stands in it.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// Where a value stands in the one that it is part of.
pub fn step<'a>(parent: &'a Value, child: &Value) -> Option<Step<'a>> {
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
pub fn identity(list: &Value, index: usize) -> Cow<'_, str> {
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
