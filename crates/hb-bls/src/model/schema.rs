//! JSON Schemas of single fields.

use hb_bls_gen::{Attendance, BookedBy, BookingStatus, EquipmentStatus, PayOption, PayStatus, TrainingStatus};
use schemars::{Schema, SchemaGenerator, json_schema};

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

/// Enums that may have more values: the known ones are listed as the API's document lists them.
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
