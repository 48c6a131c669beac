//! What follows a pull: overlay, generated files, snapshots. Everything happens on a copy of the repository.

use std::{fs, path::Path};

use serde_json::json;
use xtask::regen;

use super::*;
use crate::copy::{Copy, SNAPSHOTS};

fn rename(document: &mut Value, pointer: &str, from: &str, to: &str) {
    let members = document.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
    let value = members.remove(from).unwrap();
    members.insert(to.to_owned(), value);
}

/// A field that the overlay does not speak of.
fn renamed_field() -> String {
    let fields = common::published()["components"]["schemas"]["WebhookSecret"]["properties"].take();
    fields.as_object().unwrap().keys().find(|field| *field != "secret").unwrap().clone()
}

/// What the API's makers may do in a beta: a renamed field, a new event, a new value.
fn beta_change() -> Value {
    let mut document = common::published();
    rename(&mut document, "/components/schemas/WebhookSecret/properties", &renamed_field(), "hint_of_the_portal");
    let schemas = &mut document["components"]["schemas"];
    schemas["WebhookEventType"]["enum"].as_array_mut().unwrap().push("booking.waited_for".into());
    schemas["BookingStatus"]["x-extensible-enum"].as_array_mut().unwrap().push("waited_for".into());
    document
}

#[test]
fn a_beta_change_goes_from_the_pull_to_reviewed_snapshots() {
    // all that cargo wants to see of the workspace
    let copy = Copy::of(&["Cargo.toml", "Cargo.lock", "crates", "examples", "xtask", "spec"]);
    copy.take_snapshots();
    let report = copy.pull(&beta_change());
    assert!(report.finished, "{}", report.text);
    assert_eq!(copy.document(), beta_change());
    for part in ["bls.openapi.json is new.", "changed  ", "before -> pulled: "] {
        assert!(report.text.contains(part), "{part}: {}", report.text);
    }
    assert_eq!(
        changes(&report.text),
        [
            "breaking (1)",
            &format!("response-field-removed: WebhookSecret.{} is gone", renamed_field()),
            "risky (1)",
            "response-value-added: WebhookEventType may be \"booking.waited_for\"",
            "compatible (4)",
            "request-value-added: BookingStatus also takes \"waited_for\"",
            "response-open-value-added: BookingStatus is known to have \"waited_for\"",
            "request-value-added: WebhookEventType also takes \"booking.waited_for\"",
            "response-field-added: WebhookSecret.hint_of_the_portal is new",
        ]
    );
    let touched = "facade: client.webhooks().rotate_secret\n    raw: WebhookSecret.hint_of_the_portal";
    assert!(report.text.contains(touched), "{}", report.text);

    assert_eq!(
        copy.to_review(),
        [
            "raw_public_items/crate",
            "raw_public_items/types",
            "surface/schema__BookingStatus",
            "surface/schema__WebhookEventType",
            "surface/schema__WebhookSecret",
        ]
    );
    let event = copy.dir.path().join(SNAPSHOTS).join("surface/schema__WebhookEventType.snap");
    let shown = |file: &Path| fs::read_to_string(file).unwrap().contains("booking.waited_for");
    assert_eq!((shown(&event), shown(&event.with_extension("snap.new"))), (false, true));
    copy.accept();
    assert_eq!((shown(&event), copy.new_snapshots().len()), (true, 0));
    copy.test("no").unwrap();
    copy.compile();
    assert!(copy.generated().contains("hint_of_the_portal"));
    let files = regen::generate(&copy.files.sources()).unwrap();
    assert_eq!(regen::compare(&copy.files.generated, &files).unwrap(), []);

    let again = copy.pull(&beta_change());
    for part in ["says what it said", "Generated files are up to date.", "no changes"] {
        assert!(again.finished && again.text.contains(part), "{part}: {}", again.text);
    }
}

/// The levels with their changes, as the drift report lists them.
fn changes(report: &str) -> Vec<&str> {
    let drift = report.split("before -> pulled: ").nth(1).unwrap().lines().skip(1);
    let is_change = |line: &&str| !line.is_empty() && !line.starts_with("    ");
    drift.filter(is_change).map(str::trim_start).collect()
}

