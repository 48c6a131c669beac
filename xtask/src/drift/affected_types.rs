//! Finds the types of the raw crate that a change touches, named as `normalise` names them.

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use openapi_drift::Change;
use serde_json::Value;

use crate::{normalise::is_type, walk};

/// The schema that lists the events.
const EVENT_TYPE: &str = "WebhookEventType";

/// The raw types and request builders that a change touches, with the field if it is about one.
pub fn raw(document: &Value, change: &Change) -> Vec<String> {
    let tokens: Vec<String> =
        change.pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let direct = match tokens[..] {
        ["components", "schemas", name, ref rest @ ..] => {
            schema(name.to_upper_camel_case(), name.to_owned(), &document["components"]["schemas"][name], rest)
        }
        ["paths", path, method, ref rest @ ..] => operation(&document["paths"][path][method], rest),
        [section @ ("webhooks" | "x-webhooks"), name, ref rest @ ..] => {
            return webhook(document, name, &document[section][name], rest);
        }
        _ => None,
    };
    match direct {
        Some(found) => vec![found],
        // what is shared by operations has no type of its own
        None => {
            let calls = change.operations.iter().filter(|operation| operation.webhook.is_none());
            calls.filter_map(|operation| Some(builder(operation.id.as_deref()?))).collect()
        }
    }
}

/// The type of a webhook's payload, which is named after the webhook if it has no name, and with an event that comes
/// or goes the type that lists them.
fn webhook(document: &Value, name: &str, item: &Value, rest: &[&str]) -> Vec<String> {
    let item = walk::resolve(document, item);
    let payload = walk::METHODS.iter().find_map(|method| {
        let body = walk::resolve(document, item.get(method)?.get("requestBody")?);
        body["content"].as_object()?.values().find_map(|media| media.get("schema"))
    });
    let below = match rest {
        [_, "requestBody", "content", _, "schema", rest @ ..] => rest,
        _ => &[],
    };
    let payload = payload.and_then(|payload| match walk::schema_name(payload) {
        Some(named) => Some(named.to_upper_camel_case()),
        None => schema(name.to_upper_camel_case(), name.to_owned(), payload, below),
    });
    let is_event = rest.len() < 2 && document["components"]["schemas"].get(EVENT_TYPE).is_some();
    payload.into_iter().chain(is_event.then(|| EVENT_TYPE.to_owned())).collect()
}

fn builder(id: &str) -> String {
    format!("builder::{}", id.to_upper_camel_case())
}

fn operation(operation: &Value, rest: &[&str]) -> Option<String> {
    let id = operation["operationId"].as_str()?;
    let content = |holder: &Value, name: String, rest: &[&str]| match rest {
        ["content", media, "schema", rest @ ..] => inline(name, &holder["content"][media]["schema"], rest),
        _ => None,
    };
    let found = match rest {
        ["callbacks", ..] => return None,
        ["requestBody", rest @ ..] => content(&operation["requestBody"], format!("{id} request"), rest),
        ["responses", status, rest @ ..] => {
            let name =
                if walk::is_success(status) { format!("{id} response") } else { format!("{id} {status} response") };
            content(&operation["responses"][status], name, rest)
        }
        ["parameters", index, rest @ ..] => {
            let parameter = index.parse().ok().and_then(|index: usize| operation["parameters"].get(index));
            parameter.and_then(|parameter| {
                let name = parameter["name"].as_str()?;
                let own = rest
                    .strip_prefix(&["schema"])
                    .and_then(|rest| inline(format!("{id} {name}"), &parameter["schema"], rest));
                own.or_else(|| Some(format!("{}::{}", builder(id), name.to_snake_case())))
            })
        }
        _ => None,
    };
    found.or_else(|| Some(builder(id)))
}

/// The type of an inline schema, or of what is below it; none if no type comes of it.
fn inline(place: String, value: &Value, rest: &[&str]) -> Option<String> {
    if is_type(value) {
        return schema(place.to_upper_camel_case(), place, value, rest);
    }
    let (place, value, rest) = below(place, value, rest)?;
    inline(place, value, rest)
}

/// The innermost type on the way, and its field that the way goes through. `place` is what inline types below are
/// named by.
fn schema(current: String, place: String, value: &Value, rest: &[&str]) -> Option<String> {
    let mut current = current;
    let mut field = None::<String>;
    let (mut place, mut value, mut rest) = (place, value, rest);
    loop {
        if let ["properties", name, ..] = rest {
            field = Some(name.to_snake_case());
        }
        let Some(next) = below(place, value, rest) else {
            return Some(field.map_or_else(|| current.clone(), |field| format!("{current}.{field}")));
        };
        (place, value, rest) = next;
        if is_type(value) {
            (current, field) = (place.to_upper_camel_case(), None);
            place.clone_from(&current);
        }
    }
}

/// One step of the way: the place, its schema, and the rest of the way.
fn below<'a, 'b>(place: String, value: &'a Value, rest: &'b [&'b str]) -> Option<(String, &'a Value, &'b [&'b str])> {
    match rest {
        ["properties", name, rest @ ..] => Some((format!("{place} {name}"), &value["properties"][name], rest)),
        ["items", rest @ ..] => Some((format!("{place} item"), &value["items"], rest)),
        ["additionalProperties", rest @ ..] => Some((format!("{place} value"), &value["additionalProperties"], rest)),
        [key @ ("allOf" | "anyOf" | "oneOf"), index, rest @ ..] => {
            Some((place, value[key].get(index.parse::<usize>().ok()?)?, rest))
        }
        _ => None,
    }
}
