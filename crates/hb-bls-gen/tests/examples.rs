//! Every documented body is read, and is still read when the beta moves: with values that are not listed, fields
//! that are new, and without or with null in every field that nothing promises.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bodies;

use std::collections::BTreeSet;

use bodies::{BODIES, Body};
use hb_bls_gen::{DOCUMENT, ErrorBody, List, Operation, types};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Reads a body and writes what was read.
fn pass<T: DeserializeOwned + Serialize>(text: &str) -> Result<Value, String> {
    let read: T = serde_json::from_str(text).map_err(|error| error.to_string())?;
    serde_json::to_value(read).map_err(|error| error.to_string())
}

/// Reads a body as the type of a schema.
fn read(schema: &str, body: &Value) -> Result<Value, String> {
    let pass = match schema {
        "Booking" => pass::<types::Booking>,
        "BookingAttendanceMarkedData" => pass::<types::BookingAttendanceMarkedData>,
        "BookingCancelledData" => pass::<types::BookingCancelledData>,
        "BookingCertificateAvailableData" => pass::<types::BookingCertificateAvailableData>,
        "BookingConfirmedData" => pass::<types::BookingConfirmedData>,
        "BookingCreatedData" => pass::<types::BookingCreatedData>,
        "BookingEquipmentLateData" => pass::<types::BookingEquipmentLateData>,
        "BookingRescheduledData" => pass::<types::BookingRescheduledData>,
        "BookingUrl" => pass::<types::BookingUrl>,
        "CoursesResponse" => pass::<List<types::Course>>,
        "Credits" => pass::<types::Credits>,
        "Hold" => pass::<types::Hold>,
        "HoldConflict" => pass::<types::HoldConflict>,
        "Message" => pass::<types::Message>,
        "PaginatedBookings" => pass::<List<types::Booking>>,
        "PaginatedTransactions" => pass::<List<types::Transaction>>,
        "TimeslotsResponse" => pass::<List<types::Timeslot>>,
        "TokenInfo" => pass::<types::TokenInfo>,
        "TokenPair" => pass::<types::TokenPair>,
        "ValidationError" => pass::<types::ValidationError>,
        "Webhook" => pass::<types::Webhook>,
        "WebhookCreated" => pass::<types::WebhookCreated>,
        "WebhookEvent" => pass::<types::WebhookEvent>,
        "WebhookSecret" => pass::<types::WebhookSecret>,
        "WebhookTestData" => pass::<types::WebhookTestData>,
        "WebhooksResponse" => pass::<List<types::Webhook>>,
        other => panic!("no type is known for schema {other}"),
    };
    pass(&body.to_string())
}

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

fn bodies() -> impl Iterator<Item = (&'static Body, Value)> {
    BODIES.iter().map(|body| (body, serde_json::from_str(body.json).unwrap_or_else(|e| panic!("{}: {e}", body.name))))
}

/// A schema with its references followed and its `allOf` joined.
fn resolved(document: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return resolved(document, document.pointer(&reference[1..]).unwrap());
    }
    let mut whole = schema.clone();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let part = resolved(document, part);
        for (name, property) in part["properties"].as_object().into_iter().flatten() {
            whole["properties"][name] = property.clone();
        }
        let mut required = whole["required"].as_array().cloned().unwrap_or_default();
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
        whole["required"] = required.into();
    }
    whole
}

/// A place in a body with the schema that describes it, and whether it may be absent.
struct Spot {
    pointer: String,
    schema: Value,
    optional: bool,
}

/// Every place of a body that the document describes; `missing` gets the properties that the body has not.
fn spots(
    document: &Value,
    schema: &Value,
    body: &Value,
    optional: bool,
    pointer: &str,
    missing: &mut BTreeSet<String>,
) -> Vec<Spot> {
    let mut schema = resolved(document, schema);
    if body.is_array() && schema["properties"]["data"]["type"] == "array" {
        // a bare list instead of its envelope
        schema = schema["properties"]["data"].clone();
    }
    let mut found = vec![Spot { pointer: pointer.to_owned(), schema: schema.clone(), optional }];
    let mut below = |schema: &Value, body: &Value, optional: bool, pointer: String| {
        found.extend(spots(document, schema, body, optional, &pointer, missing));
    };
    match body {
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(at, item)| below(&schema["items"], item, false, format!("{pointer}/{at}")));
        }
        Value::Object(members) => {
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                let required =
                    schema["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name));
                if let Some(member) = members.get(name) {
                    below(property, member, !required, format!("{pointer}/{name}"));
                }
            }
        }
        _ => {}
    }
    let properties = schema["properties"].as_object().into_iter().flatten();
    missing.extend(properties.map(|(name, _)| format!("{pointer}/{name}")).filter(|_| body.is_object()).filter(|at| {
        let name = at.rsplit('/').next().unwrap();
        body.get(name).is_none()
    }));
    found
}

fn spots_of(document: &Value, body: &Body, value: &Value) -> Vec<Spot> {
    let schema = json!({"$ref": format!("#/components/schemas/{}", body.schema)});
    spots(document, &schema, value, false, "", &mut BTreeSet::new())
}

