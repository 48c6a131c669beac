//! Refuses, before anything is generated, what the generator cannot take or would get wrong in silence.

mod names;
mod operations;

use std::fmt;

use serde_json::Value;

use crate::walk;

/// What a document breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // each is explained where it is checked
pub enum Rule {
    MissingOperationId,
    DuplicateOperationId,
    NoSuccess,
    TwoSuccessShapes,
    MediaType,
    Parameter,
    MissingReference,
    Name,
    NameCollision,
    ReplacementTarget,
    Generator,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingOperationId => "missing-operation-id",
            Self::DuplicateOperationId => "duplicate-operation-id",
            Self::NoSuccess => "no-success",
            Self::TwoSuccessShapes => "two-success-shapes",
            Self::MediaType => "media-type",
            Self::Parameter => "parameter",
            Self::MissingReference => "missing-reference",
            Self::Name => "name",
            Self::NameCollision => "name-collision",
            Self::ReplacementTarget => "replacement-target",
            Self::Generator => "generator",
        })
    }
}

/// One thing that must be fixed, in the document or by the overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The rule that is broken.
    pub rule: Rule,
    /// The operation, or the schema.
    pub place: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.rule, self.message)
    }
}

/// Every problem of a document.
#[derive(Debug, thiserror::Error)]
#[error("the document cannot be generated from:\n{}", .0.iter().map(|p| format!("  {p}")).collect::<Vec<_>>().join("\n"))]
pub struct LintError(pub Vec<Problem>);

/// Fails if there is any problem.
pub fn refuse(problems: Vec<Problem>) -> Result<(), LintError> {
    if problems.is_empty() { Ok(()) } else { Err(LintError(problems)) }
}

/// Checks the effective document.
pub fn check(document: &Value) -> Vec<Problem> {
    let mut problems = operations::check(document);
    problems.extend(references(document));
    problems.extend(names::check(document));
    problems
}

fn problem(rule: Rule, place: impl Into<String>, message: impl Into<String>) -> Problem {
    Problem { rule, place: place.into(), message: message.into() }
}

