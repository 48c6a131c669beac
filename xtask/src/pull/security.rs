//! Mends security schemes that are not OpenAPI, and the requirements that name them.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use crate::walk;

/// Mends the schemes of a document, names them as the vendored document does, and writes into each operation what it
/// requires.
pub fn mend(document: &mut Value, vendored: &Value) -> Result<()> {
    let known = schemes(vendored);
    let mut declared = Map::new();
    let mut renamed = BTreeMap::<String, String>::new();
    for (name, mut scheme) in schemes(document) {
        let scheme = match mended(&name, &mut scheme) {
            true => scheme,
            false => match known.get(&name) {
                Some(scheme) => scheme.clone(),
                None => bail!("security scheme `{name}` has type {}, which OpenAPI does not know", scheme["type"]),
            },
        };
        let (to, scheme) = as_vendored(&name, scheme, &known);
        renamed.insert(name, to.clone());
        declared.insert(to, scheme);
    }
    let root = document.as_object_mut().and_then(|root| root.remove("security")).unwrap_or_else(|| json!([]));
    let mut used = Map::new();
    let mut failed = None;
    let mut visit = |path: &str, method: &str, required: Value, operation: &mut Value| match requirements(
        &required,
        &renamed,
        &mut declared,
        &known,
    ) {
        Ok(required) => {
            let names = required.iter().filter_map(Value::as_object).flat_map(Map::keys);
            used.extend(names.filter_map(|name| Some((name.clone(), declared.get(name)?.clone()))));
            operation["security"] = required.into();
        }
        Err(name) => failed = failed.take().or_else(|| Some((method.to_uppercase(), path.to_owned(), name))),
    };
    walk::operations_mut(document, |path, method, operation| {
        let required = operation.get("security").unwrap_or(&root).clone();
        visit(path, method, required, operation);
    });
    // deliveries are not authenticated as calls are
    for section in walk::SECTIONS.into_iter().filter(|section| *section != "paths") {
        walk::operations_in_mut(document, section, |name, method, operation| {
            let Some(required) = operation.get("security") else { return };
            visit(name, method, required.clone(), operation);
        });
    }
    if let Some((method, path, name)) = failed {
        bail!("{method} {path} requires security scheme `{name}`, which is declared nowhere");
    }
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.remove("securitySchemes");
    }
    if !used.is_empty() {
        document["components"]["securitySchemes"] = used.into();
    }
    Ok(())
}

fn schemes(document: &Value) -> Map<String, Value> {
    document["components"]["securitySchemes"].as_object().cloned().unwrap_or_default()
}

/// Makes a scheme valid, if its type can be recognised.
fn mended(name: &str, scheme: &mut Value) -> bool {
    let kind = scheme["type"].as_str().unwrap_or_default().to_ascii_lowercase();
    let keep: &[&str] = match kind.as_str() {
        "http" | "bearer" | "basic" => {
            if kind != "http" {
                scheme["scheme"] = kind.as_str().into();
            }
            if !scheme["scheme"].is_string() {
                scheme["scheme"] = "bearer".into();
            }
            scheme["type"] = "http".into();
            &["type", "scheme", "bearerFormat", "description"]
        }
        "apikey" => {
            scheme["type"] = "apiKey".into();
            if !scheme["in"].is_string() {
                scheme["in"] = "header".into();
            }
            if !scheme["name"].is_string() {
                scheme["name"] = name.into();
            }
            &["type", "in", "name", "description"]
        }
        "oauth2" => {
            if !scheme["flows"].is_object() {
                scheme["flows"] = json!({});
            }
            &["type", "flows", "description"]
        }
        "openidconnect" => {
            scheme["type"] = "openIdConnect".into();
            &["type", "openIdConnectUrl", "description"]
        }
        _ => return false,
    };
    if let Some(members) = scheme.as_object_mut() {
        members.retain(|key, value| keep.contains(&key.as_str()) && *value != "");
    }
    true
}

