//! References, in place of formats, to the types that stand for them.

use serde_json::{Value, json};

use super::Log;
use crate::{
    handwritten_types::scalar,
    lint::{Problem, Rule},
    walk,
};

/// Refers to the named type wherever a schema has its format.
pub fn name_formats(document: &mut Value, log: &mut Log) {
    let mut used = Vec::new();
    walk::visit_schemas(document, &mut |place, schema| {
        let Some(found) = scalar(schema) else { return };
        let reference = walk::schema_ref(found.0);
        // an allOf of one part keeps the description, which would be ignored beside a $ref
        *schema = match schema.get("description") {
            Some(description) => json!({ "allOf": [reference], "description": description }),
            None => reference,
        };
        log.note(place, format!("is `{}`, for its format {}", found.0, found.2));
        used.push(found);
    });
    let Some(schemas) = walk::schemas_mut(document) else { return };
    for (name, kind, format) in used {
        let schema = json!({ "type": kind, "format": format });
        match schemas.get(name) {
            Some(existing) if *existing != schema => log.problems.push(Problem {
                rule: Rule::NameCollision,
                place: format!("schema `{name}`"),
                message: format!("the name stands for strings or numbers of format {format}; rename the schema"),
            }),
            _ => {
                schemas.insert(name.to_owned(), schema);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::run_step, *};
    use crate::handwritten_types::{Special, special};

    #[test]
    fn formats_become_types() {
        let at = json!({"type": "string", "format": "date-time", "description": "d", "example": "e"});
        let (document, notes) = run_step(
            name_formats,
            json!({"components": {"schemas": {"T": {"properties": {"at": at, "n": {"type": "number"}, "m": {"type": "number", "format": "decimal"}}}}}}),
        );
        let schemas = &document["components"]["schemas"];
        assert_eq!(
            schemas["T"]["properties"]["at"],
            json!({"allOf": [walk::schema_ref("Timestamp")], "description": "d"})
        );
        assert_eq!(schemas["T"]["properties"]["m"], walk::schema_ref("Money"));
        assert_eq!(schemas["T"]["properties"]["n"], json!({"type": "number"}));
        assert_eq!(special("Timestamp", &schemas["Timestamp"]), Some(Special::Scalar("Timestamp")));
        assert_eq!(
            notes,
            ["T.at: is `Timestamp`, for its format date-time", "T.m: is `Money`, for its format decimal"]
        );
    }

    #[test]
    fn a_schema_of_a_reserved_name_is_a_problem() {
        let mut log = Log::default();
        let mut document = json!({"components": {"schemas": {
            "Money": {"type": "object"}, "T": {"properties": {"m": {"type": "number", "format": "decimal"}}}}}});
        name_formats(&mut document, &mut log);
        assert_eq!(log.problems.len(), 1);
        assert_eq!(log.problems[0].rule, Rule::NameCollision);
    }
}