/// Reads every body changed at every place where `change` has something to change.
fn survive(what: &str, change: impl Fn(&mut Value, &Spot) -> bool, check: impl Fn(&Value) -> bool) -> usize {
    let document = document();
    let (mut count, mut failures) = (0, Vec::new());
    for (body, value) in bodies() {
        for spot in spots_of(&document, body, &value) {
            let mut changed = value.clone();
            if !change(&mut changed, &spot) {
                continue;
            }
            count += 1;
            let place = format!("{}{}", body.name, spot.pointer);
            match read(body.schema, &changed) {
                Ok(written) if check(&written) => {}
                Ok(written) => failures.push(format!("{what} at {place} is lost: {written}")),
                Err(error) => failures.push(format!("{what} at {place} is refused: {error}")),
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    count
}

/// Removes a place, or puts null there.
fn replace(body: &mut Value, pointer: &str, with: Option<Value>) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match with {
        Some(value) => parent.insert(name.to_owned(), value),
        None => parent.remove(name),
    };
}

#[test]
fn every_body_is_read_whole() {
    for (body, value) in bodies() {
        let written = read(body.schema, &value).unwrap_or_else(|error| panic!("{}: {error}", body.name));
        let expected = if value.is_array() { json!({ "data": value }) } else { value };
        assert_eq!(written, expected, "{}", body.name);
    }
}

#[test]
fn the_bodies_cover_every_answer_and_every_field() {
    let document = document();
    let known: BTreeSet<&str> = BODIES.iter().map(|body| body.schema).collect();
    let mut answers = BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            for (_, answer) in operation["responses"].as_object().into_iter().flatten() {
                let content = &resolved(&document, answer)["content"]["application/json"]["schema"]["$ref"];
                answers.extend(content.as_str().map(|reference| reference.rsplit('/').next().unwrap().to_owned()));
            }
        }
    }
    let schemas = document["components"]["schemas"].as_object().unwrap().keys();
    answers.extend(schemas.filter(|name| name.ends_with("Data") || *name == "WebhookEvent").cloned());
    assert!(answers.len() > 20);
    for schema in &answers {
        assert!(known.contains(schema.as_str()), "no body of schema {schema}");
        let root = json!({"$ref": format!("#/components/schemas/{schema}")});
        let missing = bodies().filter(|(body, _)| body.schema == schema).map(|(_, value)| {
            let mut missing = BTreeSet::new();
            spots(&document, &root, &value, false, "", &mut missing);
            missing
        });
        let fewest = missing.min_by_key(BTreeSet::len).unwrap();
        assert_eq!(fewest, BTreeSet::new(), "no body of {schema} has these");
    }
}

#[test]
fn a_value_that_is_not_listed_is_kept() {
    let new = "brand_new";
    let count = survive(
        "an unlisted value",
        |body, spot| {
            let is_enum = ["enum", "x-extensible-enum"].iter().any(|key| spot.schema[*key].is_array());
            if is_enum {
                *body.pointer_mut(&spot.pointer).unwrap() = new.into();
            }
            is_enum
        },
        |written| written.to_string().contains(new),
    );
    assert!(count > 50, "{count}");
}

#[test]
fn a_new_field_does_no_harm() {
    let count = survive(
        "a new field",
        |body, spot| {
            let object = body.pointer_mut(&spot.pointer).and_then(Value::as_object_mut);
            // in a map, a new key is an entry
            let object = object.filter(|_| spot.schema["additionalProperties"].is_null());
            object.map(|members| members.insert("brand_new".to_owned(), json!({"deep": [1, null]}))).is_some()
        },
        |_| true,
    );
    assert!(count > 80, "{count}");
}

#[test]
fn a_field_that_is_not_promised_may_be_absent() {
    let count = survive(
        "absence",
        |body, spot| {
            if spot.optional {
                replace(body, &spot.pointer, None);
            }
            spot.optional
        },
        |_| true,
    );
    assert!(count > 250, "{count}");
}

#[test]
fn a_field_that_is_not_promised_may_be_null() {
    let count = survive(
        "null",
        |body, spot| {
            if spot.optional {
                replace(body, &spot.pointer, Some(Value::Null));
            }
            spot.optional
        },
        |_| true,
    );
    assert!(count > 250, "{count}");
}

/// The counterpart: the survival tests would not notice types that take anything.
#[test]
fn a_field_that_is_promised_must_be_there() {
    let document = document();
    let mut count = 0;
    for (body, value) in bodies() {
        for spot in spots_of(&document, body, &value).iter().filter(|spot| !spot.optional) {
            let last = spot.pointer.rsplit('/').next().unwrap();
            if last.is_empty() || last.parse::<usize>().is_ok() {
                continue;
            }
            let mut changed = value.clone();
            replace(&mut changed, &spot.pointer, None);
            assert!(read(body.schema, &changed).is_err(), "{}{} is required, and not missed", body.name, spot.pointer);
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

#[test]
fn errors_have_the_documented_bodies() {
    for (operation, status, body) in [
        (Operation::HoldTimeslot, 409, Some(ErrorBody::HoldConflict)),
        (Operation::CreateBooking, 422, Some(ErrorBody::ValidationError)),
        (Operation::GetBooking, 404, Some(ErrorBody::Message)),
        (Operation::GetBooking, 418, None),
    ] {
        assert_eq!(operation.error_body(status), body, "{operation:?} {status}");
    }
}
