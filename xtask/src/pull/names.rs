//! Gives components names that OpenAPI allows and that make different Rust types.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase as _;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// Where a renamed component says how it is published.
pub const PUBLISHED_NAME: &str = "x-published-name";

/// New names by section and old name.
type Renamed = BTreeMap<String, BTreeMap<String, String>>;

/// Renames what must be renamed, and every reference to it. New names depend only on the published ones, except where
/// two would make the same type: then names that are in the vendored document stay.
pub fn mend(document: &mut Value, vendored: &Value) {
    let mut renamed = Renamed::new();
    for (section, named) in document.get_mut("components").and_then(Value::as_object_mut).into_iter().flatten() {
        let Some(members) = named.as_object_mut() else { continue };
        let names = new_names(section, members, &vendored["components"][section]);
        for (old, new) in names.iter().filter(|(old, new)| old != new) {
            let Some(mut value) = members.remove(old) else { continue };
            if let Some(value) = value.as_object_mut().filter(|value| !value.contains_key("$ref")) {
                value.insert(PUBLISHED_NAME.to_owned(), old.as_str().into());
            }
            members.insert(new.clone(), value);
        }
        renamed.insert(section.clone(), names);
    }
    follow(document, &renamed);
}

fn new_names(section: &str, members: &Map<String, Value>, vendored: &Value) -> BTreeMap<String, String> {
    let is_schema = section == "schemas";
    let mut names: Vec<&String> = members.keys().collect();
    // in this order: vendored names, names that can stay, and others
    names.sort_by_key(|name| (vendored.get(name.as_str()).is_none(), !can_stay(name, is_schema), *name));
    let mut taken = BTreeSet::new();
    let mut new_names = BTreeMap::new();
    for name in names {
        let key = |name: &str| if is_schema { name.to_upper_camel_case() } else { name.to_owned() };
        let mut new = if can_stay(name, is_schema) { name.clone() } else { plain(name) };
        if taken.contains(&key(&new)) {
            new = format!("{}{}", new.to_upper_camel_case(), hash(name));
        }
        taken.insert(key(&new));
        new_names.insert(name.clone(), new);
    }
    new_names
}

/// Whether the standard allows the name for a component and, for a schema, Rust for a type.
fn can_stay(name: &str, is_schema: bool) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    !name.is_empty() && name.chars().all(allowed) && (!is_schema || makes_type(&name.to_upper_camel_case()))
}

fn makes_type(name: &str) -> bool {
    syn::parse_str::<syn::Ident>(name).is_ok()
}

fn plain(name: &str) -> String {
    let spaced: String = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { ' ' }).collect();
    let camel = spaced.to_upper_camel_case();
    match () {
        // no letter of the name is left
        () if camel.is_empty() => format!("Schema{}", hash(name)),
        () if !makes_type(&camel) => format!("Schema{camel}"),
        () => camel,
    }
}

/// A few digits that distinguish one name from others.
pub(super) fn hash(name: &str) -> String {
    Sha256::digest(name).iter().take(3).map(|byte| format!("{byte:02x}")).collect()
}

/// Rewrites references, and the mappings of discriminators, which may hold bare names.
fn follow(value: &mut Value, renamed: &Renamed) {
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                match (key.as_str(), &mut *member) {
                    ("$ref", Value::String(reference)) => rewrite(reference, renamed),
                    ("discriminator", Value::Object(discriminator)) => {
                        let mapping = discriminator.get_mut("mapping").and_then(Value::as_object_mut);
                        for (_, target) in mapping.into_iter().flatten() {
                            let Value::String(target) = target else { continue };
                            match renamed.get("schemas").and_then(|schemas| schemas.get(target.as_str())) {
                                Some(new) => *target = new.clone(),
                                None => rewrite(target, renamed),
                            }
                        }
                    }
                    _ => follow(member, renamed),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| follow(item, renamed)),
        _ => {}
    }
}

