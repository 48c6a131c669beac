//! What the tests share.
#![allow(dead_code)] // each test binary uses a part

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::{Value, json};
use xtask::{document, effective};

/// The workspace's folder: as cargo says when it runs the tests, so that they can be run on a copy.
pub fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest).parent().unwrap().to_owned()
}

pub fn spec(name: &str) -> PathBuf {
    root().join("spec").join(name)
}

/// The vendored document and its overlay.
pub fn sources() -> effective::Sources {
    effective::Sources { document: spec("bls.openapi.json"), overlay: Some(spec("bls.overlay.json")) }
}

pub fn published() -> Value {
    document::read(&spec("bls.openapi.json")).unwrap().value
}

pub fn effective_document() -> Value {
    effective::load(&sources()).unwrap().value
}

/// Says in 3.1 what a 3.0 document says.
pub fn raised(mut document: Value) -> Value {
    fn raise(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.values_mut().for_each(raise);
                let is_schema = members.get("type").is_some_and(Value::is_string);
                if is_schema && members.remove("nullable").is_some() {
                    members["type"] = json!([members["type"], "null"]);
                }
                if is_schema && let Some(example) = members.remove("example") {
                    members.insert("examples".to_owned(), json!([example]));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(raise),
            _ => {}
        }
    }
    raise(&mut document);
    document["openapi"] = "3.1.0".into();
    document
}

/// Standard output and standard error of a run that ended with this status and did not panic.
#[track_caller]
pub fn ended(output: &Output, code: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}{err}");
    assert!(!err.contains("panicked"), "{err}");
    (out, err)
}

/// Compares each text with its snapshot in `tests/snapshots/<folder>`, all of them before it fails, and refuses
/// snapshots that no text belongs to.
pub fn assert_snapshots(folder: &str, texts: &BTreeMap<String, String>) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("../snapshots/{folder}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let files: BTreeMap<String, &String> =
        texts.iter().map(|(key, text)| (key.replace("::", "__").replace(['/', ' '], "__"), text)).collect();
    assert_eq!(files.len(), texts.len(), "two keys give one file name");
    let differs = |(name, text): &(&String, &&String)| {
        let check = || insta::assert_snapshot!(name.as_str(), text.as_str());
        catch_unwind(AssertUnwindSafe(|| settings.bind(check))).is_err()
    };
    let differing: Vec<&String> = files.iter().filter(differs).map(|(name, _)| name).collect();
    assert!(differing.is_empty(), "{folder}: {differing:?} differ; `cargo insta review` shows how");

    let there: BTreeSet<String> = fs::read_dir(root().join("xtask/tests/snapshots").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".snap").map(str::to_owned))
        .collect();
    let left_over: Vec<&String> = there.iter().filter(|name| !files.contains_key(*name)).collect();
    assert!(left_over.is_empty(), "{folder}: nothing produces {left_over:?} any more; delete their snapshots");
}
