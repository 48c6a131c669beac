//! The document as a whole, and what it shares.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    change::Direction,
    message::{body, parameters, responses},
    op::METHODS,
    paths,
    rules::Rule,
    schema, security, servers,
    side::{items, joined, members},
    verbatim::shaped,
    walk::{BothSides, Mode, Position, Task, Walk},
};

/// Compares everything, and then whatever is left.
pub fn compare(walk: &mut Walk<'_>) {
    let (old, new) = (walk.old.root, walk.new.root);
    walk.old.mark(old);
    walk.new.mark(new);
    let at = walk.document("the document");
    for (key, spot) in joined(Some(old), Some(new)) {
        match key {
            "openapi" => walk.plain(&at.below("'s OpenAPI version"), Rule::OpenapiVersionChanged, spot),
            "info" => info(walk, &walk.document("info"), spot),
            "servers" => {
                // where every operation has its own, these are for none
                let cover = has_own_servers(Some(old), Some(new)).then_some(Rule::ShadowedChanged);
                servers::compare(walk, &Position { mode: Mode { cover, ..at.mode }, ..at.clone() }, spot);
            }
            "jsonSchemaDialect" => walk.plain(&walk.document(key), Rule::SchemaIdentityChanged, spot),
            "tags" => tags(walk, &walk.document("tags"), spot),
            "externalDocs" => walk.plain(&walk.document("externalDocs"), Rule::ExternalDocsChanged, spot),
            "paths" => paths::compare(walk, spot),
            "webhooks" | "x-webhooks" => {}
            // compared where they apply
            "components" | "security" => {}
            _ => walk.plain(&walk.document(key), Rule::Unexplained, spot),
        }
    }
    webhooks(walk, old, new);
    run(walk);
    components(walk, (old.get("components"), new.get("components")));
    run(walk);
    walk.report_unseen();
    run(walk);
}

/// Compares whatever is queued.
fn run(walk: &mut Walk<'_>) {
    loop {
        while let Some(task) = walk.next_task() {
            match task {
                Task::Schema(old, new, at) => schema::compare(walk, old, new, &at),
                Task::Shared(section, name, pair, at) => shared(walk, section, name, &at, pair),
            }
        }
        let Some((at, spot)) = walk.next_definition() else { return };
        let was_seen = spot.0.is_none_or(|value| walk.old.is_seen(value));
        let is_seen = spot.1.is_none_or(|value| walk.new.is_seen(value));
        match spot {
            _ if was_seen && is_seen => {}
            (Some(old), Some(new)) => walk.queue(old, new, &at),
            _ => walk.plain(&at, Rule::Unexplained, spot),
        }
    }
}

/// Whether every operation of both documents has servers of its own, or its path has.
fn has_own_servers(old: Option<&Value>, new: Option<&Value>) -> bool {
    [old, new].into_iter().all(|root| {
        let mut items = members(root.and_then(|root| root.get("paths"))).map(|(_, item)| item).peekable();
        let own = |item: &Value| {
            item.get("servers").is_some()
                || METHODS.iter().filter_map(|method| item.get(method)).all(|op| op.get("servers").is_some())
        };
        items.peek().is_some() && items.all(own)
    })
}

/// `x-webhooks` is how 3.0 documents say it.
fn webhooks<'a>(walk: &mut Walk<'a>, old: &'a Value, new: &'a Value) {
    let said = |root: &'a Value| root.get("webhooks").or_else(|| root.get("x-webhooks"));
    paths::webhooks(walk, (said(old), said(new)));
    let again = |root: &'a Value| root.get("x-webhooks").filter(|_| root.get("webhooks").is_some());
    walk.plain(&walk.document("x-webhooks"), Rule::Unexplained, (again(old), again(new)));
}

fn info<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    if !shaped(walk, at, spot, Value::is_object) {
        return;
    }
    for (key, member) in joined(spot.0, spot.1) {
        let rule = match key {
            "version" => Rule::ApiVersionChanged,
            "description" | "summary" => Rule::DescriptionChanged,
            "title" | "contact" | "license" | "termsOfService" => Rule::InfoChanged,
            _ => Rule::Unexplained,
        };
        walk.plain(&at.below(&format!(".{key}")), rule, member);
    }
}

