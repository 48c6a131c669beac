//! Compares operations and webhooks, and finds out which of the one document are which of the other.

mod operation;

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    hash::Hash,
};

use serde_json::Value;

use crate::{
    change::Operation,
    op::{METHODS, Op},
    placeholders::{self, template},
    rules::Rule,
    side::{Side, joined, members},
    verbatim::shaped,
    walk::{BothSides, Mode, Position, Walk},
};

/// Compares the paths.
pub fn compare<'a>(walk: &mut Walk<'a>, spot: BothSides<'a>) {
    if !shaped(walk, &walk.document("paths"), spot, Value::is_object) {
        return;
    }
    for (key, (old, new)) in joined(spot.0, spot.1) {
        if key.starts_with("x-") {
            walk.plain(&walk.document(key), Rule::Unexplained, (old, new));
        }
    }
    let (mut old, mut new) = (listed(&mut walk.old, spot.0), listed(&mut walk.new, spot.1));
    let mut pairs = Vec::new();
    pairs.append(&mut matched(&mut old, &mut new, |op| Some((op.path.to_owned(), op.method))));
    pairs.append(&mut matched(&mut old, &mut new, |op| Some((template(op.path), op.method))));
    pairs.append(&mut matched(&mut old, &mut new, |op| op.id().map(|id| (id.to_owned(), ""))));
    let mut done = BTreeSet::new();
    for (old, new) in pairs {
        let label = Operation { id: new.id().or(old.id()).map(str::to_owned), ..new.operation() };
        let at = node(walk, label);
        if template(old.path) == template(new.path) && done.insert((old.path, new.path)) {
            item(walk, &at, old.item, new.item);
        }
        moved(walk, &at, old, new);
        operation::compare(walk, &at, old, new, false);
    }
    for op in old {
        let at = node(walk, op.operation());
        mark_item(&mut walk.old, op);
        walk.one_sided(&at, Rule::OperationRemoved, (Some(op.value), None), &format!("{} is gone", at.name));
    }
    for op in new {
        let at = node(walk, op.operation());
        mark_item(&mut walk.new, op);
        walk.one_sided(&at, Rule::OperationAdded, (None, Some(op.value)), &format!("{} is new", at.name));
    }
}

fn node(walk: &mut Walk<'_>, operation: Operation) -> Position {
    Position { name: operation.to_string(), ..Position { node: walk.operation_node(operation), ..walk.document("") } }
}

/// What an operation takes from its path goes with it.
fn mark_item<'a>(side: &mut Side<'a>, op: Op<'a>) {
    let own = ["parameters", "servers", "summary", "description"];
    own.iter().filter_map(|key| op.item.get(key)).for_each(|value| side.mark_all(value));
}

fn moved<'a>(walk: &mut Walk<'a>, at: &Position, old: Op<'a>, new: Op<'a>) {
    let spot = (Some(old.value), Some(new.value));
    if template(old.path) != template(new.path) {
        let sentence = format!("{}: the path was {}", at.name, old.path);
        walk.report(at, Rule::OperationPathChanged, spot, text(old.path), text(new.path), &sentence);
    } else if placeholders::are_reordered(old.path, new.path) {
        let sentence = format!("{}: the path was {}, with its placeholders in another order", at.name, old.path);
        walk.report(at, Rule::PathParametersReordered, spot, text(old.path), text(new.path), &sentence);
    }
    if old.method != new.method {
        let (before, after) = (old.method.to_uppercase(), new.method.to_uppercase());
        let sentence = format!("{}: the method was {before}", at.name);
        walk.report(at, Rule::OperationMethodChanged, spot, text(&before), text(&after), &sentence);
    }
}

fn text(text: &str) -> Option<Value> {
    Some(text.into())
}

/// The operations below `paths`.
fn listed<'a>(side: &mut Side<'a>, paths: Option<&'a Value>) -> Vec<Op<'a>> {
    let paths = members(paths).filter(|(path, _)| !path.starts_with("x-"));
    paths.flat_map(|(path, item)| operations(side, path, item)).collect()
}

/// A path's operations: its own, and those of the shared path that it refers to.
fn operations<'a>(side: &mut Side<'a>, path: &'a str, item: &'a Value) -> Vec<Op<'a>> {
    side.resolve(item);
    let chain = side.chain(item);
    let is_operation = |item: &&'a Value, method: &str| item.get(method).is_some_and(Value::is_object);
    let found: Vec<_> = METHODS
        .into_iter()
        .filter_map(|method| {
            let item = chain.iter().copied().find(|item| is_operation(item, method))?;
            Some(Op { path, method, item, value: item.get(method)? })
        })
        .collect();
    found.iter().for_each(|op| side.mark(op.item));
    found
}

/// Takes out what has the same key in both lists.
fn matched<'a, K: Eq + Hash>(
    old: &mut Vec<Op<'a>>,
    new: &mut Vec<Op<'a>>,
    key: impl Fn(&Op<'a>) -> Option<K>,
) -> Vec<(Op<'a>, Op<'a>)> {
    let mut known = HashMap::<K, VecDeque<usize>>::new();
    for (index, op) in new.iter().enumerate() {
        key(op).into_iter().for_each(|key| known.entry(key).or_default().push_back(index));
    }
    let (mut pairs, mut left) = (Vec::new(), new.iter().copied().map(Some).collect::<Vec<_>>());
    old.retain(|before| {
        let found = key(before).and_then(|key| known.get_mut(&key)?.pop_front());
        found.and_then(|index| left[index].take()).map(|after| pairs.push((*before, after))).is_none()
    });
    *new = left.into_iter().flatten().collect();
    pairs
}

