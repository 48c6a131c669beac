//! Keeps the part of a document that belongs to a folder.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::folder::{self, Folder};
use crate::walk;

/// How many operations there are in each folder.
pub type Folders = BTreeMap<String, usize>;

/// Takes out the operations of other folders, and what only they use. Says whether anything is left.
///
/// An operation names its folder itself, or else is in the folder of its page. `page` is `None` for a page whose folder
/// is unknown, and for an export. Of an export everything is kept if no operation names a folder.
pub fn keep(document: &mut Value, folder: &Folder, page: Option<&[String]>, folders: &mut Folders) -> bool {
    let before = document.clone();
    let all = || walk::SECTIONS.into_iter().flat_map(|section| walk::operations_in(&before, section));
    let takes_all = page.is_none() && all().all(|operation| folder::named(operation.value).is_none());
    let schemas_belong = || {
        let own = walk::schemas(&before).filter_map(|(_, schema)| folder::named(schema));
        folder.is_everything() || takes_all || own.chain(page.map(<[_]>::to_vec)).any(|path| folder.holds(&path))
    };
    if all().next().is_none() {
        return walk::schemas(&before).next().is_some() && schemas_belong();
    }
    let mut removed = Vec::new();
    let mut kept = Vec::new();
    for section in walk::SECTIONS {
        for operation in walk::operations_in(&before, section) {
            let path = folder::named(operation.value).or_else(|| page.map(<[_]>::to_vec)).unwrap_or_default();
            *folders.entry(path.join("/")).or_default() += 1;
            if takes_all || folder.holds(&path) {
                kept.push(operation.value);
                continue;
            }
            removed.push(operation.value);
            take_out(document, section, operation);
        }
        walk::operations_in_mut(document, section, |_, _, operation| tidy_tags(operation, folder));
    }
    if removed.is_empty() {
        return true;
    }
    let (used, unused) = (reachable(&before, &kept), reachable(&before, &removed));
    for (section, name) in unused.difference(&used) {
        let named = document.get_mut("components").and_then(|components| components.get_mut(section));
        if let Some(members) = named.and_then(Value::as_object_mut) {
            members.remove(name);
        }
    }
    !kept.is_empty()
}

/// Removes an operation, and its path item if that was the last one.
fn take_out(document: &mut Value, section: &str, operation: walk::Operation<'_>) {
    let Some(items) = document.get_mut(section).and_then(Value::as_object_mut) else { return };
    let Some(item) = items.get_mut(operation.path).and_then(Value::as_object_mut) else { return };
    item.remove(operation.method);
    if !walk::METHODS.iter().any(|method| item.contains_key(*method)) {
        items.remove(operation.path);
    }
}

