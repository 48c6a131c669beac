//! The effective document: what is published, lowered to OpenAPI 3.0.3, with what is assumed applied.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{
    document::{self, Document},
    lower, overlay,
};

/// The files a document is made from.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The OpenAPI document.
    pub document: PathBuf,
    /// The overlay, if one is to be applied.
    pub overlay: Option<PathBuf>,
}

/// An effective document.
#[derive(Debug, Clone)]
pub struct Effective {
    /// Valid OpenAPI 3.0.3.
    pub value: Value,
    /// The files that it was made from: the published document, and the overlay if there is one.
    pub inputs: Vec<Document>,
}

/// Reads the sources and joins them.
pub fn load(sources: &Sources) -> Result<Effective> {
    let overlay = sources.overlay.as_deref().map(document::read).transpose()?;
    join(document::read(&sources.document)?, overlay)
}

/// Joins a document and an overlay.
pub fn join(published: Document, overlay: Option<Document>) -> Result<Effective> {
    let version = document::version(&published)?;
    let mut value = published.value.clone();
    match version {
        (3, 1) => {
            value = lower::to_3_0(value)
                .with_context(|| format!("cannot bring {} down to OpenAPI 3.0", published.path.display()))?;
        }
        _ => lower::place_items(&mut value).with_context(|| published.path.display().to_string())?,
    }
    value["openapi"] = "3.0.3".into();
    if let Some(read) = &overlay {
        value = overlay::apply(value, &overlay::parse(read.value.clone())?)?;
    }
    drop_ref_siblings(&mut value);
    // the generator takes no others
    let value = openapi_drift::rounded(value);
    Ok(Effective { value, inputs: [published].into_iter().chain(overlay).collect() })
}

/// The document as it is written to disk.
pub fn to_json(value: &Value) -> String {
    format!("{value:#}\n")
}

/// In OpenAPI 3.0 nothing beside a `$ref` counts, so an overlay names an inline schema by adding one.
pub(crate) fn drop_ref_siblings(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.get("$ref").is_some_and(Value::is_string) {
                members.retain(|key, _| key == "$ref");
            }
            members.values_mut().for_each(drop_ref_siblings);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_ref_siblings),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_stands_alone() {
        let mut value = json!({"a": {"$ref": "#/x", "type": "integer"}, "properties": {"$ref": {"type": "string"}}});
        drop_ref_siblings(&mut value);
        assert_eq!(value, json!({"a": {"$ref": "#/x"}, "properties": {"$ref": {"type": "string"}}}));
    }
}