/// What a path says beside its operations. Its parameters and servers are compared with each operation's own.
fn item<'a>(walk: &mut Walk<'a>, at: &Position, old: &'a Value, new: &'a Value) {
    let at = Position { mode: at.mode, ..walk.document("path") };
    for (key, spot) in joined(Some(old), Some(new)) {
        match key {
            "summary" | "description" => walk.plain(&at.below(&format!(".{key}")), Rule::DescriptionChanged, spot),
            "parameters" | "servers" => {}
            // one that is malformed is found as unseen
            key if METHODS.contains(&key) => {}
            _ => walk.plain(&at.below(&format!(".{key}")), Rule::Unexplained, spot),
        }
    }
}

/// Compares the webhooks of a 3.1 document.
pub fn webhooks<'a>(walk: &mut Walk<'a>, spot: BothSides<'a>) {
    if !shaped(walk, &walk.document("webhooks"), spot, Value::is_object) {
        return;
    }
    for (name, spot) in joined(spot.0, spot.1) {
        match spot {
            spot if name.starts_with("x-") => walk.plain(&walk.document(name), Rule::Unexplained, spot),
            (Some(old), Some(new)) => webhook_item(walk, name, name, None, (old, new)),
            _ => webhook_one_sided(walk, name, None, spot),
        }
    }
}

/// Compares two callbacks of one name: what is sent, by where it is sent to. `owner` is the operation it belongs to.
pub fn callback<'a>(walk: &mut Walk<'a>, at: &Position, name: &'a str, owner: Option<&str>, spot: BothSides<'a>) {
    let resolved = (spot.0.map(|v| walk.old.resolve(v).value), spot.1.map(|v| walk.new.resolve(v).value));
    if !shaped(walk, at, resolved, Value::is_object) {
        return;
    }
    if let (Some(old), Some(new)) = resolved {
        walk.pair(old, new);
    }
    let (mut gone, mut added) = (Vec::new(), Vec::new());
    for (target, spot) in joined(resolved.0, resolved.1) {
        match spot {
            spot if target.starts_with("x-") => walk.plain(&walk.document(target), Rule::Unexplained, spot),
            (Some(old), Some(new)) => webhook_item(walk, name, target, owner, (old, new)),
            (Some(old), None) => gone.push((target, old)),
            (None, Some(new)) => added.push((target, new)),
            (None, None) => {}
        }
    }
    let both = gone.len().min(added.len());
    for ((before, old), (after, new)) in gone.iter().zip(&added) {
        let sentence = format!("the webhook {name} was sent to {before} and is sent to {after}");
        walk.report(at, Rule::WebhookTargetChanged, (Some(old), Some(new)), text(before), text(after), &sentence);
        webhook_item(walk, name, after, owner, (old, new));
    }
    for (_, old) in gone.split_off(both) {
        webhook_one_sided(walk, name, owner, (Some(old), None));
    }
    for (_, new) in added.split_off(both) {
        webhook_one_sided(walk, name, owner, (None, Some(new)));
    }
}

/// Compares a webhook's operations, which a client receives.
pub fn webhook_item<'a>(
    walk: &mut Walk<'a>,
    name: &str,
    target: &'a str,
    owner: Option<&str>,
    (old, new): (&'a Value, &'a Value),
) {
    if !(old.is_object() && new.is_object()) {
        return walk.plain(&walk.document(name), Rule::Unexplained, (Some(old), Some(new)));
    }
    if target.starts_with("x-") {
        return walk.plain(&walk.document(target), Rule::Unexplained, (Some(old), Some(new)));
    }
    let (old_item, new_item) = (walk.old.resolve(old).value, walk.new.resolve(new).value);
    walk.pair(old_item, new_item);
    let (mut old, mut new) = (operations(&mut walk.old, target, old), operations(&mut walk.new, target, new));
    let pairs = matched(&mut old, &mut new, |op| Some(op.method));
    for (index, (old, new)) in pairs.into_iter().enumerate() {
        let at = node(walk, webhook_label(name, owner, new));
        if index == 0 {
            item(walk, &at, old_item, new_item);
        }
        operation::compare(walk, &at, old, new, true);
    }
    for op in old {
        let at = node(walk, webhook_label(name, owner, op));
        walk.one_sided(&at, Rule::WebhookRemoved, (Some(op.value), None), &format!("{} is gone", at.name));
    }
    for op in new {
        let at = node(walk, webhook_label(name, owner, op));
        walk.one_sided(&at, Rule::WebhookAdded, (None, Some(op.value)), &format!("{} is new", at.name));
    }
}

fn webhook_label(name: &str, owner: Option<&str>, op: Op<'_>) -> Operation {
    let id = op.id().or(owner).map(str::to_owned);
    Operation { id, webhook: Some(name.to_owned()), ..op.operation() }
}

/// A webhook that only one of the documents has.
pub fn webhook_one_sided<'a>(walk: &mut Walk<'a>, name: &str, owner: Option<&str>, spot: BothSides<'a>) {
    let value = spot.0.or(spot.1);
    let target = value.and_then(|callback| callback.as_object()?.keys().find(|key| key.starts_with('{')));
    let label = Operation {
        id: owner.map(str::to_owned),
        method: "POST".to_owned(),
        path: target.map_or(name, String::as_str).to_owned(),
        webhook: Some(name.to_owned()),
    };
    let at = Position { mode: Mode::of(crate::change::Direction::Response), ..node(walk, label) };
    match spot {
        (Some(_), None) => walk.one_sided(&at, Rule::WebhookRemoved, spot, &format!("the webhook {name} is gone")),
        (None, Some(_)) => walk.one_sided(&at, Rule::WebhookAdded, spot, &format!("the webhook {name} is new")),
        _ => {}
    }
}