#[test]
fn what_did_not_change_is_not_touched() {
    let copy = Copy::with_snapshots();
    let before = fs::read(&copy.files.document).unwrap();
    let report = copy.pull(&common::published());
    assert!(report.finished && report.text.contains("says what it said"), "{}", report.text);
    assert_eq!(fs::read(&copy.files.document).unwrap(), before, "not even its order");
    assert_eq!(copy.to_review(), Vec::<String>::new());
}

#[test]
fn an_assumption_that_is_published_leaves_the_overlay_and_nothing_else_changes() {
    let copy = Copy::with_snapshots();
    let (effective, actions) = (copy.effective(), copy.overlay()["actions"].as_array().unwrap().len());
    // what the overlay assumes of the booking URL, word for word
    let mut document = common::published();
    document["components"]["schemas"]["BookingUrl"] = effective["components"]["schemas"]["BookingUrl"].clone();
    let response = &mut document["paths"]["/booking-url"]["get"]["responses"]["2XX"];
    response["content"] = effective["paths"]["/booking-url"]["get"]["responses"]["2XX"]["content"].clone();

    let report = copy.pull(&document);
    assert!(report.finished, "{}", report.text);
    assert!(report.text.contains("Assumptions now published (2)"), "{}", report.text);
    assert_eq!(copy.overlay()["actions"].as_array().unwrap().len(), actions - 2);
    assert!(!fs::read_to_string(&copy.files.overlay).unwrap().contains("BookingUrl"));
    assert_eq!(copy.effective(), effective);
    assert_eq!(copy.to_review(), Vec::<String>::new());
}

#[test]
fn an_action_that_no_longer_applies_is_reported_and_nothing_is_generated() {
    let copy = Copy::new();
    let (overlay, generated) = (copy.overlay(), copy.generated());
    let mut document = common::published();
    rename(&mut document, "/paths", "/booking-url", "/public-url");
    rename(&mut document, "/components/schemas/Timeslot/properties", "time", "starts");
    let report = copy.pull(&document);
    assert!(!report.finished);
    for part in [
        "Nothing is generated yet: 1 overlay action(s) no longer apply",
        "Overlay actions that must be mended (1)",
        "on `$.paths['/booking-url'].get.responses['2XX']`: Assumed: ",
        "matches nothing",
    ] {
        assert!(report.text.contains(part), "{part}: {}", report.text);
    }
    assert_eq!((copy.overlay(), copy.generated()), (overlay, generated));
    // the operation that moved has no id of ours
    assert_eq!(copy.document()["paths"]["/public-url"]["get"]["operationId"], "getPublicUrl");
}

#[test]
fn an_assumption_that_is_refuted_is_reported() {
    let copy = Copy::new();
    let mut document = common::published();
    let timeout = &mut document["components"]["schemas"]["WebhookRequest"]["properties"]["timeout_seconds"];
    (timeout["default"], timeout["minimum"]) = (json!(20), json!(1));
    document["components"]["schemas"]["Hold"]["required"] = json!(["expires_at"]);
    let report = copy.pull(&document);
    for part in [
        "Assumptions that turned out otherwise (1)",
        "timeout_seconds/default` is published as `20`, assumed as `10`",
        "Assumptions now published in part (1)",
        "timeout_seconds/minimum` is `1`",
    ] {
        assert!(report.text.contains(part), "{part}: {}", report.text);
    }
}

#[test]
fn a_document_that_cannot_be_generated_from_is_written_and_told() {
    let copy = Copy::new();
    let generated = copy.generated();
    let mut document = common::published();
    document["paths"]["/courses"]["get"]["responses"]["2XX"]["content"] = json!({"text/csv": {}});
    let report = copy.pull(&document);
    assert!(!report.finished);
    let told = "listCourses (GET /courses): media-type: the 2XX response is text/csv";
    assert!(report.text.contains("Nothing is generated yet") && report.text.contains(told), "{}", report.text);
    assert_eq!(copy.generated(), generated);
    assert_eq!(copy.document(), document);
}

