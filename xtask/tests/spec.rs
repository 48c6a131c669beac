//! The vendored document, the overlay, and what is generated from them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{collections::BTreeSet, fs, path::Path};

use common::{effective_document, published, raised, sources, spec};
use serde_json::{Value, json};
use xtask::{
    drift::facade::METHODS,
    effective::{self, Sources},
    generate::File,
    lint, lower, media,
    regen::{self, Change},
    surface::surface,
    walk,
};

#[test]
fn both_documents_are_valid_and_have_the_22_operations() {
    for (name, document) in [("published", published()), ("effective", effective_document())] {
        assert_eq!(document["openapi"], "3.0.3", "{name}");
        assert_eq!(problems(&document), Vec::<String>::new(), "{name}");
        let ids: BTreeSet<&str> = walk::operations(&document).iter().filter_map(walk::Operation::id).collect();
        assert_eq!(ids, METHODS.iter().map(|(id, _)| *id).collect(), "{name}");
    }
}

/// What breaks the standard: what its types do not take, what they lose, what the generator is not given, and names
/// that nobody declared.
fn problems(document: &Value) -> Vec<String> {
    let read: openapiv3::OpenAPI = match serde_json::from_value(document.clone()) {
        Ok(read) => read,
        Err(error) => return vec![error.to_string()],
    };
    let mut found = Vec::new();
    lost("", document, &serde_json::to_value(read).unwrap(), &mut found);
    found.extend(lint::check(&media::plain(document)).iter().map(ToString::to_string));
    let declared = |list: &Value, key: &str, name: &Value| {
        list.as_array().is_some_and(|list| list.iter().any(|entry| entry[key] == *name))
    };
    let schemes = &document["components"]["securitySchemes"];
    for operation in walk::operations(document) {
        let tags = operation.value["tags"].as_array().into_iter().flatten();
        let unknown = tags.filter(|tag| !declared(&document["tags"], "name", tag));
        found.extend(unknown.map(|tag| format!("{}: tag {tag} is not declared", operation.label())));
    }
    for security in
        [&document["security"]].into_iter().chain(walk::operations(document).iter().map(|o| &o.value["security"]))
    {
        let names = security.as_array().into_iter().flatten().flat_map(|schemes| schemes.as_object().unwrap().keys());
        let unknown = names.filter(|name| schemes[name.as_str()].is_null());
        found.extend(unknown.map(|name| format!("security scheme `{name}` is not declared")));
    }
    found
}

/// Members that are not there any more.
fn lost(place: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                match after.get(key) {
                    Some(after) => lost(&format!("{place}/{key}"), value, after, found),
                    // what is so by default is not written
                    None if [json!(false), json!([]), json!({})].contains(value) => {}
                    None => found.push(format!("{place}: member `{key}` is unknown")),
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            before
                .iter()
                .zip(after)
                .enumerate()
                .for_each(|(at, (before, after))| lost(&format!("{place}/{at}"), before, after, found));
        }
        _ => {}
    }
}

#[test]
fn an_invalid_document_is_found_out() {
    type Break = fn(&mut Value);
    let breaks: [(&str, Break); 10] = [
        ("leads nowhere", |d| drop(d["components"]["schemas"].as_object_mut().unwrap().remove("Candidate"))),
        ("missing field `description`", |d| {
            drop(d["components"]["responses"]["NotFound"].as_object_mut().unwrap().remove("description"))
        }),
        ("path parameters are", |d| d["paths"]["/bookings/{id}"]["get"]["parameters"] = json!([])),
        ("duplicate-operation-id", |d| d["paths"]["/bookings"]["get"]["operationId"] = "getBooking".into()),
        ("member `const`", |d| d["components"]["schemas"]["Booking"]["properties"]["created_at"]["const"] = 1.into()),
        ("expected a string", |d| d["components"]["schemas"]["Candidate"]["type"] = json!(["object", "null"])),
        ("security scheme", |d| d["security"] = json!([{"other": []}])),
        ("tag", |d| d["paths"]["/bookings"]["get"]["tags"] = json!(["Other"])),
        ("member `parameter`", |d| d["paths"]["/bookings"]["get"]["parameter"] = json!([{}])),
        ("no-success", |d| d["paths"]["/bookings"]["get"]["responses"] = json!({})),
    ];
    for (message, break_it) in breaks {
        let mut document = published();
        break_it(&mut document);
        let found = problems(&document);
        assert!(found.iter().any(|problem| problem.contains(message)), "{message}: {found:?}");
    }
}

