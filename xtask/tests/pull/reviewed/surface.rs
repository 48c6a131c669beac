//! The API's surface, one snapshot per operation, callback, shared response and schema.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xtask::{effective, surface::surface};

use crate::common;

#[test]
fn the_surface_is_as_reviewed() {
    let texts = surface(&common::effective_document());
    assert_eq!(texts.keys().filter(|key| key.starts_with("operation/")).count(), 22);
    common::assert_snapshots("surface", &texts);
}

/// The keys whose texts differ.
fn differing(before: &Value, after: &Value) -> BTreeSet<String> {
    let (before, after) = (surface(before), surface(after));
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    keys.into_iter().filter(|key| before.get(*key) != after.get(*key)).cloned().collect()
}

/// What a change of the effective document changes in the surface.
fn changes(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let before = common::effective_document();
    let mut after = before.clone();
    change(&mut after);
    assert_ne!(before, after, "the change changes nothing");
    differing(&before, &after).into_iter().collect()
}

fn remove(value: &mut Value, key: &str) {
    value.as_object_mut().unwrap().remove(key).unwrap();
}

#[test]
fn one_change_changes_the_one_text_it_belongs_to() {
    type Change = fn(&mut Value);
    let cases: [(&str, Change, &[&str]); 17] = [
        (
            "a property's type",
            |d| d["components"]["schemas"]["Candidate"]["properties"]["phone"]["type"] = "integer".into(),
            &["schema/Candidate"],
        ),
        (
            "a property's format",
            |d| d["components"]["schemas"]["Booking"]["properties"]["end_date"]["format"] = "date".into(),
            &["schema/Booking"],
        ),
        (
            "a property less",
            |d| remove(&mut d["components"]["schemas"]["Booking"]["properties"], "pay_status"),
            &["schema/Booking"],
        ),
        (
            "a nested property more",
            |d| {
                d["components"]["schemas"]["Booking"]["properties"]["virtual"]["properties"]["dial_in"] =
                    json!({"type": "string"})
            },
            &["schema/Booking"],
        ),
        (
            "a property that may be null",
            |d| d["components"]["schemas"]["Course"]["properties"]["price"]["nullable"] = true.into(),
            &["schema/Course"],
        ),
        (
            "a property that is no longer required",
            |d| d["components"]["schemas"]["BookingRequest"]["required"].as_array_mut().unwrap().truncate(11),
            &["schema/BookingRequest"],
        ),
        (
            "a bound",
            |d| d["components"]["schemas"]["WebhookRequest"]["properties"]["timeout_seconds"]["maximum"] = 60.into(),
            &["schema/WebhookRequest"],
        ),
        (
            "an enum value less",
            |d| drop(d["components"]["schemas"]["PayOption"]["enum"].as_array_mut().unwrap().pop()),
            &["schema/PayOption"],
        ),
        (
            "a parameter more",
            |d| {
                let parameter = json!({"name": "trainer", "in": "query", "schema": {"type": "string"}});
                d["paths"]["/timeslots"]["get"]["parameters"].as_array_mut().unwrap().push(parameter);
            },
            &["operation/listTimeslots"],
        ),
        (
            "a parameter that becomes required",
            |d| d["paths"]["/bookings"]["get"]["parameters"][0]["required"] = true.into(),
            &["operation/listBookings"],
        ),
        (
            "a response less",
            |d| remove(&mut d["paths"]["/bookings/{id}"]["get"]["responses"], "404"),
            &["operation/getBooking"],
        ),
        (
            "a response of another schema",
            |d| {
                d["paths"]["/courses"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"] =
                    "#/components/schemas/Course".into();
            },
            &["operation/listCourses"],
        ),
        (
            "a shared response's header less",
            |d| remove(&mut d["components"]["responses"]["TooManyRequests"]["headers"], "Retry-After"),
            &["response/TooManyRequests"],
        ),
        ("authentication", |d| remove(&mut d["paths"]["/auth/token"]["post"], "security"), &["operation/createToken"]),
        (
            "a header of the deliveries",
            |d| {
                let callback = &mut d["paths"]["/webhooks"]["post"]["callbacks"]["delivery"]["{$request.body#/url}"];
                callback["post"]["parameters"][2]["required"] = false.into();
            },
            &["webhook/createWebhook.delivery"],
        ),
        ("the base URL", |d| d["servers"][0]["url"] = "https://example.com".into(), &["api"]),
        (
            "prose alone",
            |d| {
                d["info"]["description"] = "reworded".into();
                d["components"]["schemas"]["Booking"]["description"] = "reworded".into();
                d["components"]["schemas"]["Candidate"]["properties"]["email"]["example"] = "a@example.com".into();
                d["paths"]["/bookings"]["post"]["summary"] = "reworded".into();
            },
            &[],
        ),
    ];
    for (what, change, expected) in cases {
        assert_eq!(changes(change), expected, "{what}");
    }
}

#[test]
fn a_path_that_moves_changes_its_operations_only() {
    let changed = changes(|d| {
        let item = d["paths"].as_object_mut().unwrap().remove("/booking-url").unwrap();
        d["paths"]["/account/booking-url"] = item;
    });
    assert_eq!(changed, ["operation/getBookingUrl"]);
}

#[test]
fn order_means_nothing() {
    let changed = changes(|d| {
        d["components"]["schemas"]["BookingStatus"]["x-extensible-enum"].as_array_mut().unwrap().reverse();
        d["components"]["schemas"]["BookingRequest"]["required"].as_array_mut().unwrap().reverse();
        d["paths"]["/bookings"]["get"]["parameters"].as_array_mut().unwrap().reverse();
    });
    assert_eq!(changed, Vec::<String>::new());
}

#[test]
fn a_value_more_in_the_overlay_changes_its_enum_only() {
    let mut overlay: Value = serde_json::from_slice(&std::fs::read(common::spec("bls.overlay.json")).unwrap()).unwrap();
    let action = overlay["actions"].as_array_mut().unwrap().iter_mut().find(|action| {
        action["target"] == "$.components.schemas.EquipmentStatus" && action["update"]["x-extensible-enum"].is_array()
    });
    action.unwrap()["update"]["x-extensible-enum"].as_array_mut().unwrap().push("lost".into());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), overlay.to_string()).unwrap();
    let mut sources = common::sources();
    sources.overlay = Some(file.path().to_owned());
    let after = effective::load(&sources).unwrap().value;
    assert_eq!(
        differing(&common::effective_document(), &after).into_iter().collect::<Vec<_>>(),
        ["schema/EquipmentStatus"]
    );
    assert!(surface(&after)["schema/EquipmentStatus"].contains("\n  lost\n"));
}
