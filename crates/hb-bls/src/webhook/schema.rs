//! JSON Schemas of deliveries.

use std::collections::BTreeMap;

use hb_bls_gen::{
    Attendance, BookedBy, BookingStatus, EquipmentStatus, PayOption, PayStatus, TrainingStatus, WebhookEventType,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};

use super::data::{EquipmentLate, Rescheduled, Test};
use crate::Booking;

/// The JSON Schema (draft 2020-12) of the body of a delivery, by event type.
///
/// They describe what is assumed of the data; a receiver should refuse nothing on their account.
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

pub(crate) fn id(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "format": "int64" })
}

pub(crate) fn id_or_null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["integer", "null"], "format": "int64" })
}

pub(crate) fn text_or_number(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "number", "null"] })
}

pub(crate) fn date_time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "format": "date-time" })
}

pub(crate) fn date(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "format": "date" })
}

/// Sets of values that are not closed: the known ones are named as the API's document names them.
macro_rules! open_enums {
    ($($function:ident: $type:ident),* $(,)?) => {
        $(pub(crate) fn $function(_: &mut SchemaGenerator) -> Schema {
            let known: Vec<&str> = $type::KNOWN.iter().map($type::as_str).collect();
            json_schema!({ "type": ["string", "null"], "x-extensible-enum": known })
        })*
    };
}

open_enums! {
    attendance: Attendance,
    booked_by: BookedBy,
    booking_status: BookingStatus,
    equipment_status: EquipmentStatus,
    pay_option: PayOption,
    pay_status: PayStatus,
    training_status: TrainingStatus,
}
