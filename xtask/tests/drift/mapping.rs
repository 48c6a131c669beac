//! Operations and places are mapped to what the crates offer.

use std::{collections::BTreeSet, fs};

use openapi_drift::{Change, Direction, Level, Rule};
use serde_json::Value;
use xtask::{
    drift::{facade::METHODS, touch},
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
        let change = Change {
            rule: Rule::Unexplained,
            level: Level::Risky,
            direction: Direction::Both,
            operations: vec![],
            new_pointer: Some(pointer.clone()),
            old_pointer: None,
            pointer: pointer.clone(),
            old: None,
            new: None,
            sentence: String::new(),
            fingerprint: String::new(),
        };
        for named in touch::raw(&document, &change) {
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

/// Envelopes of lists are all `List<T>`.
fn regenerated_as_lists(document: &Value) -> BTreeSet<String> {
    let is_list = |(name, schema): &(&String, &Value)| {
        matches!(xtask::normalise::special(name, schema), Some(xtask::normalise::Special::List(_)))
    };
    walk::schemas(document).filter(is_list).map(|(name, _)| name.clone()).collect()
}
