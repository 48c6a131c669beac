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
pub(super) fn drift(answer: Value) -> Value {
    match answer {
        Value::Object(fields) => Value::Object(drift_object(fields)),
        Value::Array(items) => Value::Array(items.into_iter().map(drift).collect()),
        other => other,
    }
}

fn drift_object(fields: Map<String, Value>) -> Map<String, Value> {
    let mut drifted: Map<String, Value> = fields
        .into_iter()
        .filter(|(name, _)| !OPTIONAL.contains(&name.as_str()))
        .map(|(name, value)| match value {
            Value::String(text) if ENUMS.contains(&name.as_str()) => (name, Value::String(format!("beta_{text}"))),
            other => (name, drift(other)),
        })
        .collect();
    drifted.insert("beta_note".to_owned(), json!({ "since": "a later version" }));
    drifted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_kinds_of_drift_show() {
        let answer = json!({"data": [{"id": 1, "booking_status": "booked", "virtual": null}]});
        let note = json!({"since": "a later version"});
        assert_eq!(
            drift(answer),
            json!({
                "data": [{"id": 1, "booking_status": "beta_booked", "beta_note": note}],
                "beta_note": note,
            })
        );
    }
}
