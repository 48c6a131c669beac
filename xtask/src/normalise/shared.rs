//! Steps that concern the document as a whole.

use serde_json::Value;

use super::Log;
use crate::walk;

/// Generated code sends the version in a header, and panics if it is not ASCII.
pub fn ascii_version(document: &mut Value, log: &mut Log) {
    let Some(version) = document["info"]["version"].as_str() else { return };
    if !version.is_ascii() {
        let ascii: String = version.chars().filter(char::is_ascii).collect();
        log.note("info.version", format!("reduced to ASCII: {ascii:?}"));
        document["info"]["version"] = ascii.into();
    }
}

/// Shared parameters, bodies and responses are written out where they are used, so that later steps see them.
pub fn inline_shared(document: &mut Value, _: &mut Log) {
    let source = document.clone();
    let inline = |value: &mut Value| {
        if value["$ref"].is_string() {
            *value = walk::resolve(&source, value).clone();
        }
    };
    for (_, item) in document["paths"].as_object_mut().into_iter().flatten() {
        item.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten().for_each(inline);
    }
    walk::operations_mut(document, |_, _, operation| {
        operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten().for_each(inline);
        operation.get_mut("requestBody").into_iter().for_each(inline);
        operation
            .get_mut("responses")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
            .for_each(|(_, response)| inline(response));
    });
}

/// The generator has no use for callbacks; what they carry is in the named schemas.
pub fn drop_callbacks(document: &mut Value, log: &mut Log) {
    walk::operations_mut(document, |_, _, operation| {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        if let Some(Value::Object(callbacks)) =
            operation.as_object_mut().and_then(|members| members.remove("callbacks"))
        {
            for name in callbacks.keys() {
                log.note(&id, format!("callback `{name}` dropped"));
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::run_step, *};

    #[test]
    fn versions_become_ascii() {
        let (document, notes) = run_step(ascii_version, json!({"info": {"version": "βeta 1"}}));
        assert_eq!(document["info"]["version"], "eta 1");
        assert_eq!(notes, [r#"info.version: reduced to ASCII: "eta 1""#]);
        assert!(run_step(ascii_version, json!({"info": {"version": "beta"}})).1.is_empty());
    }

    #[test]
    fn shared_parts_are_written_out() {
        let (document, _) = run_step(
            inline_shared,
            json!({
                "paths": {"/a": {"parameters": [{"$ref": "#/components/parameters/P"}], "get": {
                    "parameters": [{"$ref": "#/components/parameters/P"}],
                    "requestBody": {"$ref": "#/components/requestBodies/B"},
                    "responses": {"200": {"$ref": "#/components/responses/R"}, "404": {"$ref": "#/components/responses/Q"}}}}},
                "components": {"parameters": {"P": {"name": "p"}}, "requestBodies": {"B": {"content": {}}},
                    "responses": {"R": {"description": "r"}, "Q": {"$ref": "#/components/responses/R"}}},
            }),
        );
        assert_eq!(
            document["paths"]["/a"],
            json!({"parameters": [{"name": "p"}], "get": {"parameters": [{"name": "p"}], "requestBody": {"content": {}},
                "responses": {"200": {"description": "r"}, "404": {"description": "r"}}}})
        );
    }

    #[test]
    fn callbacks_go() {
        let operation = json!({"operationId": "createHook", "callbacks": {"delivery": {}}});
        let (document, notes) = run_step(drop_callbacks, json!({"paths": {"/a": {"post": operation}}}));
        assert_eq!(document["paths"]["/a"]["post"], json!({"operationId": "createHook"}));
        assert_eq!(notes, ["createHook: callback `delivery` dropped"]);
    }
}
