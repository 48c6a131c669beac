//! Operations that would get no method, or a wrong one.

use std::collections::BTreeMap;

use heck::ToSnakeCase as _;
use serde_json::Value;

use super::{Problem, Rule, problem};
use crate::{
    normalise::responses::{Shape, shape},
    walk::{self, Operation, operations},
};

pub(super) fn check(document: &Value) -> Vec<Problem> {
    let mut problems = operation_ids(document);
    for operation in operations(document) {
        problems.extend(success(document, &operation));
        problems.extend(media_types(document, &operation));
        problems.extend(parameters(document, &operation));
    }
    problems
}

/// Two ids may differ and still give one method: `getBooking` and `get_booking`.
fn operation_ids(document: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = BTreeMap::<String, String>::new();
    for operation in operations(document) {
        let Some(id) = operation.id().filter(|id| !id.to_snake_case().is_empty()) else {
            problems.push(problem(
                Rule::MissingOperationId,
                operation.label(),
                "has no operationId that could name a method; add one in the overlay",
            ));
            continue;
        };
        if let Some(first) = seen.insert(id.to_snake_case(), operation.label()) {
            problems.push(problem(
                Rule::DuplicateOperationId,
                operation.label(),
                format!("gives the same method name as {first}; rename one in the overlay"),
            ));
        }
    }
    problems
}

/// A method has one return type, so the bodies of all 2xx responses must be of one schema. An empty one may
/// stand beside: normalising then leaves the body unread.
fn success(document: &Value, operation: &Operation<'_>) -> Vec<Problem> {
    let responses: Vec<_> = operation
        .responses(document)
        .into_iter()
        .filter(|(status, _)| walk::is_success(status) || *status == "default")
        .collect();
    if responses.is_empty() {
        return vec![problem(Rule::NoSuccess, operation.label(), "has no 2xx response; add one in the overlay")];
    }
    let mut shapes: Vec<(&str, Shape)> = Vec::new();
    for (status, response) in responses.iter().filter(|(status, _)| *status != "default") {
        let shape = shape(document, response);
        if shape != Shape::Empty && !shapes.iter().any(|(_, known)| *known == shape) {
            shapes.push((status, shape));
        }
    }
    if shapes.len() < 2 {
        return Vec::new();
    }
    let list: Vec<String> = shapes.iter().map(|(status, shape)| format!("{status} with {shape}")).collect();
    vec![problem(
        Rule::TwoSuccessShapes,
        operation.label(),
        format!("succeeds in several shapes ({}); keep one in the overlay", list.join(", ")),
    )]
}

fn media_types(document: &Value, operation: &Operation<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let body = walk::resolve(document, &operation.value["requestBody"]);
    let mut check = |what: String, content: &Value, supported: &[&str]| {
        let types: Vec<&str> = content.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let message = match types[..] {
            [] => return,
            [one] if supported.contains(&one) && (one != "application/json" || content[one]["schema"].is_object()) => {
                return;
            }
            ["application/json"] => format!("{what} is JSON without a schema; add one in the overlay"),
            [one] => format!("{what} is {one}; supported: {}", supported.join(", ")),
            _ => format!("{what} has several media types ({}); keep one in the overlay", types.join(", ")),
        };
        problems.push(problem(Rule::MediaType, operation.label(), message));
    };
    check("the request body".to_owned(), &body["content"], &["application/json"]);
    for (status, response) in operation.responses(document) {
        if walk::is_success(status) || status == "default" {
            check(
                format!("the {status} response"),
                &response["content"],
                &["application/json", "application/pdf", "application/octet-stream"],
            );
        }
    }
    problems
}

/// Cookies are not sent, and a path and its parameters must agree.
fn parameters(document: &Value, operation: &Operation<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut in_path = Vec::new();
    for parameter in operation.parameters(document) {
        let name = parameter["name"].as_str().unwrap_or_default();
        match parameter["in"].as_str() {
            Some("path") => in_path.push(name),
            Some("query" | "header") => {}
            other => problems.push(problem(
                Rule::Parameter,
                operation.label(),
                format!("parameter `{name}` is in `{}`; supported: path, query, header", other.unwrap_or("nothing")),
            )),
        }
        if !parameter["schema"].is_object() {
            problems.push(problem(Rule::Parameter, operation.label(), format!("parameter `{name}` has no schema")));
        }
    }
    let mut in_template: Vec<&str> =
        operation.path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect();
    in_template.sort_unstable();
    in_path.sort_unstable();
    if in_template != in_path {
        problems.push(problem(
            Rule::Parameter,
            operation.label(),
            format!("the path names {in_template:?} but the path parameters are {in_path:?}"),
        ));
    }
    problems
}