#[test]
fn webhooks_of_an_export_are_compared_with_those_of_the_next() {
    let copy = Copy::new();
    let export = copy.dir.path().join("export.json");
    let pull = |events: &[&str]| {
        let body = json!({"content": {"application/json": {"schema": {"type": "object"}}}});
        let hook = json!({"post": {"requestBody": body, "responses": {"200": {"description": "d"}}}});
        let mut document = common::published();
        document["openapi"] = "3.1.0".into();
        document["webhooks"] = events.iter().map(|event| ((*event).to_owned(), hook.clone())).collect();
        fs::write(&export, document.to_string()).unwrap();
        copy.run(&["--from", export.to_str().unwrap()]).unwrap().text
    };
    let told = pull(&["booking.found", "booking.lost"]);
    for event in ["webhook-added: the webhook booking.found is new", "webhook-added: the webhook booking.lost is new"] {
        assert!(told.contains(event), "{event}: {told}");
    }
    assert!(pull(&["booking.found", "booking.lost"]).contains("no changes"));
    let told = pull(&["booking.found"]);
    assert!(changes(&told).contains(&"webhook-removed: the webhook booking.lost is gone"), "{told}");
    assert_eq!(changes(&told)[0], "breaking (1)", "{told}");
    let touched =
        "facade: WebhookEventType, webhook::EventData, webhook::Verifier\n    raw: BookingLost, WebhookEventType";
    assert!(told.contains(touched), "{told}");
}

#[test]
fn nothing_is_written_when_a_page_fails() {
    let copy = Copy::with_snapshots();
    let server = served_with(&beta_change(), Folders::Everywhere, |responses, _| {
        let path = path_of(responses, "rotate-the-signing-secret");
        responses.insert(path, Response::Status(503));
    });
    let told = format!("{:#}", copy.run(&["--from", &format!("{}/", server.url)]).unwrap_err());
    assert!(told.contains("nothing is written") && told.contains("the response is 503"), "{told}");
    assert_eq!(copy.document(), common::published());
    assert_eq!(copy.to_review(), Vec::<String>::new());
}

#[test]
fn nothing_is_written_when_what_follows_the_pull_cannot_be_done() {
    type Spoil = fn(&Copy);
    let cases: [(Spoil, &str); 5] = [
        (
            |copy| fs::write(copy.dir.path().join("spec/drift-levels.yaml"), "deprecatd: risky").unwrap(),
            "drift-levels.yaml: there is no rule \"deprecatd\"",
        ),
        (|copy| fs::write(copy.dir.path().join("spec/drift-ignore.yaml"), "fingerprint").unwrap(), "drift-ignore.yaml"),
        (|copy| fs::write(&copy.files.overlay, "{").unwrap(), "bls.overlay.json is not valid JSON"),
        // files of which there is no room for the last
        (|copy| fs::create_dir(copy.files.generated.join("types.unfinished")).unwrap(), "cannot write "),
        (|copy| fs::create_dir(copy.files.overlay.with_extension("unfinished")).unwrap(), "cannot write "),
    ];
    // with something in it for each of the files
    let mut document = beta_change();
    let effective = Copy::new().effective();
    document["components"]["schemas"]["BookingUrl"] = effective["components"]["schemas"]["BookingUrl"].clone();
    let server = served(&document, Folders::Everywhere);
    for (spoil, reason) in cases {
        let copy = Copy::new();
        spoil(&copy);
        let files = || {
            let texts = [&copy.files.document, &copy.files.overlay].map(|file| fs::read_to_string(file).unwrap());
            (texts, copy.generated(), fs::read_dir(copy.dir.path().join("spec")).unwrap().count())
        };
        let before = files();
        let error = format!("{:#}", copy.run(&["--from", &format!("{}/", server.url)]).unwrap_err());
        assert!(error.contains(reason), "{reason}: {error}");
        assert_eq!(files(), before, "{reason}");
    }
}

#[test]
fn a_trial_run_writes_only_where_it_may() {
    let copy = Copy::new();
    let server = served(&beta_change(), Folders::Everywhere);
    let out = copy.dir.path().join("trial.json");
    let from = format!("{}/", server.url);
    copy.run(&["--from", &from, "--out", out.to_str().unwrap()]).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&fs::read_to_string(&out).unwrap()).unwrap(), beta_change());
    assert_eq!(copy.document(), common::published());
}
