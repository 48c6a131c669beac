//! `cargo xtask` as it is run: what it prints, writes and exits with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use common::ended;
use serde_json::Value;

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).current_dir(common::root()).output().unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn regen_writes_and_check_names_what_differs() {
    let dir = tempfile::tempdir().unwrap();
    let out = path(dir.path());
    let (_, err) = ended(&xtask(&["regen", "--check", "--out", out]), 1);
    assert!(err.contains("8 generated file(s) out of date: run `cargo xtask regen`"), "{err}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "a check must write nothing");

    let (written, _) = ended(&xtask(&["regen", "--out", out]), 0);
    assert_eq!(written.matches("new      ").count(), 8, "{written}");
    assert_eq!(ended(&xtask(&["regen", "--check", "--out", out]), 0).0, "generated files are up to date\n");
    assert_eq!(ended(&xtask(&["regen", "--out", out]), 0).0, "8 files are up to date\n");

    let types = dir.path().join("types.rs");
    let edited = fs::read_to_string(&types).unwrap() + "pub struct Mine;\n";
    fs::write(&types, &edited).unwrap();
    let (named, _) = ended(&xtask(&["regen", "--check", "--out", out]), 1);
    assert!(named.lines().count() == 1 && named.contains("types.rs (+0 -1 lines)"), "{named}");
    assert_eq!(fs::read_to_string(&types).unwrap(), edited, "a check must write nothing");
}

#[test]
fn what_is_checked_in_is_up_to_date() {
    ended(&xtask(&["regen", "--check"]), 0);
}

#[test]
fn spec_prints_the_effective_document_or_writes_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("effective.json");
    let (printed, _) = ended(&xtask(&["spec"]), 0);
    assert_eq!(ended(&xtask(&["spec", "--out", path(&file)]), 0).0, "");
    assert_eq!(fs::read_to_string(&file).unwrap(), printed);
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), common::effective_document());
}

#[test]
fn a_broken_document_is_an_error_with_operation_and_rule() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("broken.json");
    let mut document = common::effective_document();
    document["paths"]["/bookings"]["get"]["responses"]["200"]["content"] = serde_json::json!({"text/csv": {}});
    document["paths"]["/courses"]["get"].as_object_mut().unwrap().remove("operationId");
    fs::write(&file, document.to_string()).unwrap();
    let out = dir.path().join("out");
    let (_, err) = ended(&xtask(&["regen", "--spec", path(&file), "--out", path(&out)]), 1);
    assert!(err.contains("listBookings (GET /bookings): media-type: the 200 response is text/csv"), "{err}");
    assert!(err.contains("GET /courses: missing-operation-id: "), "{err}");
    assert!(!out.exists(), "nothing may be written");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("nowhere.json");
    assert!(ended(&xtask(&["spec", "--spec", path(&missing)]), 1).1.contains("nowhere.json"));
    let (_, err) = ended(&xtask(&["spec", "--overlay", path(&missing)]), 1);
    assert!(err.contains("nowhere.json"), "{err}");
    let rubbish = dir.path().join("rubbish.yaml");
    fs::write(&rubbish, "a: [").unwrap();
    assert!(ended(&xtask(&["spec", "--spec", path(&rubbish)]), 1).1.contains("rubbish.yaml is not valid YAML"));
}

#[test]
fn an_overlay_action_without_a_target_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bls.openapi.json");
    let mut document = common::published();
    document["paths"].as_object_mut().unwrap().remove("/booking-url").unwrap();
    fs::write(&file, document.to_string()).unwrap();
    let overlay = common::spec("bls.overlay.json");
    let (_, err) = ended(&xtask(&["spec", "--spec", path(&file), "--overlay", path(&overlay)]), 1);
    assert!(err.contains("overlay action ") && err.contains("booking-url") && err.contains("matches nothing"), "{err}");
}
