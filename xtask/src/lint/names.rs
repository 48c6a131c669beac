//! Names that would not make Rust, or would make the same Rust twice.

use std::collections::BTreeMap;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use serde_json::Value;

use super::{Problem, Rule, problem};
use crate::{
    handwritten_types::special,
    walk::{self, operations},
};

/// What `hb-bls-gen` has at its root already, where open enums and ids go as well.
const TAKEN: [&str; 19] = [
    "ByteStream",
    "Client",
    "Date",
    "Error",
    "ErrorBody",
    "Inner",
    "List",
    "Money",
    "Operation",
    "ParseMoneyError",
    "ParseTimestampError",
    "ReqwestTransport",
    "ResponseValue",
    "Secret",
    "Timestamp",
    "Transport",
    "TransportError",
    "TransportFuture",
    "Unknown",
];

pub(super) fn check(document: &Value) -> Vec<Problem> {
    let mut problems = types(document);
    let mut copy = document.clone();
    walk::visit_schemas(&mut copy, &mut |place, schema| {
        let names = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        problems.extend(members(&format!("schema `{place}`"), "property", names));
    });
    for operation in operations(document) {
        let parameters = operation.parameters(document);
        let names = parameters.iter().filter_map(|parameter| parameter["name"].as_str());
        problems.extend(members(&operation.label(), "parameter", names));
        if operation.id().is_some_and(|id| !is_name(&id.to_snake_case())) {
            let message = "its operationId gives no Rust name; set another in the overlay";
            problems.push(problem(Rule::Name, operation.label(), message));
        }
    }
    problems
}

/// `booking-id` and `BookingId` are one Rust type.
fn types(document: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = BTreeMap::<String, &str>::new();
    for (name, schema) in walk::schemas(document) {
        let place = format!("schema `{name}`");
        let camel = name.to_upper_camel_case();
        if !is_name(&camel) {
            problems.push(problem(Rule::Name, place, "gives no Rust name; rename it"));
            continue;
        }
        if TAKEN.contains(&camel.as_str()) && special(name, schema).is_some() {
            problems.push(problem(
                Rule::NameCollision,
                place.clone(),
                "`hb-bls-gen` has something of this name; rename it",
            ));
        }
        if let Some(first) = seen.insert(camel, name) {
            let message = format!("gives the same type name as `{first}`; rename one");
            problems.push(problem(Rule::NameCollision, place, message));
        }
    }
    problems
}

/// `a-b` and `a_b` are one field, and one builder method.
fn members<'a>(place: &str, kind: &str, names: impl Iterator<Item = &'a str>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = BTreeMap::<String, &str>::new();
    for name in names {
        if let Some(first) = seen.insert(name.to_snake_case(), name) {
            let message = format!("{kind} `{name}` gives the same Rust name as `{first}`; rename one");
            problems.push(problem(Rule::NameCollision, place, message));
        }
    }
    problems
}

fn is_name(text: &str) -> bool {
    syn::parse_str::<syn::Ident>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(document: Value) -> Vec<String> {
        check(&document).iter().map(ToString::to_string).collect()
    }

    fn schemas(schemas: Value) -> Vec<String> {
        problems(json!({"components": {"schemas": schemas}}))
    }

    fn operation(operation: Value) -> Vec<String> {
        problems(json!({"paths": {"/a": {"get": operation}}}))
    }

    #[test]
    fn schema_names_give_different_types() {
        assert_eq!(
            schemas(json!({"Thing": {}, "thing": {}})),
            ["schema `thing`: name-collision: gives the same type name as `Thing`; rename one"]
        );
        assert_eq!(schemas(json!({"2": {}})), ["schema `2`: name: gives no Rust name; rename it"]);
        assert_eq!(
            schemas(json!({"Client": {"type": "string", "enum": ["a"]}})),
            ["schema `Client`: name-collision: `hb-bls-gen` has something of this name; rename it"]
        );
        assert_eq!(schemas(json!({"Client": {"type": "object"}})), Vec::<String>::new(), "a struct is in `types`");
    }

    #[test]
    fn fields_and_parameters_have_different_names() {
        assert_eq!(
            schemas(json!({"T": {"properties": {"p": {"properties": {"a-b": {}, "a_b": {}}}}}})),
            ["schema `T.p`: name-collision: property `a_b` gives the same Rust name as `a-b`; rename one"]
        );
        let parameters = json!([{"name": "q", "in": "query"}, {"name": "q", "in": "header"}]);
        assert_eq!(
            operation(json!({"operationId": "getA", "parameters": parameters})),
            ["getA (GET /a): name-collision: parameter `q` gives the same Rust name as `q`; rename one"]
        );
    }

    #[test]
    fn operation_ids_give_methods() {
        for id in ["2fast", "self", "move"] {
            let expected =
                format!("{id} (GET /a): name: its operationId gives no Rust name; set another in the overlay");
            assert_eq!(operation(json!({"operationId": id})), [expected]);
        }
    }
}
