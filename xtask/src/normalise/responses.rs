//! One success per operation.

use std::fmt;

use serde_json::Value;

use super::Log;
use crate::walk;

/// What the body of a response is.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// No body.
    Empty,
    /// JSON of this schema.
    Json(Value),
    /// Bytes of this media type.
    Bytes(String),
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no body"),
            Self::Json(schema) => match walk::schema_name(schema) {
                Some(name) => f.write_str(name),
                None => write!(f, "JSON {}", schema["type"].as_str().unwrap_or("of an inline schema")),
            },
            Self::Bytes(media) => f.write_str(media),
        }
    }
}

/// The shape of a response, references to shared responses resolved.
pub fn shape(document: &Value, response: &Value) -> Shape {
    let content = walk::resolve(document, response)["content"].as_object();
    match content.and_then(|content| content.iter().next()) {
        None => Shape::Empty,
        Some((media, body)) if media == "application/json" => Shape::Json(body["schema"].clone()),
        Some((media, _)) => Shape::Bytes(media.clone()),
    }
}

/// Where an operation keeps the schema names of its other responses, by status.
pub const ERROR_BODIES: &str = "x-error-bodies";

/// Keeps one success and lets any 2xx be it; the schemas of the other responses move to [`ERROR_BODIES`].
///
/// Where one success has a body and another has none, nobody may rely on the body, so it is not read.
pub fn keep_one_success(document: &mut Value, log: &mut Log) {
    let source = document.clone();
    walk::operations_mut(document, |_, _, operation| {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
        let successes: Vec<String> = responses.keys().filter(|status| walk::is_success(status)).cloned().collect();
        let chosen: Vec<&String> = successes.iter().collect();
        let fallback = "default".to_owned();
        let chosen = if chosen.is_empty() { vec![&fallback] } else { chosen };
        let (empty, full): (Vec<&String>, Vec<&String>) = chosen
            .iter()
            .filter(|status| responses.contains_key(**status))
            .partition(|status| shape(&source, &responses[**status]) == Shape::Empty);
        let Some(mut kept) = full.first().or(empty.first()).map(|status| responses[*status].clone()) else { return };
        if let Some(kept) = kept.as_object_mut() {
            kept.remove("headers");
            if !empty.is_empty() && kept.remove("content").is_some() {
                log.note(&id, format!("body of {} not read, since {} have none", join(&full), join(&empty)));
            }
        }
        let others: Vec<&String> = responses.keys().filter(|status| !chosen.contains(status)).collect();
        let mut errors = serde_json::Map::new();
        for status in &others {
            let Shape::Json(schema) = shape(&source, &responses[*status]) else { continue };
            match walk::schema_name(&schema) {
                Some(name) => {
                    errors.insert((*status).clone(), name.into());
                }
                None => log.note(&id, format!("body of {status} not in the table of error bodies: it has no name")),
            }
        }
        if !others.is_empty() {
            log.note(&id, format!("responses {} moved to the table of error bodies", join(&others)));
        }
        if join(&chosen) != "2XX" {
            log.note(&id, format!("success {} widened to any 2xx", join(&chosen)));
        }
        *responses = [("2XX".to_owned(), kept)].into_iter().collect();
        operation[ERROR_BODIES] = errors.into();
    });
}

fn join(statuses: &[&String]) -> String {
    statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::run_step, *};

    fn kept(responses: Value) -> (Value, Vec<String>) {
        let (mut document, notes) = run_step(
            keep_one_success,
            json!({"paths": {"/a": {"get": {"operationId": "getA", "responses": responses}}}}),
        );
        (document["paths"]["/a"]["get"].take(), notes)
    }

    #[test]
    fn one_success_remains_for_any_2xx() {
        let body = json!({"application/json": {"schema": {"type": "string"}}});
        let conflict = json!({"content": {"application/json": {"schema": walk::schema_ref("Conflict")}}});
        let (operation, notes) = kept(json!({"201": {"content": body, "headers": {}}, "409": conflict, "default": {}}));
        assert_eq!(operation["responses"], json!({"2XX": {"content": body}}));
        assert_eq!(operation[ERROR_BODIES], json!({"409": "Conflict"}));
        assert_eq!(
            notes,
            ["getA: responses 409, default moved to the table of error bodies", "getA: success 201 widened to any 2xx"]
        );
    }

    #[test]
    fn a_body_that_may_be_missing_is_not_read() {
        let body = json!({"application/json": {"schema": {"type": "string"}}});
        let (operation, notes) = kept(json!({"200": {"description": "d", "content": body}, "204": {}}));
        assert_eq!(operation["responses"], json!({"2XX": {"description": "d"}}));
        assert_eq!(notes[0], "getA: body of 200 not read, since 204 have none");
        // whichever comes first
        let (operation, notes) = kept(json!({"2XX": {"description": "d", "content": body}, "204": {}}));
        assert_eq!(operation["responses"], json!({"2XX": {"description": "d"}}));
        assert_eq!(notes[0], "getA: body of 2XX not read, since 204 have none");
        assert_eq!(kept(json!({"404": {}})).0["responses"], json!({"404": {}}));
    }

    #[test]
    fn default_alone_is_the_success() {
        let body = json!({"application/json": {"schema": {"type": "string"}}});
        assert_eq!(kept(json!({"default": {"content": body}})).0["responses"], json!({"2XX": {"content": body}}));
    }
}