/// A scheme that differs from a vendored one only by its name takes that name, and the description if it has none.
fn as_vendored(name: &str, mut scheme: Value, known: &Map<String, Value>) -> (String, Value) {
    let essence = |scheme: &Value| {
        let lower = |key: &str| scheme[key].as_str().unwrap_or_default().to_ascii_lowercase();
        (["type", "scheme", "in", "name", "openIdConnectUrl"].map(lower), scheme["flows"].clone())
    };
    let same: Vec<(&String, &Value)> = known.iter().filter(|(_, known)| essence(known) == essence(&scheme)).collect();
    let Some((name, known)) = same.iter().find(|(known, _)| *known == name).or_else(|| same.first()) else {
        return (name.to_owned(), scheme);
    };
    if scheme["description"].is_null() && !known["description"].is_null() {
        scheme["description"] = known["description"].clone();
    }
    ((*name).clone(), scheme)
}

/// The requirements with the schemes' names as declared, or the name that is declared nowhere.
fn requirements(
    required: &Value,
    renamed: &BTreeMap<String, String>,
    declared: &mut Map<String, Value>,
    known: &Map<String, Value>,
) -> Result<Vec<Value>, String> {
    let mut alternatives = Vec::new();
    for alternative in required.as_array().into_iter().flatten().filter_map(Value::as_object) {
        let mut names: Vec<(String, Value)> =
            alternative.iter().filter(|(name, _)| *name != "x-apidog").map(|(n, v)| (n.clone(), v.clone())).collect();
        // without the tool's member it would be empty, which means that nothing is required
        if names.is_empty()
            && let Some(tool) = alternative.get("x-apidog")
        {
            let groups = tool["schemeGroups"].as_array().into_iter().flatten();
            let ids = groups.flat_map(|group| group["schemeIds"].as_array().into_iter().flatten());
            names = ids.filter_map(|id| Some((id.as_str()?.to_owned(), json!([])))).collect();
            if names.is_empty() {
                continue;
            }
        }
        let mut together = Map::new();
        for (name, scopes) in names {
            let to = resolve(&name, renamed, declared, known).ok_or(name)?;
            together.insert(to, if scopes.is_array() { scopes } else { json!([]) });
        }
        let together = Value::Object(together);
        if !alternatives.contains(&together) {
            alternatives.push(together);
        }
    }
    Ok(alternatives)
}

/// The declared name that is meant: the same one, one with a similar spelling, or the only one.
fn resolve(
    name: &str,
    renamed: &BTreeMap<String, String>,
    declared: &mut Map<String, Value>,
    known: &Map<String, Value>,
) -> Option<String> {
    let alike = |other: &&String| plain(other) == plain(name);
    let own = renamed.get(name).or_else(|| renamed.iter().find(|(other, _)| alike(other)).map(|(_, to)| to));
    let to = own.cloned().or_else(|| {
        let (name, scheme) = known.iter().find(|(other, _)| alike(other))?;
        declared.insert(name.clone(), scheme.clone());
        Some(name.clone())
    });
    to.or_else(|| Some(declared.keys().next()?.clone()).filter(|_| declared.len() == 1))
}

