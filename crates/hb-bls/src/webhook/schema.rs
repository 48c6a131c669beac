//! JSON Schemas of deliveries.

use std::collections::BTreeMap;

use hb_bls_gen::WebhookEventType;
use schemars::{JsonSchema, Schema, generate::SchemaSettings, json_schema};

use super::data::{EquipmentLate, Rescheduled, Test};
use crate::Booking;

/// Returns the JSON Schema (draft 2020-12) of the body of a delivery, for each event type.
///
/// The schemas describe assumptions about the data, so a receiver should not refuse a delivery because of them.
#[must_use]
pub fn schemas() -> BTreeMap<&'static str, Schema> {
    use WebhookEventType as Type;
    WebhookEventType::KNOWN
        .iter()
        .map(|event_type| {
            let schema = match event_type {
                Type::BookingRescheduled => event::<Rescheduled>(event_type),
                Type::BookingEquipmentLate => event::<EquipmentLate>(event_type),
                Type::WebhookTest => event::<Test>(event_type),
                _ => event::<Booking>(event_type),
            };
            (event_type.as_str(), schema)
        })
        .collect()
}

fn event<Data: JsonSchema>(event_type: &WebhookEventType) -> Schema {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let data = generator.subschema_for::<Data>();
    let definitions = generator.take_definitions(true);
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": event_type.as_str(),
        "type": "object",
        "properties": {
            "event_id": { "type": "string", "format": "uuid" },
            "event_type": { "const": event_type.as_str() },
            "occurred_at": { "type": "string", "format": "date-time" },
            "data": data,
        },
        "required": ["event_id", "event_type", "occurred_at", "data"],
        "$defs": definitions,
    })
}
