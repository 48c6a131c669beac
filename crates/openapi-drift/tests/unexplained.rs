//! What no rule looks at is reported all the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use openapi_drift::{Ignore, Level, Options, Rule, compare};
use serde_json::{Value, json};

/// Vendor extensions and unknown keywords wherever they may stand, and what is not as OpenAPI has it.
#[test]
fn what_no_rule_knows_is_unexplained() {
    let base = common::base();
    for (pointer, key, value) in [
        ("", "x-new", json!(1)),
        ("/info", "x-new", json!(1)),
        ("/servers/0", "x-new", json!(1)),
        ("/paths", "x-new", json!({"get": {}})),
        ("/paths/~1parcels", "x-new", json!(1)),
        ("/paths/~1parcels", "get", json!("gone")),
        ("/paths/~1parcels", "parameters", json!("none")),
        ("/paths/~1parcels/get", "x-new", json!({"deep": [1]})),
        ("/paths/~1parcels/get", "consumes", json!(["a"])),
        ("/paths/~1parcels/get", "security", json!("none")),
        ("/paths/~1parcels/get/parameters/1", "x-new", json!(1)),
        ("/paths/~1parcels/get/parameters/1", "required", json!("yes")),
        ("/paths/~1parcels/get/responses", "x-new", json!(1)),
        ("/paths/~1parcels/get/responses/200", "x-new", json!(1)),
        ("/paths/~1parcels/get/responses/200/content/application~1json", "x-new", json!(1)),
        ("/paths/~1parcels/get/responses/200/headers/X-Total", "x-new", json!(1)),
        ("/paths/~1parcels/get/responses/200/headers/X-Total", "name", json!("X-Sum")),
        ("/paths/~1parcels/post/requestBody", "x-new", json!(1)),
        ("/paths/~1parcels/post/callbacks/delivery", "x-new", json!({"post": {}})),
        ("/webhooks", "x-new", json!({"post": {}})),
        ("/webhooks/parcelLost", "x-new", json!(1)),
        ("/webhooks/parcelLost/post", "x-new", json!(1)),
        ("/components", "x-new", json!(1)),
        ("/components/securitySchemes/bearer", "x-new", json!(1)),
        ("/components/schemas/Address", "x-new", json!(1)),
        ("/components/schemas/Address", "dependencies", json!({"city": ["street"]})),
        ("/components/schemas/Address", "required", json!([1])),
        ("/components/schemas/Address/properties/city", "maxLength", json!("long")),
        ("/components/schemas/State", "x-extensible-enum", json!(["sent"])),
        ("/components/schemas/State", "enum", json!("sent")),
        ("/components/schemas/ParcelSentData", "x-new", json!(1)),
    ] {
        let mut new = base.clone();
        new.pointer_mut(pointer).unwrap()[key] = value;
        for report in [common::diff(&base, &new), common::diff(&new, &base)] {
            let found =
                report.changes.iter().any(|change| change.rule == Rule::Unexplained && change.level == Level::Risky);
            assert!(found, "{pointer} {key}: {:#?}", report.changes);
        }
    }
}

#[test]
fn what_a_shared_parameter_is_called_is_compared() {
    for key in ["name", "in"] {
        let document = |value: &str| {
            let mut document = common::base();
            document["components"]["parameters"]["Unused"] = json!({"name": "q", "in": "query"});
            document["components"]["parameters"]["Unused"][key] = value.into();
            document
        };
        let changes = common::diff(&document("query"), &document("header")).changes;
        assert_eq!(changes.iter().map(|change| change.rule).collect::<Vec<_>>(), [Rule::Unexplained], "{changes:#?}");
        assert_eq!(changes[0].pointer, format!("/components/parameters/Unused/{key}"));
    }
}