/// Every `$ref` must lead somewhere inside the document, and not back to itself.
fn references(document: &Value) -> Vec<Problem> {
    fn collect(document: &Value, place: &str, value: &Value, problems: &mut Vec<Problem>) {
        match value {
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                    let found = reference.strip_prefix('#').is_some_and(|pointer| document.pointer(pointer).is_some());
                    let message = match found {
                        false => Some("leads nowhere; references must stay inside the document"),
                        true => walk::resolve(document, value)["$ref"].is_string().then_some("leads back to itself"),
                    };
                    if let Some(message) = message {
                        problems.push(problem(Rule::MissingReference, place, format!("`{reference}` {message}")));
                    }
                }
                members.iter().for_each(|(key, value)| collect(document, &format!("{place}/{key}"), value, problems));
            }
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(i, value)| collect(document, &format!("{place}/{i}"), value, problems));
            }
            _ => {}
        }
    }
    let mut problems = Vec::new();
    collect(document, "#", document, &mut problems);
    problems
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(change: impl FnOnce(&mut Value)) -> Value {
        let json_of = |schema: Value| json!({"application/json": {"schema": schema}});
        let mut document = json!({
            "paths": {
                "/things": {"get": {"operationId": "listThings", "responses": {"200": {"content": json_of(json!({"$ref": "#/components/schemas/Thing"}))}}}},
                "/things/{id}": {"put": {
                    "operationId": "putThing",
                    "parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}],
                    "requestBody": {"content": json_of(json!({"type": "object"}))},
                    "responses": {"204": {"description": "done"}}}},
            },
            "components": {"schemas": {"Thing": {"type": "object"}}},
        });
        change(&mut document);
        document
    }

    fn problems(change: impl FnOnce(&mut Value)) -> Vec<String> {
        check(&document(change)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_good_document_passes() {
        assert_eq!(problems(|_| {}), Vec::<String>::new());
        assert!(refuse(Vec::new()).is_ok());
    }

    #[test]
    fn operation_ids_exist_once() {
        assert_eq!(
            problems(|d| {
                d["paths"]["/things"]["get"].as_object_mut().unwrap().remove("operationId");
            }),
            ["GET /things: missing-operation-id: has no operationId that could name a method; add one in the overlay"]
        );
        assert_eq!(
            problems(|d| d["paths"]["/things"]["get"]["operationId"] = "put_thing".into()),
            [
                "putThing (PUT /things/{id}): duplicate-operation-id: gives the same method name as put_thing (GET /things); rename one in the overlay"
            ]
        );
    }

    #[test]
    fn success_has_one_shape() {
        let responses = |d: &mut Value, responses| d["paths"]["/things"]["get"]["responses"] = responses;
        let content = |schema| json!({"content": {"application/json": {"schema": schema}}});
        let thing = || json!({"$ref": "#/components/schemas/Thing"});
        assert_eq!(
            problems(|d| responses(d, json!({"200": content(thing()), "202": content(json!({"type": "string"}))}))),
            [
                "listThings (GET /things): two-success-shapes: succeeds in several shapes (200 with Thing, 202 with JSON string); keep one in the overlay"
            ]
        );
        assert_eq!(
            problems(|d| responses(d, json!({"404": {}}))),
            ["listThings (GET /things): no-success: has no 2xx response; add one in the overlay"]
        );
        assert_eq!(
            problems(|d| responses(d, json!({"200": content(thing()), "201": content(thing()), "204": {}}))),
            Vec::<String>::new()
        );
    }

    #[test]
    fn media_types_are_supported_ones() {
        assert_eq!(
            problems(|d| d["paths"]["/things/{id}"]["put"]["requestBody"]["content"] =
                json!({"application/xml": {"schema": {}}})),
            [
                "putThing (PUT /things/{id}): media-type: the request body is application/xml; supported: application/json"
            ]
        );
        assert_eq!(
            problems(|d| d["paths"]["/things"]["get"]["responses"]["200"]["content"] = json!({"text/csv": {}})),
            [
                "listThings (GET /things): media-type: the 200 response is text/csv; supported: application/json, application/pdf, application/octet-stream"
            ]
        );
        assert_eq!(
            problems(|d| d["paths"]["/things"]["get"]["responses"]["200"]["content"] = json!({"application/json": {}})),
            ["listThings (GET /things): media-type: the 200 response is JSON without a schema; add one in the overlay"]
        );
        assert_eq!(
            problems(|d| d["paths"]["/things"]["get"]["responses"]["200"]["content"]["application/pdf"] = json!({})),
            [
                "listThings (GET /things): media-type: the 200 response has several media types (application/json, application/pdf); keep one in the overlay"
            ]
        );
    }

    #[test]
    fn parameters_fit_the_path() {
        assert_eq!(
            problems(|d| d["paths"]["/things/{id}"]["put"]["parameters"][0]["name"] = "key".into()),
            [r#"putThing (PUT /things/{id}): parameter: the path names ["id"] but the path parameters are ["key"]"#]
        );
        assert_eq!(
            problems(
                |d| d["paths"]["/things"]["get"]["parameters"] = json!([{"name": "c", "in": "cookie", "schema": {}}])
            ),
            ["listThings (GET /things): parameter: parameter `c` is in `cookie`; supported: path, query, header"]
        );
    }

    #[test]
    fn references_lead_somewhere() {
        let itself = json!({"$ref": "#/components/responses/R"});
        assert_eq!(
            problems(|d| d["components"]["responses"] = json!({"R": itself})),
            ["#/components/responses/R: missing-reference: `#/components/responses/R` leads back to itself"]
        );
        assert_eq!(
            problems(|d| d["components"]["schemas"] = json!({})),
            ["#/paths/~1things/get/responses/200/content/application~1json/schema: missing-reference: `#/components/schemas/Thing` leads nowhere; references must stay inside the document"
                .replace("~1", "/")]
        );
    }
}
