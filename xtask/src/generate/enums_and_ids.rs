//! Open enums and ids: what the document lists, in the macros that `hb-bls-gen` writes them with.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use heck::ToUpperCamelCase as _;
use serde_json::Value;

use crate::{
    handwritten_types::{Special, special},
    walk,
};

/// One `open_enum!` per enum.
pub fn open_enums(document: &Value) -> Result<String> {
    let mut text = String::from("use crate::open_enum::open_enum;\n");
    for (schema_name, schema) in walk::schemas(document) {
        let Some(Special::OpenEnum(values)) = special(schema_name, schema) else { continue };
        let mut variants = Vec::<String>::new();
        write!(text, "\nopen_enum! {{\n{}    {} {{\n", doc(schema, schema_name), type_name(schema_name)?)?;
        for value in &values {
            let variant = type_name(value)?;
            if variant == "Unknown" || variants.contains(&variant) {
                bail!(
                    "schema `{schema_name}`: name-collision: value {value:?} gives variant `{variant}`, which is taken"
                );
            }
            writeln!(text, "        /// `{}`\n        {variant} = {value:?},", value.escape_debug())?;
            variants.push(variant);
        }
        text.push_str("    }\n}\n");
    }
    Ok(text)
}

/// One `id!` per id.
pub fn ids(document: &Value) -> Result<String> {
    let mut text = String::from("use crate::id::id;\n");
    for (name, schema) in walk::schemas(document).filter(|(name, schema)| special(name, schema) == Some(Special::Id)) {
        write!(text, "\nid! {{\n{}    {}\n}}\n", doc(schema, name), type_name(name)?)?;
    }
    Ok(text)
}

fn doc(schema: &Value, name: &str) -> String {
    let description = schema["description"].as_str().unwrap_or(name);
    // a comment must not contain a carriage return
    let lines = description.lines().map(|line| line.replace('\r', " "));
    lines.map(|line| format!("    /// {line}").trim_end().to_owned() + "\n").collect()
}

fn type_name(text: &str) -> Result<String> {
    let camel = text.to_upper_camel_case();
    match syn::parse_str::<syn::Ident>(&camel) {
        Ok(_) => Ok(camel),
        Err(_) => bail!("{text:?} gives no Rust name; leave it out in the overlay"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_document_says_stays_in_comments_and_literals() {
        let schema =
            json!({"type": "string", "description": "A\rstate.\n} }", "enum": ["a\n} } const X: u8 = 1;", "b\r"]});
        let text = open_enums(&json!({"components": {"schemas": {"S": schema}}})).unwrap();
        let file = syn::parse_file(&text).unwrap();
        assert_eq!(file.items.len(), 2, "{text}");
        assert!(text.contains("/// `a\\n} } const X: u8 = 1;`") && !text.contains('\r'), "{text}");
    }

    #[test]
    fn colliding_values_are_refused() {
        let document = |values: Value| json!({"components": {"schemas": {"S": {"type": "string", "enum": values}}}});
        for values in [json!(["no_show", "no-show"]), json!(["unknown"]), json!(["42"]), json!([""])] {
            assert!(open_enums(&document(values.clone())).is_err(), "{values}");
        }
        assert!(open_enums(&document(json!(["a", "b"]))).is_ok());
    }
}