/// `API Key` and `api_key1` are the same name: the tool numbers repeated names.
fn plain(name: &str) -> String {
    let letters: String = name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    letters.trim_end_matches(|letter: char| letter.is_ascii_digit()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(schemes: Value, root: Value, operation: Value) -> Value {
        json!({"security": root, "paths": {"/a": {"get": operation}}, "components": {"securitySchemes": schemes}})
    }

    fn vendored() -> Value {
        document(json!({"bearerAuth": {"type": "http", "scheme": "bearer", "description": "d"}}), json!([]), json!({}))
    }

    fn mended(schemes: Value, root: Value, operation: Value) -> (Value, Value) {
        let mut document = document(schemes, root, operation);
        mend(&mut document, &vendored()).unwrap();
        assert_eq!(document.get("security"), None);
        (document["components"]["securitySchemes"].clone(), document["paths"]["/a"]["get"]["security"].clone())
    }

    #[test]
    fn schemes_that_are_not_openapi_are_mended() {
        let bearer = json!({"bearerAuth": {"type": "http", "scheme": "bearer", "description": "d"}});
        let all = json!([{"bearerAuth": []}]);
        for scheme in
            [json!({"type": "bearer", "scheme": "bearer", "x-apidog": {"schemeGroups": []}}), json!({"type": "http"})]
        {
            let tool = json!({"schemeGroups": [{"id": "x", "schemeIds": ["BearerAuth1"]}]});
            assert_eq!(
                mended(json!({"BearerAuth1": scheme}), json!([{"BearerAuth1": [], "x-apidog": tool}]), json!({})),
                (bearer.clone(), all.clone())
            );
            // a requirement that consists of the tool's member alone
            assert_eq!(
                mended(json!({"BearerAuth1": scheme}), json!([{"x-apidog": tool}]), json!({})),
                (bearer.clone(), all.clone())
            );
        }
        let key = json!({"in": "header", "name": "K", "type": "apikey", "description": ""});
        assert_eq!(
            mended(
                json!({"api_key": key, "other": {"type": "basic"}}),
                json!([]),
                json!({"security": [{"API Key": []}]})
            ),
            (json!({"api_key": {"in": "header", "name": "K", "type": "apiKey"}}), json!([{"api_key": []}]))
        );
        assert_eq!(
            mended(json!({"k": {"type": "apikey"}}), json!([{"k": null}]), json!({})),
            (json!({"k": {"in": "header", "name": "k", "type": "apiKey"}}), json!([{"k": []}]))
        );
        let oauth = json!({"type": "oauth2", "appName": "a", "flows": {"x": 1}});
        assert_eq!(
            mended(json!({"o": oauth}), json!([{"o": ["read"]}]), json!({})).0,
            json!({"o": {"type": "oauth2", "flows": {"x": 1}}})
        );
    }

    #[test]
    fn webhooks_name_the_schemes_as_declared_and_take_none_from_calls() {
        let mut document = document(json!({"B1": {"type": "bearer"}}), json!([{"B1": []}]), json!({}));
        document["webhooks"] = json!({"a": {"post": {"security": [{"b": []}]}}, "c": {"post": {}}});
        mend(&mut document, &vendored()).unwrap();
        assert_eq!(document["webhooks"], json!({"a": {"post": {"security": [{"bearerAuth": []}]}}, "c": {"post": {}}}));
    }

    #[test]
    fn what_needs_nothing_stays_so_and_unused_schemes_go() {
        let (schemes, required) = mended(json!({"b": {"type": "bearer"}}), json!([{"b": []}]), json!({"security": []}));
        assert_eq!((schemes, required), (Value::Null, json!([])));
        let (_, optional) = mended(json!({"b": {"type": "bearer"}}), json!([]), json!({"security": [{}, {"b": []}]}));
        assert_eq!(optional, json!([{}, {"bearerAuth": []}]));
    }

    #[test]
    fn a_scheme_that_is_declared_nowhere_is_taken_from_the_vendored_document_or_named() {
        let (schemes, _) = mended(json!({}), json!([{"bearer_auth": []}]), json!({}));
        assert_eq!(schemes["bearerAuth"]["description"], "d");
        let two = json!({"a": {"type": "basic"}, "b": {"type": "bearer"}});
        let error = mend(&mut document(two, json!([{"c": []}]), json!({})), &vendored()).unwrap_err();
        assert_eq!(error.to_string(), "GET /a requires security scheme `c`, which is declared nowhere");
        let odd = json!({"magic": {"type": "hat"}});
        let error = mend(&mut document(odd, json!([]), json!({})), &vendored()).unwrap_err();
        assert_eq!(error.to_string(), "security scheme `magic` has type \"hat\", which OpenAPI does not know");
    }
}
