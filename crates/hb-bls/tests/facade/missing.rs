//! Responses that lack a field: an optional field may be missing, and a missing required field is named.

use hb_bls::{Error, ErrorKind};
use hb_bls_gen::Operation;
use serde_json::{Value, json};

use crate::{
    canned::{self, Canned, token},
    cause_of, wire,
};

/// A field of a response.
struct Field {
    /// The object that contains the field, as a JSON pointer and as errors name it.
    object: (String, String),
    name: String,
    is_required: bool,
}

fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => resolve(document, document.pointer(&reference[1..]).unwrap()),
        None => schema,
    }
}

/// A value with everything that a schema describes. It records each field.
fn sample(document: &Value, schema: &Value, at: (String, String), fields: &mut Vec<Field>) -> Value {
    let schema = resolve(document, schema);
    let (pointer, place) = &at;
    if let Some(properties) = schema["properties"].as_object() {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let dot = if place.is_empty() { "" } else { "." };
        let members = properties.iter().map(|(name, property)| {
            let is_required = required.contains(&json!(name));
            fields.push(Field { object: at.clone(), name: name.clone(), is_required });
            let below = (format!("{pointer}/{name}"), format!("{place}{dot}{name}"));
            (name.clone(), sample(document, property, below, fields))
        });
        return members.collect();
    }
    if let Some(items) = schema.get("items") {
        return json!([sample(document, items, (format!("{pointer}/0"), format!("{place}[0]")), fields)]);
    }
    let known = ["enum", "x-extensible-enum"].iter().find_map(|keyword| schema[*keyword].get(0));
    if let Some(value) = schema.get("example").or(known) {
        return value.clone();
    }
    match (schema["type"].as_str().unwrap(), schema["format"].as_str()) {
        ("boolean", _) => json!(true),
        ("integer" | "number", _) => json!(7),
        ("string", Some("date-time")) => json!("2026-06-15T09:00:00+01:00"),
        ("string", Some("uri")) => json!("https://crm.example/"),
        ("string", _) => json!("text"),
        other => panic!("{other:?} at {place}"),
    }
}

/// The full response of an operation, as the document describes it.
fn whole(operation: Operation) -> (Value, Vec<Field>) {
    let document: Value = serde_json::from_str(hb_bls_gen::DOCUMENT).unwrap();
    let responses = &document["paths"][operation.path()][operation.method().to_lowercase()]["responses"];
    let (_, response) = responses.as_object().unwrap().iter().find(|(status, _)| status.starts_with('2')).unwrap();
    let schema = &resolve(&document, response)["content"]["application/json"]["schema"];
    let mut fields = Vec::new();
    let value = sample(&document, schema, Default::default(), &mut fields);
    (value, fields)
}

/// Calls an operation that gets this response.
async fn call(operation: Operation, body: &Value) -> Result<(), Error> {
    let reply = canned::json(&body.to_string());
    let start = format!("{} /api/v1{}", operation.method(), operation.path().split('{').next().unwrap());
    let server = Canned::all(move |asked| match () {
        () if asked.line.starts_with(&start) => reply.clone().into(),
        () if asked.head.contains("/auth/") => token(),
        () => canned::json("[]").into(),
    })
    .await;
    wire::call(&server.client(), &server.clock, operation).await
}

fn with_json() -> impl Iterator<Item = Operation> {
    Operation::ALL.into_iter().filter(|operation| operation.accept() == Some("application/json"))
}

#[tokio::test]
async fn no_optional_field_of_any_answer_is_missed() {
    let mut dropped = Vec::new();
    for operation in with_json() {
        let (value, fields) = whole(operation);
        call(operation, &value).await.unwrap();
        let mut bare = value.clone();
        for Field { object: (pointer, place), name, .. } in fields.iter().filter(|field| !field.is_required) {
            let mut without = value.clone();
            let object = without.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
            object.remove(name).unwrap();
            call(operation, &without).await.unwrap_or_else(|error| panic!("without {place}.{name}: {error:?}"));
            without.pointer_mut(pointer).unwrap()[name] = Value::Null;
            call(operation, &without).await.unwrap_or_else(|error| panic!("null for {place}.{name}: {error:?}"));
            if let Some(object) = bare.pointer_mut(pointer) {
                object.as_object_mut().unwrap().remove(name);
            }
            dropped.push(format!("{}: {place}.{name}", operation.id()));
        }
        call(operation, &bare).await.unwrap_or_else(|error| panic!("{operation:?} with {bare}: {error:?}"));
    }
    for expected in [
        "holdTimeslot: .slot",
        "holdTimeslot: .expires_at",
        "listTimeslots: data[0].course",
        "getBooking: .candidate",
        "getBooking: .start_date",
        "listBookings: data[0].created_at",
        "listBookings: .meta",
        "listTransactions: data[0].id",
        "listWebhooks: data[0].events",
    ] {
        assert!(dropped.iter().any(|dropped| dropped == expected), "{expected} of {dropped:?}");
    }
}

#[tokio::test]
async fn a_required_field_that_is_missing_is_named_with_operation_and_path() {
    let mut named = Vec::new();
    for operation in with_json() {
        let (value, fields) = whole(operation);
        for Field { object: (pointer, place), name, .. } in fields.iter().filter(|field| field.is_required) {
            let mut without = value.clone();
            without.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(name).unwrap();
            let outcome = call(operation, &without).await;
            if operation == Operation::RefreshToken {
                outcome.unwrap_or_else(|error| panic!("the credentials will do: {error:?}"));
                continue;
            }
            let error = outcome.unwrap_err();
            let error = if error.is_ambiguous() { cause_of(&error) } else { &error };
            let place = if place.is_empty() { "." } else { place };
            assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some(operation.id())), "{error:?}");
            assert_eq!(error.path(), Some(place), "without {name}");
            assert_eq!(error.reason(), Some("a required field is missing"), "{name} of {place}");
            named.push((operation, format!("{place} {name}")));
        }
    }
    for expected in [
        (Operation::CreateToken, ". access_token"),
        (Operation::ListCourses, ". data"),
        (Operation::ListBookings, "data[0] id"),
        (Operation::ListBookings, "data[0].course id"),
        (Operation::GetCredits, "booking_credits[0] credits"),
        (Operation::HoldTimeslot, ". hold_hash"),
        (Operation::HoldTimeslot, "slot time"),
        (Operation::CreateBooking, ". id"),
        (Operation::RotateWebhookSecret, ". secret"),
    ] {
        assert!(named.contains(&(expected.0, expected.1.to_owned())), "{expected:?} of {named:?}");
    }
}
