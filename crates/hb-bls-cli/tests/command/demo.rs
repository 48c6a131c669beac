//! `hb-bls demo`.

use std::process::Output;

use serde_json::Value;

use crate::{built, snapshot};

fn demo(folder: &std::path::Path, more: &[&str]) -> Output {
    let output = built::command(folder, &[&["demo"], more].concat()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
    output
}

#[test]
fn the_demo_ends_in_a_certificate_and_is_plain_when_piped() {
    let folder = tempfile::tempdir().unwrap();
    let text = String::from_utf8(demo(folder.path(), &[]).stdout).unwrap();
    let pdf = std::fs::read(folder.path().join("hb-bls-demo/certificate-1.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    compare("demo", &text);
}

fn compare(name: &str, text: &str) {
    let filters = [
        (r"\d+ timeslots", "N timeslots"),
        (r"\w{3} \d+ \w{3} \d{4}, \d\d:\d\d", "WHEN"),
        (r"[0-9a-f-]{36}", "EVENT_ID"),
        (r#""date":"[0-9-]+""#, r#""date":"DATE""#),
        (r#""time":"[0-9:]+""#, r#""time":"TIME""#),
    ];
    let [slots, when, id, date, time] = filters;
    snapshot!("commands", name, text, [slots, when, id, date, time]);
}

#[test]
fn programs_get_one_object_per_step() {
    let folder = tempfile::tempdir().unwrap();
    let text = String::from_utf8(demo(folder.path(), &["--output", "jsonl", "--dir", "here"]).stdout).unwrap();
    compare("demo-jsonl", &text.replace("here/", "hb-bls-demo/"));
    let steps: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = steps.iter().map(|step| step["step"].as_str().unwrap()).collect();
    let expected = "portal balances course webhook timeslots hold book event staff event staff event certificate";
    assert_eq!(names.join(" "), expected);
    let events: Vec<&Value> = steps.iter().filter(|step| step["step"] == "event").collect();
    assert!(events.iter().all(|event| event["verified"] == true));
    assert_eq!(
        events.iter().map(|event| event["event_type"].as_str().unwrap()).collect::<Vec<_>>(),
        ["booking.created", "booking.attendance_marked", "booking.certificate_available"]
    );
    let calls = |step: &Value| -> Vec<String> {
        let calls = step["calls"].as_array().unwrap().iter();
        calls
            .map(|call| {
                format!("{} {} {}", call["method"].as_str().unwrap(), call["path"].as_str().unwrap(), call["status"])
            })
            .collect()
    };
    assert_eq!(calls(&steps[6]), ["POST /api/v1/bookings 201"]);
    assert_eq!(calls(&steps[12]), ["GET /api/v1/bookings/1/certificate 200"]);
    assert!(folder.path().join(steps[12]["file"].as_str().unwrap()).exists());
}

#[test]
fn a_document_is_a_list_of_the_steps() {
    let folder = tempfile::tempdir().unwrap();
    let text = String::from_utf8(demo(folder.path(), &["--output", "json"]).stdout).unwrap();
    let steps: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(steps.len(), 13);
    assert_eq!(steps[6]["step"], "book");
    let text = String::from_utf8(demo(folder.path(), &["--output", "csv"]).stdout).unwrap();
    assert!(text.starts_with("step,text\nportal,"), "{text}");
    // the word for a table before there were others
    let text = String::from_utf8(demo(folder.path(), &["--output", "text"]).stdout).unwrap();
    assert!(text.starts_with("portal       "), "{text}");
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("taken"), "").unwrap();
    let output = built::command(folder.path(), &["demo", "--dir", "taken/below"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("error: cannot create taken/below: "), "{error}");
}
