//! The JSON Schemas of the events, in one snapshot each.

use hb_bls::{WebhookEventType, webhook};
use serde_json::json;

use crate::events::booking;

#[test]
fn every_event_has_its_schema() {
    let schemas = webhook::schemas();
    assert_eq!(schemas.len(), WebhookEventType::KNOWN.len());
    for (event_type, schema) in schemas {
        let text = serde_json::to_string_pretty(&schema).unwrap();
        insta::with_settings!({ snapshot_path => "../snapshots/webhook", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(event_type, text);
        });
    }
}

#[test]
fn every_member_that_is_read_is_described() {
    let schema = serde_json::to_value(&webhook::schemas()["booking.created"]).unwrap();
    let described = schema["$defs"]["Booking"]["properties"].as_object().unwrap();
    for member in booking().as_object().unwrap().keys() {
        assert!(described.contains_key(member), "{member}");
    }
    assert_eq!(schema["$defs"]["Booking"]["required"], json!(["id"]));
}