/// References are written in several ways: `%5B`, `[`, `~1`.
fn rewrite(reference: &mut String, renamed: &Renamed) {
    let Some((section, rest)) = reference.strip_prefix("#/components/").and_then(|path| path.split_once('/')) else {
        return;
    };
    let Some(names) = renamed.get(section) else { return };
    let (written, below) = match rest.split_once('/') {
        // the name itself may hold a slash that nobody escaped
        Some((name, below)) if !names.contains_key(rest) => (name, format!("/{below}")),
        _ => (rest, String::new()),
    };
    let decoded = percent_encoding::percent_decode_str(written).decode_utf8_lossy();
    let unescaped = |text: &str| text.replace("~1", "/").replace("~0", "~");
    let forms = [written.to_owned(), unescaped(written), decoded.to_string(), unescaped(&decoded)];
    if let Some(new) = forms.iter().find_map(|form| names.get(form)) {
        *reference = format!("#/components/{section}/{new}{below}");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(schemas: &[&str], vendored: Value) -> BTreeMap<String, String> {
        let members = schemas.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
        new_names("schemas", &members, &vendored)
    }

    #[test]
    fn names_become_types_and_stay_apart() {
        let all = names(
            &["Booking", "booking", "[NB] START_ABR", "Booking Copy", "2FA", "予約", "error_404", "A.B-C", "Self"],
            json!({"booking": {}}),
        );
        let pairs: Vec<String> = all.iter().map(|(old, new)| format!("{old} -> {new}")).collect();
        insta::assert_snapshot!(pairs.join("\n"), @r"
        2FA -> Schema2fa
        A.B-C -> A.B-C
        Booking -> Booking948e03
        Booking Copy -> BookingCopy
        Self -> SchemaSelf
        [NB] START_ABR -> NbStartAbr
        booking -> booking
        error_404 -> error_404
        予約 -> Schema5e92ec
        ");
        for new in all.values() {
            assert!(can_stay(new, true), "{new}");
        }
    }

    #[test]
    fn where_there_is_no_component_none_is_made() {
        let mut document = json!({"paths": {}});
        mend(&mut document, &json!({}));
        assert_eq!(document, json!({"paths": {}}));
    }

    #[test]
    fn references_follow_however_they_are_written() {
        let mut document = json!({
            "paths": {"/a": {"get": {"refs": [
                {"$ref": "#/components/schemas/[NB] A/B"}, {"$ref": "#/components/schemas/%5BNB%5D%20A~1B"},
                {"$ref": "#/components/schemas/%5BNB%5D%20A%2FB/properties/x"}, {"$ref": "#/components/schemas/Plain"},
                {"$ref": "#/components/responses/Not%20Found"}, {"$ref": "#/components/schemas/Nowhere"}]}}},
            "components": {
                "responses": {"Not Found": {"description": "no"}},
                "schemas": {"[NB] A/B": {"type": "object", "properties": {"$ref": {"type": "string"}}}, "Plain": {
                    "discriminator": {"propertyName": "kind", "mapping": {"a": "[NB] A/B", "b": "#/components/schemas/[NB] A/B"}}}}},
        });
        mend(&mut document, &json!({}));
        let nb = "#/components/schemas/NbAB";
        assert_eq!(
            document,
            json!({
                "paths": {"/a": {"get": {"refs": [
                    {"$ref": nb}, {"$ref": nb}, {"$ref": format!("{nb}/properties/x")}, {"$ref": "#/components/schemas/Plain"},
                    {"$ref": "#/components/responses/NotFound"}, {"$ref": "#/components/schemas/Nowhere"}]}}},
                "components": {
                    "responses": {"NotFound": {"description": "no", "x-published-name": "Not Found"}},
                    "schemas": {
                        "NbAB": {"type": "object", "properties": {"$ref": {"type": "string"}}, "x-published-name": "[NB] A/B"},
                        "Plain": {"discriminator": {"propertyName": "kind", "mapping": {"a": "NbAB", "b": nb}}}}},
            })
        );
    }
}