#[test]
fn what_is_published_holds_nothing_that_is_assumed() {
    let text = published().to_string();
    for assumed in [
        "\"name\":\"per_page\"",
        "access_token",
        "x-status",
        "date_from",
        "Retry-After",
        "X-RateLimit",
        "training_status\":",
        "no_show",
        "\"cancelled\"",
        "\"errors\"",
        "refresh_expires_in",
        "previous_start_date",
        "BookingId",
    ] {
        assert!(!text.contains(assumed), "`{assumed}` is assumed, but spec/bls.openapi.json has it");
        assert!(effective_document().to_string().contains(assumed), "`{assumed}` is in neither document");
    }
    assert!(!text.contains("\"201\""));
    // the one success that is published as a number
    let statuses: BTreeSet<(String, String)> = walk::operations(&published())
        .iter()
        .flat_map(|operation| {
            let successes =
                operation.value["responses"].as_object().unwrap().keys().filter(|key| walk::is_success(key));
            successes.map(|status| (operation.id().unwrap().to_owned(), status.clone())).collect::<Vec<_>>()
        })
        .filter(|(_, status)| status != "2XX")
        .collect();
    assert_eq!(statuses, BTreeSet::from([("rotateWebhookSecret".to_owned(), "200".to_owned())]));
}

#[test]
fn every_overlay_action_says_what_it_is() {
    let overlay: Value = serde_json::from_slice(&fs::read(spec("bls.overlay.json")).unwrap()).unwrap();
    let actions = overlay["actions"].as_array().unwrap();
    assert!(actions.len() > 50);
    for action in actions {
        let description = action["description"].as_str().unwrap_or_default();
        let reason = description.strip_prefix("Assumed: ").or_else(|| description.strip_prefix("Added: "));
        assert!(reason.is_some_and(|reason| reason.len() > 20), "{} says {description:?}", action["target"]);
    }
}

