//! Path items and webhooks, which 3.0 cannot share or has no place for.

use serde_json::{Value, json};

use super::LowerError;
use crate::walk;

/// The member of a 3.0 document that holds what 3.1 has in `webhooks`.
pub const WEBHOOKS: &str = "x-webhooks";

/// Puts shared path items where they are used, and webhooks where 3.0 has them.
pub fn place(document: &mut Value) -> Result<(), LowerError> {
    inline(document);
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.remove("pathItems");
    }
    keep_webhooks(document)
}

/// 3.0 has no place for webhooks: they move to [`WEBHOOKS`], and their payloads become named schemas.
fn keep_webhooks(document: &mut Value) -> Result<(), LowerError> {
    let Some(Value::Object(webhooks)) = document.as_object_mut().and_then(|root| root.remove("webhooks")) else {
        return Ok(());
    };
    for (name, mut item) in webhooks {
        if let Some((media, payload)) = payload(document, &mut item) {
            let schema = heck::ToUpperCamelCase::to_upper_camel_case(name.as_str());
            let Some(schemas) = walk::schemas_mut(document) else { continue };
            if schemas.get(&schema).is_some_and(|existing| *existing != payload) {
                return Err(LowerError::WebhookName { name, schema });
            }
            media["schema"] = walk::schema_ref(&schema);
            schemas.insert(schema, payload);
        }
        if !document[WEBHOOKS].is_object() {
            document[WEBHOOKS] = json!({});
        }
        if document[WEBHOOKS].get(&name).is_some_and(|known| *known != item) {
            return Err(LowerError::WebhookTwice { name });
        }
        document[WEBHOOKS][&name] = item;
    }
    Ok(())
}

/// What a webhook delivers, unless it is named already, and where that is.
fn payload<'a>(document: &Value, item: &'a mut Value) -> Option<(&'a mut Value, Value)> {
    let method = walk::METHODS.into_iter().find(|method| item[*method]["requestBody"].is_object())?;
    let body = &mut item[method]["requestBody"];
    // a shared body is written where it is used, since its payload is named after the webhook
    *body = walk::resolve(document, body).clone();
    let (_, media) = body.get_mut("content")?.as_object_mut()?.iter_mut().next()?;
    let payload = media.get("schema").filter(|payload| walk::schema_name(payload).is_none())?.clone();
    Some((media, payload))
}

/// Puts path items where they are referred to. What is said beside a reference counts.
pub fn inline(document: &mut Value) {
    let root = document.clone();
    for section in ["paths", "webhooks", WEBHOOKS] {
        for (_, item) in document.get_mut(section).and_then(Value::as_object_mut).into_iter().flatten() {
            inline_item(&root, item);
            // an item may lead back to itself by its callbacks
            for method in walk::METHODS {
                let callbacks = item.get_mut(method).and_then(|operation| operation.get_mut("callbacks"));
                inline_callbacks(&root, callbacks);
            }
        }
    }
    inline_callbacks(&root, document.get_mut("components").and_then(|components| components.get_mut("callbacks")));
}

fn inline_callbacks(root: &Value, callbacks: Option<&mut Value>) {
    for (_, callback) in callbacks.and_then(Value::as_object_mut).into_iter().flatten() {
        // a reference to a callback holds no item
        let items = callback.as_object_mut().into_iter().flatten().filter(|(target, _)| *target != "$ref");
        items.for_each(|(_, item)| inline_item(root, item));
    }
}

fn inline_item(root: &Value, item: &mut Value) {
    let target = walk::resolve(root, item).as_object().filter(|target| !target.contains_key("$ref")).cloned();
    let (Some(target), Some(members)) = (target, item.as_object_mut()) else { return };
    if members.remove("$ref").is_some() {
        for (key, value) in target {
            members.entry(key).or_insert(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::to_3_0;

    #[test]
    fn webhook_payloads_become_schemas() {
        let payload = json!({"type": "object", "properties": {"id": {"type": ["integer", "null"]}}});
        let body = json!({"content": {"application/json": {"schema": payload}}});
        let item = json!({"post": {"requestBody": {"$ref": "#/components/requestBodies/B"}}});
        let document = to_3_0(json!({
            "openapi": "3.1.0", "webhooks": {"booking.created": {"$ref": "#/components/pathItems/P"}},
            "components": {"pathItems": {"P": item}, "requestBodies": {"B": body}},
        }))
        .unwrap();
        assert_eq!(document.get("webhooks"), None);
        assert_eq!(
            document["components"]["schemas"]["BookingCreated"]["properties"]["id"],
            json!({"type": "integer", "nullable": true})
        );
        let delivered = &document["x-webhooks"]["booking.created"]["post"]["requestBody"]["content"];
        assert_eq!(delivered["application/json"]["schema"], walk::schema_ref("BookingCreated"));
        assert_eq!(document["components"].get("pathItems"), None);
    }

    #[test]
    fn what_webhooks_say_beside_their_payload_is_lowered() {
        let text = json!({"type": ["string", "null"]});
        let body = json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Lost"}},
            "application/xml": {"schema": text}}});
        let item =
            json!({"parameters": [{"name": "p", "in": "header", "schema": text}], "post": {"requestBody": body}});
        let document = to_3_0(json!({"openapi": "3.1.0", "webhooks": {"lost": item}})).unwrap().to_string();
        assert_eq!(document.matches(r#"{"nullable":true,"type":"string"}"#).count(), 2, "{document}");
        assert!(document.contains(r##""schema":{"$ref":"#/components/schemas/Lost"}"##), "{document}");
        // one name for two
        let twice =
            json!({"openapi": "3.1.0", "webhooks": {"lost": {"post": {}}}, "x-webhooks": {"lost": {"put": {}}}});
        assert_eq!(to_3_0(twice), Err(LowerError::WebhookTwice { name: "lost".to_owned() }));
    }

    #[test]
    fn path_items_are_put_where_they_are_used() {
        let mut document = json!({
            "paths": {"/a": {"$ref": "#/components/pathItems/P", "summary": "mine"}, "/gone": {"$ref": "#/components/pathItems/Q"}},
            "components": {
                "pathItems": {"P": {"summary": "theirs", "get": {"callbacks": {"c": {"{$url}": {"$ref": "#/components/pathItems/P"}}}}}},
                "callbacks": {"d": {"{$url}": {"$ref": "#/components/pathItems/P"}}}},
        });
        inline(&mut document);
        let item = &document["paths"]["/a"];
        assert_eq!(item["summary"], "mine");
        assert_eq!(item["get"]["callbacks"]["c"]["{$url}"]["summary"], "theirs");
        assert!(document["components"]["callbacks"]["d"]["{$url}"]["get"].is_object());
        assert_eq!(document["paths"]["/gone"], json!({"$ref": "#/components/pathItems/Q"}));
    }
}
