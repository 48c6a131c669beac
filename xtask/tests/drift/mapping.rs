//! Operations and places are mapped to what the crates offer.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use openapi_drift::{Change, Options, Rule};
use serde_json::{Value, json};
use xtask::{
    drift::{affected_types, documents, facade::METHODS},
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

fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    for (key, member) in value.as_object().into_iter().flatten() {
        pointers(member, &format!("{at}/{}", escaped(key)), found);
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        pointers(item, &format!("{at}/{index}"), found);
    }
}

/// Wherever something changes, the type or builder that is named for it is one that is generated.
#[test]
fn every_raw_type_is_there() {
    let document = common::effective_document();
    let generated =
        |file: &str| fs::read_to_string(common::root().join("crates/hb-bls-gen/src/generated").join(file)).unwrap();
    let types = [generated("types.rs"), generated("ids.rs"), generated("open_enums.rs")].concat();
    let client = generated("client.rs");
    let lists = regenerated_as_lists(&document);
    let mut places = Vec::new();
    pointers(&document, "", &mut places);
    let mut seen = BTreeSet::new();
    for pointer in places {
        let mut change = Change::new(Rule::Unexplained, pointer.clone());
        change.old_pointer = None;
        for named in affected_types::raw(&document, &change) {
            if let Some(builder) = named.strip_prefix("builder::") {
                let name = builder.split("::").next().unwrap();
                assert!(client.contains(&format!("pub struct {name}<'a>")), "{pointer}: {named}");
            } else {
                let name = named.split('.').next().unwrap();
                let is_there = [
                    format!("pub struct {name} "),
                    format!("pub struct {name}("),
                    format!("    {name} {{"),
                    format!("    {name}\n"),
                ]
                .iter()
                .any(|text| types.contains(text.as_str()));
                assert!(is_there || lists.contains(name), "{pointer}: {named}");
            }
            seen.insert(named);
        }
    }
    for expected in [
        "Booking.pay_status",
        "BookingTrainer.name",
        "BookingStatus",
        "builder::ListBookings::per_page",
        "TransactionMeta.description",
    ] {
        assert!(seen.contains(expected), "{expected} is not among {seen:?}");
    }
}

/// What a change of the effective document is reported as: rule, facade methods, raw types.
fn mapped(edit: impl FnOnce(&mut Value)) -> Vec<(String, Vec<String>, Vec<String>)> {
    let old = common::effective_document();
    let mut new = old.clone();
    edit(&mut new);
    let report = documents(("old", "new"), &old, &new, &Options::default()).unwrap();
    assert!(!report.changes.is_empty(), "nothing changed");
    report.changes.into_iter().map(|item| (item.change.rule.id().to_owned(), item.facade, item.raw)).collect()
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
fn changes_that_are_found_are_mapped_to_methods_and_types() {
    type Edit = fn(&mut Value);
    let readers =
        &["client.bookings().create", "client.bookings().get", "client.bookings().list", "webhook::EventData"];
    let cases: [(Edit, &str, &[&str], &[&str]); 10] = [
        (|d| remove_field(d, "Booking", "pay_status"), "response-field-removed", readers, &["Booking.pay_status"]),
        (
            |d| {
                d["components"]["schemas"]["Booking"]["properties"]["trainer"]["properties"]["name"]["type"] =
                    "integer".into()
            },
            "response-type-changed",
            readers,
            &["BookingTrainer.name"],
        ),
        (
            |d| drop(d["components"]["schemas"]["PayOption"]["enum"].as_array_mut().unwrap().pop()),
            "request-value-removed",
            &["client.bookings().create"],
            &["PayOption"],
        ),
        (
            |d| {
                let schema = &mut d["components"]["schemas"]["HoldRequest"];
                schema["properties"]["dearest"] = json!({"type": "boolean"});
                schema["required"].as_array_mut().unwrap().push("dearest".into());
            },
            "request-field-added-required",
            &["client.timeslots().hold"],
            &["HoldRequest.dearest"],
        ),
        (
            |d| drop(d["components"]["schemas"]["WebhookEventType"]["enum"].as_array_mut().unwrap().pop()),
            "request-value-removed",
            &["client.webhooks().create", "client.webhooks().update"],
            &["WebhookEventType"],
        ),
        (
            |d| remove_field(d, "WebhookEvent", "occurred_at"),
            "response-field-removed",
            &["webhook::Verifier"],
            &["WebhookEvent.occurred_at"],
        ),
        (
            |d| remove(d, "/paths", "/courses"),
            "operation-removed",
            &["client.courses().list"],
            &["builder::ListCourses"],
        ),
        (
            |d| {
                let parameters = d["paths"]["/bookings"]["get"]["parameters"].as_array_mut().unwrap();
                let page = parameters.iter_mut().find(|parameter| parameter["name"] == "per_page").unwrap();
                page["schema"]["type"] = "string".into();
            },
            "request-type-changed",
            &["client.bookings().list"],
            &["builder::ListBookings::per_page"],
        ),
        (|d| d["servers"][0]["url"] = "https://other.example".into(), "server-url-changed", &["Client::builder"], &[]),
        (
            |d| remove_field(d, "WebhookTestData", "message"),
            "response-field-removed",
            &["webhook::EventData"],
            &["WebhookTestData.message"],
        ),
    ];
    for (edit, rule, facade, raw) in cases {
        let found = mapped(edit);
        let named = found.iter().find(|(found, ..)| found == rule);
        let (_, methods, types) = named.unwrap_or_else(|| panic!("{rule}: {found:#?}"));
        assert_eq!((&methods[..], &types[..]), (&owned(facade)[..], &owned(raw)[..]), "{rule}: {found:#?}");
    }
}

#[test]
fn what_all_operations_share_touches_them_all() {
    let found = mapped(|d| remove(d, "/components/responses/TooManyRequests/headers", "Retry-After"));
    let (rule, facade, raw) = &found[0];
    assert_eq!((found.len(), &**rule, raw.len()), (1, "response-header-removed", METHODS.len()));
    let methods: BTreeSet<&str> = METHODS.iter().map(|(_, method)| *method).collect();
    assert_eq!(facade.iter().map(String::as_str).collect::<Vec<_>>(), Vec::from_iter(methods));
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
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

/// Whatever schema loses a field, the methods are those of the operations that lead to it, and the type is its own.
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
    let lists = regenerated_as_lists(&document);
    let mut count = 0;
    for (name, schema) in walk::schemas(&document).filter(|(name, _)| !lists.contains(*name)) {
        let Some(field) = schema["properties"].as_object().and_then(|fields| fields.keys().next()) else { continue };
        let found = mapped(|d| remove_field(d, name, field));
        let facade: BTreeSet<&str> = found.iter().flat_map(|(_, facade, _)| facade).map(String::as_str).collect();
        assert_eq!(facade, methods.get(name).cloned().unwrap_or_default(), "{name}.{field}: {found:#?}");
        let is_named = |(_, _, raw): &(String, Vec<String>, Vec<String>)| *raw == [format!("{name}.{field}")];
        assert!(found.iter().any(is_named), "{name}.{field}: {found:#?}");
        count += 1;
    }
    assert!(count > 20, "only {count} schemas have fields");
}

/// Envelopes of lists are all `List<T>`.
fn regenerated_as_lists(document: &Value) -> BTreeSet<String> {
    let is_list = |(name, schema): &(&String, &Value)| {
        matches!(xtask::handwritten_types::special(name, schema), Some(xtask::handwritten_types::Special::List(_)))
    };
    walk::schemas(document).filter(is_list).map(|(name, _)| name.clone()).collect()
}
