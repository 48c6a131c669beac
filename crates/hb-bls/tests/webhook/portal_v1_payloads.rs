//! Course completions, and other payloads that Portal V1 may send.

use hb_bls::{
    portal_v1::{ApiKeys, CourseCompletion, CourseStatus, Grade, NotificationError, Payload},
    webhook::SecretError,
};
use proptest::prelude::*;
use serde_json::{Value, json};

pub fn completion() -> Value {
    json!({ "course": {
        "candidate_ref": "3f0b9a52-6f0c-4a0e-9a55-0d9d6f5f2c11",
        "candidate_id": "48213",
        "course_id": "7",
        "course_name": "Health, Safety and Welfare",
        "date_assigned": "2021-11-30 09:00:00",
        "date_completed": "2021-12-01 01:42:59",
        "renewal_date": "2022-12-01 01:42:59",
        "course_status": "pass",
        "grade": 0.8,
    } })
}

fn read(body: &Value) -> CourseCompletion {
    match Payload::from_json(body.to_string().as_bytes()).unwrap() {
        Payload::CourseCompletion { completion, .. } => *completion,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_completion_is_read_in_gmt() {
    let read = read(&completion());
    assert_eq!(read.candidate_ref.to_string(), "3f0b9a52-6f0c-4a0e-9a55-0d9d6f5f2c11");
    assert_eq!((read.candidate_id.as_deref(), read.course_id.as_str()), (Some("48213"), "7"));
    assert_eq!(read.course_name.as_deref(), Some("Health, Safety and Welfare"));
    assert_eq!(read.date_assigned.unwrap().to_string(), "2021-11-30T09:00:00Z");
    assert_eq!(read.date_completed.to_string(), "2021-12-01T01:42:59Z");
    assert_eq!(read.renewal_date.unwrap().to_string(), "2022-12-01T01:42:59Z");
    assert_eq!(read.course_status, CourseStatus::Pass);
    assert_eq!(read.grade.unwrap().number(), Some(0.8));
    assert!(read.other.is_empty());
}

#[test]
fn a_grade_is_a_number_or_a_text_and_a_status_may_be_new() {
    for (grade, number) in [(json!("0.8"), Some(0.8)), (json!(1), Some(1.0)), (json!("A+"), None), (json!("NaN"), None)]
    {
        let mut body = completion();
        body["course"]["grade"] = grade.clone();
        body["course"]["course_status"] = json!("resit");
        let read = read(&body);
        assert_eq!(read.grade.as_ref().unwrap().number(), number);
        assert_eq!(grade.is_string(), matches!(read.grade, Some(Grade::Text(_))));
        assert_eq!(
            (read.course_status.as_str(), &read.course_status),
            ("resit", &CourseStatus::Unknown("resit".into()))
        );
    }
}

#[test]
fn unknown_fields_are_kept_and_optional_ones_may_lack() {
    let body = json!({
        "course": {
            "candidate_ref": "3f0b9a52-6f0c-4a0e-9a55-0d9d6f5f2c11", "course_id": 7, "candidate_id": null,
            "date_completed": "2021-12-01 01:42:59", "renewal_date": "", "course_status": "pass", "provider": "HB",
        },
        "sent": true,
    });
    let completed = read(&body);
    assert_eq!((completed.course_id.as_str(), completed.candidate_id.as_deref()), ("7", None));
    assert_eq!((completed.renewal_date, completed.grade.is_none()), (None, true));
    assert_eq!(completed.other["provider"], "HB");
    let Ok(Payload::CourseCompletion { other, .. }) = Payload::from_json(body.to_string().as_bytes()) else { panic!() };
    assert_eq!(Value::Object(other), json!({ "sent": true }));
}

#[test]
fn another_kind_is_handed_over_raw_and_a_broken_course_is_refused() {
    for body in [json!({ "training": { "id": 7 } }), json!([1]), json!({ "course": null }), json!("hello")] {
        match Payload::from_json(body.to_string().as_bytes()).unwrap() {
            Payload::Other(raw) => assert_eq!(raw, body),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(Payload::from_json(b"{").unwrap_err(), NotificationError::NotJson);
    for field in ["candidate_ref", "course_id", "date_completed", "course_status"] {
        let mut body = completion();
        body["course"].as_object_mut().unwrap().remove(field);
        assert_eq!(Payload::from_json(body.to_string().as_bytes()).unwrap_err(), NotificationError::Course, "{field}");
    }
    let mut body = completion();
    body["course"]["renewal_date"] = json!("next year");
    assert_eq!(Payload::from_json(body.to_string().as_bytes()).unwrap_err(), NotificationError::Course);
}

#[test]
fn keys_are_compared_whole_and_shown_nowhere() {
    let keys = ApiKeys::new(["first-key", "second-key"]).unwrap();
    assert!(keys.accept(b"first-key") && keys.accept(b"second-key"));
    for other in ["", "first", "first-key ", "second-keY", "first-keysecond-key"] {
        assert!(!keys.accept(other.as_bytes()), "{other}");
    }
    assert_eq!(format!("{keys:?}"), "[redacted]");
    assert_eq!(ApiKeys::new(Vec::<String>::new()).unwrap_err(), SecretError::Missing);
    assert_eq!(ApiKeys::new([""]).unwrap_err(), SecretError::Empty);
    assert_eq!(ApiKeys::new(["key\n"]).unwrap_err(), SecretError::WhiteSpace);
    let shown = format!("{:?}", Payload::from_json(completion().to_string().as_bytes()).unwrap());
    assert!(!shown.contains("48213") && !shown.contains("3f0b9a52") && !shown.contains("0.8"), "{shown}");
}

proptest! {
    #[test]
    fn rubbish_never_panics(body in prop::collection::vec(any::<u8>(), 0..200), text in "\\{\"course\":\\{.{0,40}\\}\\}") {
        let _ = Payload::from_json(&body);
        let _ = Payload::from_json(text.as_bytes());
    }
}