#[test]
fn what_does_not_belong_in_a_list_is_unexplained() {
    let base = common::base();
    for (pointer, value) in [
        ("/paths/~1parcels/get/parameters", json!(3)),
        ("/paths/~1parcels/get/parameters", json!({"in": "query"})),
        ("/servers", json!("https://parcels.example")),
        ("/tags", json!({"description": "no name"})),
        ("/components/schemas/Address/required", json!({})),
    ] {
        let mut new = base.clone();
        new.pointer_mut(pointer).and_then(Value::as_array_mut).unwrap().push(value);
        let report = common::diff(&base, &new);
        assert!(
            report.changes.iter().any(|change| change.rule == Rule::Unexplained),
            "{pointer}: {:#?}",
            report.changes
        );
    }
}

/// Lists whose order says nothing name a thing once.
#[test]
fn what_a_list_has_again_is_unexplained() {
    for pointer in [
        "/tags",
        "/paths/~1parcels/get/tags",
        "/paths/~1parcels/get/parameters",
        "/paths/~1parcels/post/security",
        "/components/schemas/NewParcel/required",
        "/components/schemas/NewParcel/properties/note/type",
        "/components/schemas/State/enum",
        "/components/schemas/Carrier/x-extensible-enum",
    ] {
        let (old, mut new) = (common::base(), common::base());
        let list = new.pointer_mut(pointer).and_then(Value::as_array_mut).unwrap();
        list.push(list[0].clone());
        common::assert_mirrored(&old, &new);
        let told: Vec<Rule> = common::diff(&old, &new).changes.iter().map(|change| change.rule).collect();
        assert_eq!(told, [Rule::Unexplained], "{pointer}");
    }
}

#[test]
fn levels_and_ignores_are_obeyed_and_stale_ones_are_named() {
    let base = common::base();
    let mut new = base.clone();
    new["x-audience"] = "all".into();
    new["info"]["version"] = "2".into();
    let all = common::diff(&base, &new).changes;
    let known = Ignore::new(&all[0].fingerprint, "known");
    let stale = Ignore::new("0123456789abcdef", "was fixed");
    let options = Options::default()
        .levels([(Rule::ApiVersionChanged, Level::Breaking)].into())
        .ignores(vec![known, stale.clone()]);
    let report = compare(&base, &new, &options).unwrap();
    assert_eq!((report.ignored[0].rule, &report.stale_ignores[..]), (Rule::Unexplained, &[stale][..]));
    assert_eq!((report.changes.len(), report.worst()), (1, Some(Level::Breaking)));
}

/// Fingerprints are in ignore files: they stay when lists are put in another order, or grow.
#[test]
fn fingerprints_last() {
    let base = common::base();
    let edited = |base: &Value| {
        let mut new = base.clone();
        for parameter in new["paths"]["/parcels"]["get"]["parameters"].as_array_mut().unwrap() {
            if parameter["name"] == "since" {
                parameter["schema"]["format"] = "date-time".into();
            }
        }
        new
    };
    let mut moved = base.clone();
    let parameters = moved["paths"]["/parcels"]["get"]["parameters"].as_array_mut().unwrap();
    parameters.reverse();
    parameters.insert(0, json!({"name": "first", "in": "query"}));
    let (there, here) = (common::diff(&base, &edited(&base)), common::diff(&moved, &edited(&moved)));
    assert_ne!(there.changes[0].pointer, here.changes[0].pointer);
    assert_eq!(there.changes[0].fingerprint, here.changes[0].fingerprint);
    assert_eq!(there.changes[0].fingerprint, "ffd941d1a619066f", "another one would make every ignore file stale");
}

#[test]
fn what_is_no_document_is_an_error() {
    let base = common::base();
    for (document, part) in [
        (json!([]), "the new document is not an OpenAPI document"),
        (json!({"swagger": "2.0"}), "it has no `openapi` version"),
        (json!({"openapi": "4.0.0"}), "OpenAPI \"4.0.0\"; 3.0.x and 3.1.x can be compared"),
        (json!({"openapi": 3.0}), "it has no `openapi` version"),
        (
            (0..300).fold(json!({"openapi": "3.0.0"}), |inner, _| json!({"openapi": "3.0.0", "x": inner})),
            "nested deeper",
        ),
    ] {
        let message = compare(&base, &document, &Options::default()).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
}
