//! One operation, or one webhook seen as one.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    change::Direction,
    message::{body, parameters, responses},
    op::Op,
    paths,
    rules::Rule,
    security, servers,
    side::{Side, items, joined},
    verbatim::{deprecated, shaped, show_option},
    walk::{BothSides, Mode, Position, Walk},
};

/// Compares two operations. A client sends the requests of its own calls and reads those of webhooks.
pub fn compare<'a>(walk: &mut Walk<'a>, at: &Position, old: Op<'a>, new: Op<'a>, is_webhook: bool) {
    let (sent, read) = if is_webhook {
        let reply = Mode { cover: Some(Rule::WebhookReplyChanged), ..Mode::of(Direction::Request) };
        (Mode::of(Direction::Response), reply)
    } else {
        (Mode::of(Direction::Request), Mode::of(Direction::Response))
    };
    let sent = Position { mode: sent, ..at.clone() };
    let read = Position { mode: read, ..at.clone() };
    walk.old.mark(old.value);
    walk.new.mark(new.value);
    let own = |key: &str| (old.value.get(key), new.value.get(key));
    for (key, spot) in joined(Some(old.value), Some(new.value)) {
        let below = at.below(&format!(" {key}"));
        match key {
            "operationId" => identity(walk, at, spot),
            "summary" | "description" => walk.plain(&below, Rule::DescriptionChanged, spot),
            "deprecated" => deprecated(walk, at, spot),
            "tags" => tags(walk, &below, spot),
            "externalDocs" => walk.plain(&below, Rule::ExternalDocsChanged, spot),
            "requestBody" => body::compare(walk, &sent, spot),
            "responses" => responses::compare(walk, &read, spot),
            "callbacks" => callbacks(walk, at, new.id().or(old.id()), spot),
            "parameters" | "security" | "servers" => {}
            _ => walk.plain(&below, Rule::Unexplained, spot),
        }
    }
    parameters::compare(walk, &sent, old, new);
    let default = |side: &Side<'a>| side.root.get("security").filter(|_| !is_webhook);
    let (old_default, new_default) = (default(&walk.old), default(&walk.new));
    security::compare(walk, at, (own("security").0.or(old_default), own("security").1.or(new_default)));
    let old_servers = own("servers").0.or(old.item.get("servers"));
    let new_servers = own("servers").1.or(new.item.get("servers"));
    if old_servers.is_some() || new_servers.is_some() {
        let default = (walk.old.root.get("servers"), walk.new.root.get("servers"));
        servers::compare(walk, at, (old_servers.or(default.0), new_servers.or(default.1)));
    }
}

fn identity<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    walk.mark(spot);
    if spot.0 != spot.1 {
        let sentence = format!("{}: the operationId was {}", at.name, show_option(spot.0));
        walk.report(at, Rule::OperationIdChanged, spot, spot.0.cloned(), spot.1.cloned(), &sentence);
    }
}

fn tags<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    let is_text = |list: &Value| list.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    if !shaped(walk, at, spot, is_text) {
        return;
    }
    walk.mark_set(spot);
    let set = |list: Option<&'a Value>| items(list).filter_map(Value::as_str).collect::<BTreeSet<_>>();
    if set(spot.0) != set(spot.1) {
        let sentence = format!("{} were {} and are {}", at.name, show_option(spot.0), show_option(spot.1));
        walk.report(at, Rule::TagChanged, spot, spot.0.cloned(), spot.1.cloned(), &sentence);
    }
}

fn callbacks<'a>(walk: &mut Walk<'a>, at: &Position, owner: Option<&str>, spot: BothSides<'a>) {
    if !shaped(walk, &at.below(" callbacks"), spot, Value::is_object) {
        return;
    }
    for (name, spot) in joined(spot.0, spot.1) {
        match spot {
            (Some(_), Some(_)) => paths::callback(walk, at, name, owner, spot),
            _ => paths::webhook_one_sided(walk, name, owner, spot),
        }
    }
}
