//! Refuses documents of which a part would be ignored because it does not have the shape that OpenAPI gives it.

use anyhow::{Result, bail, ensure};
use serde_json::{Map, Value};

use super::site::Kind;
use crate::walk;

/// Refuses what should be an object and is not, and path items that cannot be read.
pub fn check(document: &Value) -> Result<()> {
    ensure!(document.is_object(), "is no object");
    check_object("components", &document["components"])?;
    for (section, named) in document["components"].as_object().into_iter().flatten().filter(|(name, _)| is_ours(name)) {
        check_object(&format!("components.{section}"), named)?;
    }
    for section in walk::SECTIONS {
        check_object(section, &document[section])?;
        for (name, item) in document[section].as_object().into_iter().flatten().filter(|(name, _)| is_ours(name)) {
            let place = if section == "paths" { format!("path {name}") } else { format!("webhook {name}") };
            check_item(name, &place, item)?;
        }
    }
    Ok(())
}

/// Refuses a page without anything of the kind that its name promises.
pub fn check_content(document: &Value, kind: Kind) -> Result<()> {
    let is_called = walk::SECTIONS.iter().any(|section| !walk::operations_in(document, section).is_empty());
    match kind {
        Kind::Endpoint => ensure!(is_called, "holds no operation and no webhook, although it is the page of one"),
        Kind::Schema | Kind::Text | Kind::Unknown => {
            let is_filled = is_called || walk::schemas(document).next().is_some();
            ensure!(is_filled, "its document holds no operation, no webhook and no schema");
        }
    }
    Ok(())
}

fn check_object(place: &str, value: &Value) -> Result<()> {
    ensure!(value.is_object() || value.is_null(), "`{place}` is no object");
    Ok(())
}

fn check_item(name: &str, place: &str, item: &Value) -> Result<()> {
    ensure!(item.is_object(), "{place} is no object");
    if let Some(reference) = item.get("$ref") {
        bail!("{place} refers to {reference}, which is not there");
    }
    for method in walk::METHODS {
        let is_fine = item.get(method).is_none_or(Value::is_object);
        ensure!(is_fine, "{} {name} is no object", method.to_uppercase());
    }
    for key in item.as_object().into_iter().flat_map(Map::keys) {
        let is_misspelt = walk::METHODS.iter().any(|method| method != key && method.eq_ignore_ascii_case(key));
        ensure!(!is_misspelt, "`{key}` of {place} is no method: OpenAPI writes them in lower case");
    }
    Ok(())
}

/// Extensions may be anything.
fn is_ours(name: &str) -> bool {
    !name.starts_with("x-")
}
