//! Webhooks are compared, in the form of 3.1 and in that of our 3.0, and mapped to what reads deliveries.

use serde_json::{Value, json};

use crate::{Repository, common::ended};

/// Two events, one with a payload that has a name and one with a payload that has none.
fn hooks() -> Value {
    let body = |schema: Value| {
        json!({"post": {"requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "Taken note of."}}}})
    };
    let payload =
        json!({"type": "object", "properties": {"event_id": {"type": "string"}, "why": {"type": ["string", "null"]}}});
    json!({
        "booking.found": body(json!({"$ref": "#/components/schemas/WebhookEvent"})),
        "booking.lost": body(payload),
    })
}

/// A repository of which the document is 3.1 and has both.
fn repository() -> Repository {
    let repository = Repository::new();
    repository.edit("bls.openapi.json", |document| {
        document["openapi"] = "3.1.0".into();
        document["webhooks"] = hooks();
    });
    repository.commit();
    repository
}

fn report(repository: &Repository, code: i32) -> Value {
    serde_json::from_str(&ended(&repository.drift(&["--format", "json"]), code).0).unwrap()
}

/// Rule, pointer, origin, facade and raw types of each change.
fn told(report: &Value) -> Vec<String> {
    assert_eq!(report["without_effect"], json!([]));
    let list =
        |names: &Value| names.as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect::<Vec<_>>().join(", ");
    let line = |change: &Value| {
        let text = |key: &str| change[key].as_str().unwrap_or("?").to_owned();
        let (facade, raw) = (list(&change["facade"]), list(&change["raw"]));
        format!("{} {} {}: {facade}; {raw}", text("rule"), text("pointer"), text("origin"))
    };
    report["changes"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn an_event_that_is_gone_is_breaking() {
    for name in ["booking.found", "booking.lost"] {
        let repository = repository();
        repository.edit("bls.openapi.json", |document| {
            document["webhooks"].as_object_mut().unwrap().remove(name).unwrap();
        });
        let raw = if name == "booking.found" { "WebhookEvent" } else { "BookingLost" };
        let gone = told(&report(&repository, 1));
        assert_eq!(
            gone[0],
            format!(
                "webhook-removed /x-webhooks/{name} published: WebhookEventType, webhook::EventData, webhook::Verifier; {raw}, WebhookEventType"
            )
        );
        // the payload that the webhook alone has goes with it
        assert!(gone.len() == 1 || name == "booking.lost" && gone.len() == 2, "{gone:#?}");
        ended(&repository.drift(&["--fail-on", "breaking"]), 1);
    }
}

#[test]
fn a_payload_is_compared_where_it_is_named() {
    let repository = repository();
    repository.edit("bls.openapi.json", |document| {
        let schema = "/webhooks/booking.lost/post/requestBody/content/application~1json/schema/properties";
        document.pointer_mut(schema).unwrap().as_object_mut().unwrap().remove("why").unwrap();
    });
    assert_eq!(
        told(&report(&repository, 1)),
        [
            "response-field-removed /components/schemas/BookingLost/properties/why published: webhook::EventData, webhook::Verifier; BookingLost.why"
        ]
    );
}

#[test]
fn what_a_pull_writes_of_them_is_the_same() {
    let repository = repository();
    repository.edit("bls.openapi.json", |document| {
        let lowered = xtask::lower::to_3_0(document.clone()).unwrap();
        assert_eq!(lowered["x-webhooks"].as_object().unwrap().len(), 2);
        *document = lowered;
    });
    let version = report(&repository, 0);
    assert_eq!(version["changes"], json!([]), "{version:#}");
    repository.commit();
    repository.edit("bls.openapi.json", |document| {
        document["x-webhooks"].as_object_mut().unwrap().remove("booking.found").unwrap();
    });
    assert!(told(&report(&repository, 1))[0].starts_with("webhook-removed /x-webhooks/booking.found published: "));
}