fn write(dir: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn body(files: &[File], name: &str) -> String {
    let file = files.iter().find(|file| file.name == name).unwrap();
    // the header names and hashes the inputs
    file.text.lines().filter(|line| !line.starts_with("// ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_checked_in_is_what_is_generated_twice() {
    let files = regen::generate(&sources()).unwrap();
    let checked_in = common::root().join("crates/hb-bls-gen/src/generated");
    assert_eq!(regen::compare(&checked_in, &files).unwrap(), []);
    let dir = tempfile::tempdir().unwrap();
    let first = regen::compare(dir.path(), &files).unwrap();
    assert_eq!(first.len(), files.len());
    regen::write(dir.path(), &files, &first).unwrap();
    let again = regen::generate(&sources()).unwrap();
    assert_eq!(regen::compare(dir.path(), &again).unwrap(), []);
    for file in &files {
        assert_eq!(fs::read(dir.path().join(file.name)).unwrap(), fs::read(checked_in.join(file.name)).unwrap());
    }
}

#[test]
fn a_field_less_makes_the_check_name_the_types_and_the_surface_differ() {
    let dir = tempfile::tempdir().unwrap();
    let mut document = published();
    document["components"]["schemas"]["Booking"]["properties"].as_object_mut().unwrap().remove("pay_status").unwrap();
    let changed = Sources { document: write(dir.path(), "bls.openapi.json", &document.to_string()), ..sources() };
    let files = regen::generate(&changed).unwrap();
    let changes = regen::compare(&common::root().join("crates/hb-bls-gen/src/generated"), &files).unwrap();
    // every file's header has the new hash; only the documents and the types lose more than that line
    let substantial: Vec<String> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Changed(path, _, removed) if *removed > 1 => {
                Some(path.file_name().unwrap().to_str().unwrap().to_owned())
            }
            _ => None,
        })
        .collect();
    assert_eq!(substantial, ["effective.openapi.json", "published.openapi.json", "types.rs"]);
    let (before, after) = (surface(&effective_document()), surface(&effective::load(&changed).unwrap().value));
    let differing: Vec<&String> = before.keys().filter(|key| before[*key] != after[*key]).collect();
    assert_eq!(differing, ["schema/Booking"]);
}

#[test]
fn the_document_as_yaml_generates_the_same() {
    let dir = tempfile::tempdir().unwrap();
    // JSON is YAML; the first line makes it be read as that
    let text = format!("# the document\n{}", effective::to_json(&published()));
    let yaml = Sources { document: write(dir.path(), "bls.openapi.yaml", &text), ..sources() };
    let (from_yaml, from_json) = (regen::generate(&yaml).unwrap(), regen::generate(&sources()).unwrap());
    for file in from_json.iter().filter(|file| file.name.ends_with(".rs")) {
        assert_eq!(body(&from_yaml, file.name), body(&from_json, file.name), "{}", file.name);
    }
    assert_eq!(effective::load(&yaml).unwrap().value, effective_document());
}

#[test]
fn yaml_with_anchors_generates() {
    let document = common::root().join("xtask/tests/fixtures/anchors.yaml");
    let files = regen::generate(&Sources { document, overlay: None }).unwrap();
    let types = body(&files, "types.rs");
    for part in
        ["pub struct Parcel", "pub sent_at: ::std::option::Option<crate::Timestamp>", "pub struct ParcelReturnAddress"]
    {
        assert!(types.contains(part), "{part} is missing in\n{types}");
    }
    assert!(body(&files, "client.rs").contains("pub fn get_parcel(&self)"));
    assert!(body(&files, "open_enums.rs").contains("No = \"NO\""), "YAML 1.1 would have read NO as false");
}

#[test]
fn the_document_as_3_1_is_lowered_to_the_same() {
    let mut document = raised(effective_document());
    document["jsonSchemaDialect"] = "https://spec.openapis.org/oas/3.1/dialect/base".into();
    assert_ne!(document["components"], effective_document()["components"]);
    assert_eq!(lower::to_3_0(document.clone()).unwrap(), effective_document());

    let dir = tempfile::tempdir().unwrap();
    let sources = Sources { document: write(dir.path(), "bls.json", &document.to_string()), overlay: None };
    let (from_3_1, from_3_0) = (regen::generate(&sources).unwrap(), regen::generate(&common::sources()).unwrap());
    for file in from_3_0.iter().filter(|file| file.name.ends_with(".rs")) {
        assert_eq!(body(&from_3_1, file.name), body(&from_3_0, file.name), "{}", file.name);
    }
}

#[test]
fn a_3_1_document_with_what_3_0_has_not_generates() {
    let document = common::root().join("xtask/tests/fixtures/webhooks-3.1.yaml");
    let sources = Sources { document, overlay: None };
    let effective = effective::load(&sources).unwrap().value;
    assert_eq!(problems(&effective), Vec::<String>::new());
    let files = regen::generate(&sources).unwrap();
    let types = body(&files, "types.rs");
    for part in [
        "pub struct ParcelSent",
        "pub weight: ::std::option::Option<f64>",
        "pub note: ::std::option::Option<::std::string::String>",
    ] {
        assert!(types.contains(part), "{part} is missing in\n{types}");
    }
}

/// JSON is JSON, whatever its charset.
#[test]
fn media_types_mean_the_same_with_parameters() {
    let dir = tempfile::tempdir().unwrap();
    let generated = |text: &str| {
        let document = write(dir.path(), "bls.json", text);
        let files = regen::generate(&Sources { document, overlay: None }).unwrap();
        ["client.rs", "operations.rs", "types.rs"].map(|name| body(&files, name))
    };
    let text = effective_document().to_string();
    let named = text.replace("\"application/json\":", "\"application/json; charset=utf-8\":");
    assert_ne!(named, text);
    assert!(generated(&named) == generated(&text), "code is another");
}
