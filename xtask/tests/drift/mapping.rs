//! Operations and places are mapped to what the facade offers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use openapi_drift::Options;
use serde_json::Value;
use xtask::{
    drift::{documents, facade::METHODS},
    normalise::{Special, special},
    walk,
};

use crate::common;

#[test]
fn every_operation_has_its_facade_method() {
    let document = common::published();
    let operations: BTreeSet<&str> =
        walk::operations(&document).iter().map(|operation| operation.value["operationId"].as_str().unwrap()).collect();
    let mapped: Vec<&str> = METHODS.iter().map(|(id, _)| *id).collect();
    assert_eq!(mapped, Vec::from_iter(operations), "mend METHODS in xtask/src/drift/facade.rs");
}

#[test]
fn every_facade_method_is_there() {
    let facade = common::root().join("crates/hb-bls/src");
    let client = fs::read_to_string(facade.join("client/mod.rs")).unwrap();
    // a resource is a file or a folder of files
    let source = |resource: &str| {
        let place = facade.join("resources").join(resource);
        if !place.is_dir() {
            return fs::read_to_string(place.with_extension("rs")).unwrap();
        }
        fs::read_dir(place).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    };
    for (id, method) in METHODS {
        let Some(rest) = method.strip_prefix("client.") else {
            assert_eq!(method, "Client::builder", "{id}");
            assert!(client.contains("pub fn builder("), "{id}");
            continue;
        };
        let (resource, name) = rest.split_once("().").unwrap();
        let text: String = source(resource);
        let is_there = ["pub fn", "pub async fn"].iter().any(|word| text.contains(&format!("{word} {name}(")));
        assert!(is_there, "{id}: {method} is not in resources/{resource}");
    }
}

/// What a change of the effective document is reported as: rule and facade methods.
fn mapped(edit: impl FnOnce(&mut Value)) -> Vec<(String, Vec<String>)> {
    let old = common::effective_document();
    let mut new = old.clone();
    edit(&mut new);
    let report = documents(("old", "new"), &old, &new, &Options::default()).unwrap();
    assert!(!report.changes.is_empty(), "nothing changed");
    report.changes.into_iter().map(|item| (item.change.rule.id().to_owned(), item.facade)).collect()
}

fn remove(document: &mut Value, pointer: &str, key: &str) {
    document.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key).unwrap();
}

fn remove_field(document: &mut Value, schema: &str, field: &str) {
    let schema = &mut document["components"]["schemas"][schema];
    schema["properties"].as_object_mut().unwrap().remove(field).unwrap();
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| name != field);
    }
}

#[test]
fn changes_are_mapped_to_methods() {
    type Edit = fn(&mut Value);
    let cases: [(Edit, &str, &[&str]); 5] = [
        (
            |d| drop(d["components"]["schemas"]["PayOption"]["enum"].as_array_mut().unwrap().pop()),
            "request-value-removed",
            &["client.bookings().create"],
        ),
        (
            |d| drop(d["components"]["schemas"]["WebhookEventType"]["enum"].as_array_mut().unwrap().pop()),
            "request-value-removed",
            &["client.webhooks().create", "client.webhooks().update"],
        ),
        (|d| remove(d, "/paths", "/courses"), "operation-removed", &["client.courses().list"]),
        (
            |d| {
                let parameters = d["paths"]["/bookings"]["get"]["parameters"].as_array_mut().unwrap();
                let page = parameters.iter_mut().find(|parameter| parameter["name"] == "per_page").unwrap();
                page["schema"]["type"] = "string".into();
            },
            "request-type-changed",
            &["client.bookings().list"],
        ),
        (|d| d["servers"][0]["url"] = "https://other.example".into(), "server-url-changed", &["Client::builder"]),
    ];
    for (edit, rule, facade) in cases {
        let found = mapped(edit);
        let named = found.iter().find(|(found, _)| found == rule);
        assert_eq!(named.unwrap_or_else(|| panic!("{rule}: {found:#?}")).1, facade, "{rule}: {found:#?}");
    }
}

#[test]
fn what_all_operations_share_touches_them_all() {
    let found = mapped(|d| remove(d, "/components/responses/TooManyRequests/headers", "Retry-After"));
    let methods: BTreeSet<&str> = METHODS.iter().map(|(_, method)| *method).collect();
    assert_eq!((found.len(), &*found[0].0), (1, "answer-header-removed"));
    assert_eq!(found[0].1, Vec::from_iter(methods));
}

/// The schemas that a value leads to.
fn reached(document: &Value, value: &Value, found: &mut BTreeSet<String>) {
    if let Some(reference) = value["$ref"].as_str() {
        let name = reference.strip_prefix("#/components/").unwrap();
        if found.insert(name.rsplit('/').next().unwrap().to_owned()) {
            reached(document, walk::resolve(document, value), found);
        }
        return;
    }
    value.as_object().into_iter().flatten().for_each(|(_, member)| reached(document, member, found));
    value.as_array().into_iter().flatten().for_each(|item| reached(document, item, found));
}

/// Whatever schema loses a field, the methods are those of the operations that lead to it.
#[test]
fn a_field_less_touches_whatever_leads_to_it() {
    let document = common::effective_document();
    let mut methods = BTreeMap::<String, BTreeSet<&str>>::new();
    let mut add = |value: &Value, method: &'static str| {
        let mut names = BTreeSet::new();
        reached(&document, value, &mut names);
        names.into_iter().for_each(|name| methods.entry(name).or_default().extend([method]));
    };
    for operation in walk::operations(&document) {
        let method = METHODS.iter().find(|(id, _)| Some(*id) == operation.id()).unwrap().1;
        let mut own = operation.value.clone();
        let callbacks = own.as_object_mut().unwrap().remove("callbacks");
        add(&own, method);
        callbacks.iter().for_each(|callbacks| add(callbacks, "webhook::Verifier"));
    }
    for (name, _) in walk::schemas(&document).filter(|(name, _)| name.ends_with("Data")) {
        add(&walk::schema_ref(name), "webhook::EventData");
    }
    let is_list = |(name, schema): &(&String, &Value)| matches!(special(name, schema), Some(Special::List(_)));
    let mut count = 0;
    for (name, schema) in walk::schemas(&document).filter(|named| !is_list(named)) {
        let Some(field) = schema["properties"].as_object().and_then(|fields| fields.keys().next()) else { continue };
        let found = mapped(|d| remove_field(d, name, field));
        let facade: BTreeSet<&str> = found.iter().flat_map(|(_, facade)| facade).map(String::as_str).collect();
        assert_eq!(facade, methods.get(name).cloned().unwrap_or_default(), "{name}.{field}: {found:#?}");
        count += 1;
    }
    assert!(count > 20, "only {count} schemas have fields");
}