/// The list of tags, by name.
fn tags<'a>(walk: &mut Walk<'a>, at: &Position, spot: BothSides<'a>) {
    if !shaped(walk, at, spot, Value::is_array) {
        return;
    }
    let mut named = BTreeMap::<&str, BothSides<'a>>::new();
    let name = |tag: &'a Value| tag.get("name").and_then(Value::as_str);
    for tag in items(spot.0) {
        name(tag).into_iter().for_each(|name| _ = named.entry(name).or_default().0.get_or_insert(tag));
    }
    for tag in items(spot.1) {
        name(tag).into_iter().for_each(|name| _ = named.entry(name).or_default().1.get_or_insert(tag));
    }
    for (name, spot) in named {
        walk.plain(&walk.document(&format!("tag {name}")), Rule::TagChanged, spot);
    }
}

/// Compares what no operation has led to.
fn components<'a>(walk: &mut Walk<'a>, spot: BothSides<'a>) {
    if !shaped(walk, &walk.document("components"), spot, Value::is_object) {
        return;
    }
    for (section, spot) in joined(spot.0, spot.1) {
        if section.starts_with("x-") || !shaped(walk, &walk.document(section), spot, Value::is_object) {
            continue;
        }
        for (name, spot) in joined(spot.0, spot.1) {
            component(walk, section, name, spot);
            run(walk);
        }
    }
}

fn component<'a>(walk: &mut Walk<'a>, section: &str, name: &'a str, spot: BothSides<'a>) {
    let mut document = walk.document(name);
    let (old, new) = match spot {
        (Some(old), Some(new)) => (old, new),
        (Some(old), None) if !walk.old.is_seen(old) => {
            let sentence = format!("{name} (components.{section}) is gone");
            return walk.one_sided(&document, Rule::ComponentRemoved, spot, &sentence);
        }
        (None, Some(new)) if !walk.new.is_seen(new) => {
            let sentence = format!("{name} (components.{section}) is new");
            return walk.one_sided(&document, Rule::ComponentAdded, spot, &sentence);
        }
        _ => return,
    };
    if section == "schemas" {
        // what was only merged into others is compared the way they are used
        if walk.is_paired(old, new) {
            return;
        }
        let (mut modes, mut new_modes) = (walk.merged_as(old), walk.merged_as(new));
        let both_merged = !modes.is_empty() && !new_modes.is_empty();
        modes.append(&mut new_modes);
        if both_merged {
            return;
        }
        if modes.is_empty() {
            // what a client is not known to send it may read: here, what webhooks deliver
            modes.insert(Mode::of(Direction::Response));
            if !walk.delivered.contains(name) {
                document.node = walk.unused_node();
            }
        }
        modes.into_iter().for_each(|mode| walk.queue(old, new, &Position { mode, ..document.clone() }));
        return;
    }
    if section != "securitySchemes" && walk.is_paired(old, new) {
        return;
    }
    // compared as paths, or left to what nothing has looked at
    if section == "pathItems" && (walk.old.is_seen(old) || walk.new.is_seen(new)) {
        return;
    }
    if section != "securitySchemes" {
        document.node = walk.unused_node();
    }
    let direction = match section {
        "parameters" | "requestBodies" => Direction::Request,
        "headers" | "responses" => Direction::Response,
        _ => Direction::Both,
    };
    shared(walk, section, name, &Position { mode: Mode::of(direction), ..document }, (old, new));
}

/// Compares two shared things that are not schemas, or what is in their place.
fn shared<'a>(walk: &mut Walk<'a>, section: &str, name: &'a str, at: &Position, (old, new): (&'a Value, &'a Value)) {
    let spot = (Some(old), Some(new));
    match section {
        "securitySchemes" => security::scheme(walk, at, old, new),
        "parameters" | "headers" => parameters::pair(walk, at, old, new),
        "requestBodies" => body::compare(walk, at, spot),
        "responses" => responses::response(walk, at, old, new),
        "examples" => walk.plain_entry(at, Rule::ExampleChanged, spot),
        "links" => walk.plain_entry(at, Rule::LinkChanged, spot),
        "callbacks" => paths::callback(walk, at, name, None, spot),
        "pathItems" => paths::webhook_item(walk, name, name, None, (old, new)),
        _ => walk.plain(at, Rule::Unexplained, spot),
    }
}
