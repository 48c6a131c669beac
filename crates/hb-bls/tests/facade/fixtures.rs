//! The values for users' tests are complete, and match the document.

use std::collections::BTreeSet;

use hb_bls::{WebhookEventType, testing, webhook::Event};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::client;

/// Compares values with the document, and collects what the fixtures lack.
struct Document {
    document: Value,
    lacking: BTreeSet<String>,
}

impl Document {
    fn new() -> Self {
        Self { document: serde_json::from_str(hb_bls_gen::DOCUMENT).unwrap(), lacking: BTreeSet::new() }
    }

    fn compare(&mut self, name: &str, value: &Value) {
        let schema = self.document["components"]["schemas"][name].clone();
        assert!(schema.is_object(), "{name}");
        self.walk(&schema, value, name);
    }

    /// The schema with its references resolved, and an object's schema with all of its parts.
    fn resolve(&self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.resolve(self.document.pointer(&reference[1..]).unwrap());
        }
        let Some(parts) = schema["allOf"].as_array() else { return schema.clone() };
        let mut properties = serde_json::Map::new();
        let mut whole = json!({});
        for part in parts {
            whole = self.resolve(part);
            properties.extend(whole["properties"].as_object().cloned().unwrap_or_default());
        }
        if !properties.is_empty() {
            whole["properties"] = properties.into();
        }
        whole
    }

    fn walk(&mut self, schema: &Value, value: &Value, path: &str) {
        let schema = self.resolve(schema);
        if let Some(properties) = schema["properties"].as_object() {
            let fields = value.as_object().unwrap_or_else(|| panic!("{path}: {value}"));
            for (name, schema) in properties {
                let path = format!("{path}.{name}");
                match fields.get(name) {
                    None | Some(Value::Null) => drop(self.lacking.insert(path)),
                    Some(value) => self.walk(schema, value, &path),
                }
            }
            let unknown: Vec<_> = fields.keys().filter(|name| !properties.contains_key(*name)).collect();
            assert!(unknown.is_empty(), "{path}: {unknown:?}");
            return;
        }
        let known = schema["enum"].as_array().or(schema["x-extensible-enum"].as_array());
        let fits = match (schema["type"].as_str().unwrap_or("any"), schema["format"].as_str()) {
            _ if known.is_some_and(|known| !known.contains(value)) => false,
            ("array", _) => {
                let items = value.as_array().unwrap();
                items.iter().for_each(|item| self.walk(&schema["items"], item, path));
                !items.is_empty()
            }
            ("string", format) => value.as_str().is_some_and(|text| match format {
                Some("date-time") => text.parse::<jiff::Timestamp>().is_ok(),
                Some("date") => text.parse::<jiff::civil::Date>().is_ok(),
                Some("uri") => text.starts_with("https://"),
                Some("email") => text.contains('@'),
                _ => !text.is_empty(),
            }),
            ("integer", _) => value.is_i64(),
            ("number", _) => value.is_number(),
            ("boolean", _) => value.is_boolean(),
            // the type of a meeting's id is not published
            ("any", _) => value.is_string(),
            (other, _) => panic!("{path}: {other}"),
        };
        assert!(fits, "{path}: {value} is not {schema}");
    }
}

/// The JSON of a fixture, which must decode to the same fixture.
fn json<T: Serialize + DeserializeOwned + PartialEq>(fixture: &T) -> Value {
    let text = serde_json::to_string(fixture).unwrap();
    assert!(serde_json::from_str::<T>(&text).unwrap() == *fixture, "{text}");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_fixture_is_complete_and_as_the_document_says() {
    let mut document = Document::new();
    let mut transaction = json(&testing::transaction());
    // the API writes this field in an object of its own
    transaction["meta"] = json!({ "description": transaction["description"].take() });
    transaction.as_object_mut().unwrap().remove("description");
    for (schema, value) in [
        ("Booking", json(&testing::booking())),
        ("Candidate", json(&testing::candidate())),
        ("CourseSummary", json(&testing::course_summary())),
        ("Credits", json(&testing::balances())),
        ("CourseCredits", json(&testing::course_credits())),
        ("Course", json(&testing::course())),
        ("Timeslot", json(&testing::timeslot())),
        ("Hold", json(&testing::hold_details())),
        ("BookingRequest", json(&testing::booking_details())),
        ("Transaction", transaction),
        ("TokenInfo", json(&testing::token_info())),
        ("Webhook", json(&testing::webhook())),
        ("WebhookCreated", json(&testing::webhook_created())),
        ("WebhookRequest", json(&testing::webhook_request())),
        ("WebhookUpdateRequest", json(&testing::webhook_update())),
    ] {
        document.compare(schema, &value);
    }
    assert_eq!(json(&testing::trainer()), json(&testing::booking())["trainer"]);
    assert_eq!(json(&testing::virtual_meeting()), json(&testing::booking())["virtual"]);
    // fields that the models leave out
    let lacking: Vec<_> = document.lacking.iter().map(String::as_str).collect();
    assert_eq!(lacking, ["BookingRequest.hold_hash", "Hold.expires_in_seconds", "WebhookCreated.notice"]);
}

#[test]
fn every_event_is_complete_and_as_the_document_says() {
    let mut document = Document::new();
    let mut ids = BTreeSet::new();
    for event_type in WebhookEventType::KNOWN {
        let event = testing::event(event_type.clone());
        assert!(ids.insert(event.event_id), "{event_type}");
        let whole: Value = serde_json::from_str(event.json()).unwrap();
        let words = event_type.as_str().split(['.', '_']);
        let name: String = words.map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        document.compare(&format!("{name}Data"), &whole["data"]);
        let read = Event::from_json(event.json().as_bytes()).unwrap();
        assert_eq!(format!("{read:?}"), format!("{event:?}"));
        assert_eq!(read.event_type, *event_type);
    }
    assert_eq!(document.lacking, BTreeSet::new());
    let unknown = testing::event("booking.moved".into());
    assert!(matches!(unknown.data, hb_bls::webhook::EventData::Unknown), "{unknown:?}");
    assert!(ids.insert(unknown.event_id));
}

#[tokio::test]
async fn a_client_of_a_sandbox_is_one_of_its_account() {
    let sandbox = hb_bls_sandbox::Sandbox::start().await.unwrap();
    let ours = testing::client_builder(&sandbox).build().unwrap().account().token_info().await.unwrap();
    assert_eq!(ours.hb_client_id, client(&sandbox).account().token_info().await.unwrap().hb_client_id);
}
