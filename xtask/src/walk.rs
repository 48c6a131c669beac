//! Finds the operations and schemas of an OpenAPI document, so that no other module has to know where they are.

use serde_json::{Map, Value};

/// The HTTP methods a path item can hold, in the order in which operations are visited.
pub const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// One operation of a document.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    /// The path template, as `/bookings/{id}`.
    pub path: &'a str,
    /// The method, in lower case.
    pub method: &'static str,
    /// The operation object.
    pub value: &'a Value,
    /// The path item that contains it.
    pub item: &'a Value,
}

impl<'a> Operation<'a> {
    /// The `operationId`, or nothing.
    pub fn id(&self) -> Option<&'a str> {
        self.value["operationId"].as_str()
    }

    /// How messages name the operation: its id with method and path.
    pub fn label(&self) -> String {
        let place = format!("{} {}", self.method.to_uppercase(), self.path);
        match self.id() {
            Some(id) => format!("{id} ({place})"),
            None => place,
        }
    }

    /// The parameters of the path item and of the operation, which may override them; references resolved.
    pub fn parameters(&self, document: &'a Value) -> Vec<&'a Value> {
        let mut found = Vec::<&Value>::new();
        for list in [&self.item["parameters"], &self.value["parameters"]] {
            for parameter in list.as_array().into_iter().flatten().map(|parameter| resolve(document, parameter)) {
                found.retain(|known| known["name"] != parameter["name"] || known["in"] != parameter["in"]);
                found.push(parameter);
            }
        }
        found
    }

    /// The responses by status, references resolved.
    pub fn responses(&self, document: &'a Value) -> Vec<(&'a str, &'a Value)> {
        let responses = self.value["responses"].as_object().into_iter().flatten();
        responses.map(|(status, response)| (status.as_str(), resolve(document, response))).collect()
    }
}

/// Whether a response's key is a 2xx status, or all of them.
pub fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

/// Where path items are, by name: what a client calls, and what calls it in 3.1 and in our 3.0.
pub const SECTIONS: [&str; 3] = ["paths", "webhooks", "x-webhooks"];

/// The operations of `paths`, sorted by path, then method.
pub fn operations(document: &Value) -> Vec<Operation<'_>> {
    operations_in(document, "paths")
}

/// The operations of a section, sorted by path or webhook, then method.
pub fn operations_in<'a>(document: &'a Value, section: &str) -> Vec<Operation<'a>> {
    let mut found = Vec::new();
    for (path, item) in document[section].as_object().into_iter().flatten() {
        for method in METHODS {
            if let Some(value) = item.get(method).filter(|value| value.is_object()) {
                found.push(Operation { path, method, value, item });
            }
        }
    }
    found
}

/// Calls `visit` for every operation of `paths`.
pub fn operations_mut(document: &mut Value, visit: impl FnMut(&str, &'static str, &mut Value)) {
    operations_in_mut(document, "paths", visit);
}

/// Calls `visit` for every operation of a section.
pub fn operations_in_mut(document: &mut Value, section: &str, mut visit: impl FnMut(&str, &'static str, &mut Value)) {
    let Some(paths) = document.get_mut(section).and_then(Value::as_object_mut) else { return };
    for (path, item) in paths {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).filter(|operation| operation.is_object()) {
                visit(path, method, operation);
            }
        }
    }
}

/// The node that a local `$ref` leads to; the value itself when it is none or leads nowhere.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut current = value;
    // a chain longer than this is a cycle
    for _ in 0..32 {
        let Some(reference) = current["$ref"].as_str() else { return current };
        match reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer)) {
            Some(next) => current = next,
            None => return current,
        }
    }
    current
}

/// The component name of a schema reference.
pub fn schema_name(value: &Value) -> Option<&str> {
    value["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

/// A reference to a schema component.
pub fn schema_ref(name: &str) -> Value {
    serde_json::json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The document's named schemas.
pub fn schemas(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    document["components"]["schemas"].as_object().into_iter().flatten()
}

/// The document's named schemas, made if there are none. `None` if the document is no object.
pub fn schemas_mut(document: &mut Value) -> Option<&mut Map<String, Value>> {
    let components = document.as_object_mut()?.entry("components").or_insert_with(|| Value::Object(Map::new()));
    let schemas = components.as_object_mut()?.entry("schemas").or_insert_with(|| Value::Object(Map::new()));
    schemas.as_object_mut()
}

/// Calls `visit` with the place and value of every schema below this one, itself last.
pub fn visit_schema(place: &str, schema: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
    for key in ["properties", "patternProperties"] {
        for (name, property) in schema.get_mut(key).and_then(Value::as_object_mut).into_iter().flatten() {
            visit_schema(&format!("{place}.{name}"), property, visit);
        }
    }
    for key in ["allOf", "anyOf", "oneOf", "prefixItems"] {
        for (index, part) in schema.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
            visit_schema(&format!("{place}.{key}[{index}]"), part, visit);
        }
    }
    for (key, suffix) in [("items", "[]"), ("additionalProperties", "{}"), ("not", ".not")] {
        if let Some(part) = schema.get_mut(key).filter(|part| part.is_object()) {
            visit_schema(&format!("{place}{suffix}"), part, visit);
        }
    }
    visit(place, schema);
}

/// Calls `visit` for every schema of the document: components, parameters, bodies, responses and callbacks.
pub fn visit_schemas(document: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
    for (section, members) in document.get_mut("components").and_then(Value::as_object_mut).into_iter().flatten() {
        for (name, member) in members.as_object_mut().into_iter().flatten() {
            match section.as_str() {
                "schemas" => visit_schema(name, member, visit),
                _ => visit_holder(name, member, visit),
            }
        }
    }
    visit_items("paths", document, visit);
}

/// Calls `visit` for every schema in the path items of a section.
pub fn visit_items(section: &str, document: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
    for (path, item) in document.get_mut(section).and_then(Value::as_object_mut).into_iter().flatten() {
        visit_item(path, item, visit);
    }
}

fn visit_item(place: &str, item: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
    visit_parameters(place, item, visit);
    for method in METHODS {
        let Some(operation) = item.get_mut(method).filter(|operation| operation.is_object()) else { continue };
        let place = match operation["operationId"].as_str() {
            Some(id) => id.to_owned(),
            None => format!("{} {place}", method.to_uppercase()),
        };
        visit_parameters(&place, operation, visit);
        if let Some(body) = operation.get_mut("requestBody") {
            visit_holder(&format!("{place} body"), body, visit);
        }
        for (status, response) in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten() {
            visit_holder(&format!("{place} {status}"), response, visit);
        }
        for (name, callback) in operation.get_mut("callbacks").and_then(Value::as_object_mut).into_iter().flatten() {
            for (_, item) in callback.as_object_mut().into_iter().flatten() {
                visit_item(&format!("{place} {name}"), item, visit);
            }
        }
    }
}

fn visit_parameters(place: &str, holder: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
    for parameter in holder.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        let place = format!("{place} {}", parameter["name"].as_str().unwrap_or("?"));
        visit_holder(&place, parameter, visit);
    }
}

/// A holder has a `schema`, or schemas below `content` and `headers`.
fn visit_holder(place: &str, holder: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
    if let Some(schema) = holder.get_mut("schema") {
        visit_schema(place, schema, visit);
    }
    for (_, media) in holder.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten() {
        if let Some(schema) = media.get_mut("schema") {
            visit_schema(place, schema, visit);
        }
    }
    for (name, header) in holder.get_mut("headers").and_then(Value::as_object_mut).into_iter().flatten() {
        visit_holder(&format!("{place} {name}"), header, visit);
    }
}
