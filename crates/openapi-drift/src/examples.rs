//! Examples that do not fit the schema beside them.

use serde_json::Value;

use crate::{
    change::Direction,
    error::Error,
    read,
    sets::{Clause, Schema, Truth, check, form},
    side::{Side, items, members},
};

/// The number of steps that one example may take.
const STEPS: usize = 50_000;
const DEEPEST: usize = 12;

/// An example that does not fit its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidExample {
    /// JSON pointer to the example.
    pub pointer: String,
    /// Where in the example, as a JSON pointer; empty if it is the example as a whole.
    pub place: String,
    /// What is wrong there.
    pub reason: String,
}

/// Finds the examples of bodies, parameters and headers that do not fit the schema beside them: a value that it
/// refuses, or an object that has none of the fields that it lists, as when the schema is another's of the same name.
///
/// # Errors
///
/// [`Error`] as for [`compare`](crate::compare).
pub fn invalid_examples(document: &Value) -> Result<Vec<InvalidExample>, Error> {
    read::check_version("only", document)?;
    let side = Side::new("only", document)?;
    let mut found = Vec::new();
    look(&side, document, Direction::Request, &mut found);
    Ok(found)
}

fn look<'a>(side: &Side<'a>, value: &'a Value, direction: Direction, found: &mut Vec<InvalidExample>) {
    if let Some(schema) = value.get("schema").filter(|schema| schema.is_object()) {
        let named = members(value.get("examples")).filter_map(|(_, example)| {
            let end = side.chain(example).pop()?;
            end.get("value")
        });
        for example in value.get("example").into_iter().chain(named) {
            let mut judge = Judge { direction, steps: STEPS };
            if let Some((place, reason)) = judge.blame(example, Schema::new(side, schema), 0) {
                found.push(InvalidExample { pointer: side.pointer(example), place, reason });
            }
        }
    }
    for (key, child) in members(Some(value)) {
        // what is an example is no part of the document
        if !["example", "examples", "default", "enum", "const"].contains(&key.as_str()) {
            let direction = if key == "responses" { Direction::Response } else { direction };
            look(side, child, direction, found);
        }
    }
    items(Some(value)).for_each(|child| look(side, child, direction, found));
}

struct Judge {
    direction: Direction,
    steps: usize,
}

impl Judge {
    /// Where a value is wrong, as precisely as can be determined, and how.
    fn blame<'a>(&mut self, value: &Value, schema: Schema<'_, 'a>, depth: usize) -> Option<(String, String)> {
        let clauses = form(&[schema], self.direction, &mut self.steps)?;
        if depth < DEEPEST
            && let [clause] =
                &clauses.iter().filter(|clause| clause.kind == crate::sets::Kind::of(value)).collect::<Vec<_>>()[..]
        {
            let within = match value {
                Value::Object(fields) => self.fields(fields, clause, depth),
                Value::Array(list) => self.items(list, clause, depth),
                _ => None,
            };
            if within.is_some() {
                return within;
            }
        }
        (check(value, schema, self.direction, &mut self.steps) == Truth::No)
            .then(|| (String::new(), "the schema refuses it".to_owned()))
    }

    fn fields<'a>(
        &mut self,
        fields: &serde_json::Map<String, Value>,
        clause: &Clause<'_, 'a>,
        depth: usize,
    ) -> Option<(String, String)> {
        let listed = clause.listed();
        let is_map = clause.fields.iter().any(|fields| fields.rest.is_some() || !fields.patterns.is_empty());
        if !is_map
            && !fields.is_empty()
            && !listed.is_empty()
            && !fields.keys().any(|name| listed.contains(name.as_str()))
        {
            return Some((String::new(), "it has none of the fields that the schema lists".to_owned()));
        }
        fields.iter().find_map(|(name, value)| {
            let within = clause.field(name).into_iter().find_map(|schema| self.blame(value, schema, depth + 1));
            let step = name.replace('~', "~0").replace('/', "~1");
            within.map(|(place, reason)| (format!("/{step}{place}"), reason))
        })
    }

    fn items<'a>(&mut self, list: &[Value], clause: &Clause<'_, 'a>, depth: usize) -> Option<(String, String)> {
        list.iter().enumerate().find_map(|(index, value)| {
            let mut schemas = clause.rows.iter().filter_map(|row| row.at(index));
            let within = schemas.find_map(|schema| self.blame(value, schema, depth + 1));
            within.map(|(place, reason)| (format!("/{index}{place}"), reason))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(schema: &Value, example: &Value) -> Vec<(String, String)> {
        let media = json!({"application/json": {"schema": schema, "example": example}});
        let document = json!({"openapi": "3.0.3", "paths": {"/a": {"get": {"responses": {"200": {"content": media}}}}},
            "components": {"schemas": {"Course": {"type": "object", "properties": {"title": {"type": "string"}}}}}});
        invalid_examples(&document).unwrap().into_iter().map(|example| (example.place, example.reason)).collect()
    }

    #[test]
    fn an_example_that_its_schema_refuses_is_named_where_it_is_wrong() {
        let schema = json!({"type": "object", "required": ["data"], "properties": {
            "data": {"type": "array", "items": {"$ref": "#/components/schemas/Course"}}}});
        assert_eq!(found(&schema, &json!({"data": [{"title": "First aid", "more": 1}]})), []);
        let refused = "the schema refuses it".to_owned();
        assert_eq!(found(&schema, &json!({"data": [{"title": 1}]})), [("/data/0/title".to_owned(), refused.clone())]);
        assert_eq!(found(&schema, &json!([])), [(String::new(), refused)]);
        // another schema of the same name
        let strange = "it has none of the fields that the schema lists".to_owned();
        assert_eq!(found(&schema, &json!({"data": [{"booking": 5}]})), [("/data/0".to_owned(), strange)]);
    }
}
