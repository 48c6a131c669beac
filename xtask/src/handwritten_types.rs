//! Schemas that stand for a type written by hand in `hb-bls-gen`.

use serde_json::Value;

use crate::walk;

/// What a named schema becomes instead of a generated struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Special {
    /// A string whose known values are listed, and that may have others.
    OpenEnum(Vec<String>),
    /// An integer that identifies something.
    Id,
    /// A list, in an envelope or bare, of this schema.
    List(String),
    /// A type of `hb-bls-gen`, by its name there.
    Scalar(&'static str),
}

/// The type's name, JSON type and format. A schema of that format is replaced by a reference to the type.
const SCALARS: [(&str, &str, &str); 4] = [
    ("Timestamp", "string", "date-time"),
    ("Date", "string", "date"),
    ("Secret", "string", "password"),
    ("Money", "number", "decimal"),
];

/// What a named schema is, if it is not generated.
pub fn special(name: &str, schema: &Value) -> Option<Special> {
    if let Some((scalar, ..)) = scalar(schema) {
        return Some(Special::Scalar(scalar));
    }
    let values = ["enum", "x-extensible-enum"].into_iter().find_map(|key| schema[key].as_array());
    // a type is often left out beside an enum
    if let Some(values) = values
        && (schema["type"] == "string" || schema["type"].is_null())
        && values.iter().all(|value| value.is_string() || value.is_null())
    {
        return Some(Special::OpenEnum(values.iter().filter_map(Value::as_str).map(str::to_owned).collect()));
    }
    if schema["type"] == "integer" && name.ends_with("Id") {
        return Some(Special::Id);
    }
    let properties = schema["properties"].as_object()?;
    let item = walk::schema_name(&properties.get("data")?["items"])?;
    // with other fields it is a struct of its own, or those fields would be lost
    let is_envelope = properties.keys().all(|name| ["data", "meta", "links"].contains(&name.as_str()));
    is_envelope.then(|| Special::List(item.to_owned()))
}

/// The type of `hb-bls-gen` that a schema's format stands for.
pub fn scalar(schema: &Value) -> Option<(&'static str, &'static str, &'static str)> {
    SCALARS.into_iter().find(|(_, kind, format)| schema["type"] == *kind && schema["format"] == *format)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn special_schemas_are_told_apart() {
        let open = |key: &str| json!({"type": "string", key: ["a", "b"]});
        let list = json!({"properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}}});
        assert_eq!(special("S", &open("enum")), Some(Special::OpenEnum(vec!["a".into(), "b".into()])));
        assert_eq!(special("S", &open("x-extensible-enum")), special("S", &open("enum")));
        assert_eq!(special("S", &json!({"enum": ["a", "b"]})), special("S", &open("enum")));
        assert_eq!(special("S", &json!({"enum": ["a", 1]})), None);
        let mut more = list.clone();
        more["properties"]["notice"] = json!({"type": "string"});
        assert_eq!(special("Things", &more), None);
        assert_eq!(special("ThingId", &json!({"type": "integer"})), Some(Special::Id));
        assert_eq!(special("Count", &json!({"type": "integer"})), None);
        assert_eq!(special("Things", &list), Some(Special::List("Thing".into())));
        assert_eq!(special("T", &json!({"type": "object", "properties": {"a": {}}})), None);
    }
}