/// Of a tag that repeats the path of the folder, the last part stays. An operation without a tag gets that of its
/// folder.
fn tidy_tags(operation: &mut Value, folder: &Folder) {
    let group = |path: &[String]| Some(folder.rest(path).join("/")).filter(|group| !group.is_empty());
    let own = operation["tags"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut tags: Vec<String> = own.filter_map(|tag| group(&folder::split(tag))).collect();
    if tags.is_empty() {
        tags.extend(folder::named(operation).and_then(|path| group(&path)));
    }
    if !tags.is_empty() {
        operation["tags"] = tags.into();
    } else if let Some(members) = operation.as_object_mut() {
        members.remove("tags");
    }
}

/// The components that values refer to, directly or through others.
fn reachable(document: &Value, from: &[&Value]) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Value> = from.to_vec();
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref").and_then(Value::as_str)
                    && let Some((section, name)) =
                        reference.strip_prefix("#/components/").and_then(|path| path.split_once('/'))
                    && found.insert((section.to_owned(), name.to_owned()))
                {
                    open.push(&document["components"][section][name]);
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kept(mut document: Value, page: Option<&str>) -> (bool, Value) {
        let page = page.map(folder::split);
        let is_kept = keep(&mut document, &Folder::parse("BLS"), page.as_deref(), &mut Folders::new());
        (is_kept, document)
    }

    #[test]
    fn other_folders_and_what_only_they_use_go() {
        let uses = |name: &str| json!({"schema": {"$ref": format!("#/components/schemas/{name}")}});
        let (is_kept, document) = kept(
            json!({
                "paths": {
                    "/a": {"get": {"x-apidog-folder": "BLS/A", "responses": uses("Shared")}, "put": {"x-apidog-folder": "Other", "responses": uses("Theirs")}},
                    "/b": {"get": {"x-apidog-folder": "Other", "responses": uses("Shared")}},
                    "/c": {"get": {}}},
                "components": {"schemas": {"Shared": {}, "Theirs": {"items": {"$ref": "#/components/schemas/Deeper"}}, "Deeper": {}, "Nobodys": {}}},
            }),
            None,
        );
        assert!(is_kept);
        assert_eq!(
            document["paths"].to_string(),
            r##"{"/a":{"get":{"responses":{"schema":{"$ref":"#/components/schemas/Shared"}},"tags":["A"],"x-apidog-folder":"BLS/A"}}}"##
        );
        assert_eq!(document["components"], json!({"schemas": {"Shared": {}, "Nobodys": {}}}));
    }

    #[test]
    fn webhooks_are_of_a_folder_as_operations_are() {
        let hook = |folder: &str, name: &str| {
            let schema = json!({"schema": {"$ref": format!("#/components/schemas/{name}")}});
            json!({"post": {"x-apidog-folder": folder, "tags": [folder], "requestBody": schema}})
        };
        let (is_kept, document) = kept(
            json!({
                "webhooks": {"a": hook("BLS/A", "Ours"), "b": hook("Other", "Theirs")}, "x-webhooks": {"c": hook("Other", "Theirs")},
                "components": {"schemas": {"Ours": {}, "Theirs": {}}},
            }),
            Some("Elsewhere"),
        );
        assert!(is_kept);
        assert_eq!(document["webhooks"].as_object().unwrap().keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!(document["webhooks"]["a"]["post"]["tags"], json!(["A"]));
        assert_eq!(document["x-webhooks"], json!({}));
        assert_eq!(document["components"]["schemas"], json!({"Ours": {}}));
        assert!(!kept(json!({"webhooks": {"b": hook("Other", "Theirs")}}), Some("BLS")).0);
        assert!(document.get("paths").is_none(), "{document}");
    }

    #[test]
    fn a_folder_is_known_from_the_operation_or_the_page() {
        let with = |folder: &str| json!({"paths": {"/a": {"get": {"x-apidog-folder": folder}}}});
        let without = json!({"paths": {"/a": {"get": {}}}});
        for (document, page, expected) in [
            (with("BLS/X"), Some("Other"), true),
            (with("Other"), Some("BLS"), false),
            (without.clone(), Some("API Docs/BLS"), true),
            (without.clone(), Some("API Docs"), false),
            (without, None, true),
            (json!({"components": {"schemas": {"S": {}}}}), Some("BLS"), true),
            (json!({"components": {"schemas": {"S": {}}}}), Some("Other"), false),
            (json!({"components": {"schemas": {"S": {"x-apidog-folder": "BLS"}}}}), Some("Schemas"), true),
            (json!({"paths": {}}), Some("BLS"), false),
        ] {
            assert_eq!(kept(document.clone(), page).0, expected, "{document} {page:?}");
        }
    }

    #[test]
    fn tags_lose_the_folder_and_take_its_last_part() {
        let tagged = |tags: Value| {
            let operation = json!({"x-apidog-folder": "BLS/Bookings", "tags": tags});
            kept(json!({"paths": {"/a": {"get": operation}}}), None).1["paths"]["/a"]["get"]["tags"].clone()
        };
        assert_eq!(tagged(json!(["BLS/Holds", "Other"])), json!(["Holds", "Other"]));
        assert_eq!(tagged(json!([])), json!(["Bookings"]));
        assert_eq!(tagged(json!(["BLS"])), json!(["Bookings"]));
    }
}
