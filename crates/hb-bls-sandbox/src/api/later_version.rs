//! A response as a later version of the beta might give it.

use serde_json::{Map, Value, json};

/// Fields with a set of values that may grow.
const ENUMS: [&str; 8] = [
    "booking_status",
    "pay_status",
    "pay_option",
    "booked_by",
    "training_status",
    "equipment_status",
    "type",
    "event_type",
];

/// Fields that a client must be able to do without.
const OPTIONAL: [&str; 11] = [
    "attendance",
    "duration_minutes",
    "expires_in",
    "notice",
    "price",
    "refresh_expires_in",
    "secret_prefix",
    "timeout_seconds",
    "token_type",
    "trainer",
    "virtual",
];

/// Adds a field to every object, makes up new enum values and leaves optional fields out.
pub(super) fn change(response: Value) -> Value {
    match response {
        Value::Object(fields) => Value::Object(change_object(fields)),
        Value::Array(items) => Value::Array(items.into_iter().map(change).collect()),
        other => other,
    }
}

fn change_object(fields: Map<String, Value>) -> Map<String, Value> {
    let mut changed: Map<String, Value> = fields
        .into_iter()
        .filter(|(name, _)| !OPTIONAL.contains(&name.as_str()))
        .map(|(name, value)| match value {
            Value::String(text) if ENUMS.contains(&name.as_str()) => (name, Value::String(format!("beta_{text}"))),
            other => (name, change(other)),
        })
        .collect();
    changed.insert("beta_note".to_owned(), json!({ "since": "a later version" }));
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_kinds_of_change_show() {
        let response = json!({"data": [{"id": 1, "booking_status": "booked", "virtual": null}]});
        let note = json!({"since": "a later version"});
        assert_eq!(
            change(response),
            json!({
                "data": [{"id": 1, "booking_status": "beta_booked", "beta_note": note}],
                "beta_note": note,
            })
        );
    }
}
