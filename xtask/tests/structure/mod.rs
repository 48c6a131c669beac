//! What OpenAPI 3.0.3 asks of a document's structure.

use std::collections::BTreeSet;

use serde_json::Value;
use xtask::walk;

const SCHEMA: &str = "title multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern \
    maxItems minItems uniqueItems maxProperties minProperties required enum type allOf oneOf anyOf not items properties \
    additionalProperties description format default nullable discriminator readOnly writeOnly xml externalDocs example \
    deprecated $ref";
const OPERATION: &str = "tags summary description externalDocs operationId parameters requestBody responses callbacks deprecated security servers";
const PARAMETER: &str = "name in description required deprecated allowEmptyValue style explode allowReserved schema \
    example examples content $ref";
const RESPONSE: &str = "description headers content links $ref";
const BODY: &str = "description content required $ref";
const ITEM: &str = "$ref summary description get put post delete options head patch trace servers parameters";
const ROOT: &str = "openapi info servers paths components security tags externalDocs";

/// What breaks the standard, each with its place.
pub fn problems(document: &Value) -> Vec<String> {
    let mut check = Check { document, found: Vec::new(), ids: BTreeSet::new() };
    check.members("document", document, ROOT);
    for key in ["title", "version"] {
        if !document["info"][key].is_string() {
            check.found.push(format!("info has no {key}"));
        }
    }
    check.references("#", document);
    check.security("document", &document["security"]);
    for (path, item) in members(&document["paths"]) {
        if !path.starts_with('/') {
            check.found.push(format!("path {path} does not begin with a slash"));
        }
        check.item(path, item);
    }
    for (name, response) in members(&document["components"]["responses"]) {
        check.response(name, response);
    }
    // a visitor of copies: it wants to write
    let mut found = Vec::new();
    walk::visit_schemas(&mut document.clone(), &mut |place, schema| schema_problems(place, schema, &mut found));
    check.found.extend(found);
    check.found
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn unknown<'a>(value: &'a Value, known: &str) -> Vec<&'a String> {
    let known: BTreeSet<&str> = known.split_whitespace().collect();
    members(value).map(|(key, _)| key).filter(|key| !known.contains(key.as_str()) && !key.starts_with("x-")).collect()
}

struct Check<'a> {
    document: &'a Value,
    found: Vec<String>,
    ids: BTreeSet<String>,
}

impl Check<'_> {
    fn members(&mut self, place: &str, value: &Value, known: &str) {
        self.found.extend(unknown(value, known).into_iter().map(|key| format!("{place}: member `{key}` is unknown")));
    }

    fn references(&mut self, place: &str, value: &Value) {
        if let Some(reference) = value["$ref"].as_str()
            && reference.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer)).is_none()
        {
            self.found.push(format!("{place}: {reference} leads nowhere"));
        }
        for (key, member) in members(value) {
            self.references(&format!("{place}/{key}"), member);
        }
        for member in list(value) {
            self.references(place, member);
        }
    }

    fn security(&mut self, place: &str, security: &Value) {
        let schemes = &self.document["components"]["securitySchemes"];
        for (name, _) in list(security).flat_map(members).filter(|(name, _)| schemes[name.as_str()].is_null()) {
            self.found.push(format!("{place}: security scheme `{name}` is not declared"));
        }
    }

    fn item(&mut self, path: &str, item: &Value) {
        self.members(path, item, ITEM);
        for method in walk::METHODS {
            let Some(value) = item.get(method) else { continue };
            self.operation(&walk::Operation { path, method, value, item });
        }
    }

    fn operation(&mut self, operation: &walk::Operation<'_>) {
        let place = operation.label();
        self.members(&place, operation.value, OPERATION);
        self.security(&place, &operation.value["security"]);
        if let Some(id) = operation.id()
            && !self.ids.insert(id.to_owned())
        {
            self.found.push(format!("{place}: the operationId is there twice"));
        }
        for tag in list(&operation.value["tags"]) {
            if !list(&self.document["tags"]).any(|known| known["name"] == *tag) {
                self.found.push(format!("{place}: tag {tag} is not declared"));
            }
        }
        self.parameters(&place, operation);
        self.members(&place, walk::resolve(self.document, &operation.value["requestBody"]), BODY);
        let responses = &operation.value["responses"];
        if members(responses).next().is_none() {
            self.found.push(format!("{place}: no answers"));
        }
        for (status, response) in members(responses) {
            let digits = status.len() == 3 && status[..1].parse().is_ok_and(|class: u8| (1..=5).contains(&class));
            if !(status == "default" || digits && (status.ends_with("XX") || status.parse::<u16>().is_ok())) {
                self.found.push(format!("{place}: {status} is no status"));
            }
            self.response(&format!("{place} {status}"), walk::resolve(self.document, response));
        }
        for (_, callback) in members(&operation.value["callbacks"]) {
            for (expression, item) in members(callback) {
                self.item(expression, item);
            }
        }
    }

    fn parameters(&mut self, place: &str, operation: &walk::Operation<'_>) {
        let mut seen = BTreeSet::new();
        for parameter in operation.parameters(self.document) {
            self.members(place, parameter, PARAMETER);
            let (name, kind) = (parameter["name"].as_str().unwrap_or("?"), parameter["in"].as_str().unwrap_or("?"));
            if !["path", "query", "header", "cookie"].contains(&kind) || !seen.insert((kind, name)) {
                self.found.push(format!("{place}: parameter {name} in {kind} is wrong or there twice"));
            }
            if kind == "path" && parameter["required"] != true {
                self.found.push(format!("{place}: path parameter {name} must be required"));
            }
            if parameter["schema"].is_object() == parameter["content"].is_object() {
                self.found.push(format!("{place}: parameter {name} needs one of schema and content"));
            }
        }
        // a callback's path is an expression
        if operation.path.starts_with('/') {
            let declared: BTreeSet<&str> =
                seen.iter().filter(|(kind, _)| *kind == "path").map(|(_, name)| *name).collect();
            let template = operation.path.split('{').skip(1).filter_map(|part| part.split_once('}'));
            let named: BTreeSet<&str> = template.map(|(name, _)| name).collect();
            if declared != named {
                self.found.push(format!("{place}: the path names {named:?}, the path parameters are {declared:?}"));
            }
        }
    }

    fn response(&mut self, place: &str, response: &Value) {
        self.members(place, response, RESPONSE);
        if !response["description"].is_string() {
            self.found.push(format!("{place}: the answer has no description"));
        }
    }
}

fn schema_problems(place: &str, schema: &Value, found: &mut Vec<String>) {
    found.extend(unknown(schema, SCHEMA).into_iter().map(|key| format!("{place}: keyword `{key}` is unknown")));
    let kind = &schema["type"];
    let kinds = ["array", "boolean", "integer", "number", "object", "string"];
    if !kind.is_null() && !kinds.iter().any(|known| kind == known) {
        found.push(format!("{place}: type {kind} is unknown"));
    }
    if kind == "array" && !schema["items"].is_object() {
        found.push(format!("{place}: an array without items"));
    }
    for key in ["required", "enum", "allOf", "anyOf", "oneOf"] {
        if schema[key].as_array().is_some_and(Vec::is_empty) || schema.get(key).is_some_and(|value| !value.is_array()) {
            found.push(format!("{place}: `{key}` must be a list with entries"));
        }
    }
    let names: Vec<&str> = list(&schema["required"]).filter_map(Value::as_str).collect();
    if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
        found.push(format!("{place}: `required` names something twice"));
    }
}
