//! Events of every type, and unexpected data.

use hb_bls::{
    Attendance, BookingId, BookingStatus, PayOption, TrainingStatus, WebhookEventType,
    webhook::{Event, EventData},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::vector::EVENT_ID;

pub fn booking() -> Value {
    json!({
        "id": 1042,
        "candidate": { "name": "Amara Okafor", "email": "amara.okafor@example.com", "phone": "+447700900123" },
        "course": { "id": 7, "name": "Basic Life Support" },
        "trainer": { "id": 3, "name": "Sam Whitlock" },
        "start_date": "2026-06-15T09:00:00+01:00",
        "end_date": "2026-06-15T11:00:00+01:00",
        "booking_status": "booked",
        "pay_status": "completed",
        "pay_option": "credits",
        "booked_by": "Agency",
        "virtual": { "zoom_id": "83512047761", "zoom_link": "https://meet.example/j/83512047761", "zoom_password": "k4Tz9w" },
        "certificate_available": false,
        "training_status": "pending",
        "equipment_status": "out",
        "attendance": null,
        "created_at": "2026-06-05T10:00:00+00:00",
    })
}

/// The body as the portal writes it, and the same with the data before the type.
fn bodies(event_type: &str, data: &Value) -> [String; 2] {
    let (event_id, event_type) = (json!(EVENT_ID), json!(event_type));
    let occurred_at = r#""occurred_at":"2026-06-05T10:00:00+00:00""#;
    [
        format!(r#"{{"event_id":{event_id},"event_type":{event_type},{occurred_at},"data":{data}}}"#),
        format!(r#"{{"data":{data},{occurred_at},"event_type":{event_type},"event_id":{event_id}}}"#),
    ]
}

fn event(event_type: &str, data: &Value) -> Event {
    let [event, other] = bodies(event_type, data).map(|body| Event::from_json(body.as_bytes()).unwrap());
    let told = |event: &Event| {
        let data = serde_json::to_value(event.data.booking()).unwrap();
        (format!("{event:?} {:?}", event.data), data, event.data_json().to_owned())
    };
    assert_eq!(told(&event), told(&other));
    event
}

#[test]
fn each_kind_has_its_data() {
    let mut data = booking();
    data["previous_start_date"] = json!("2026-06-08 09:00:00");
    data["expected_return_date"] = json!("2026-06-22");
    data["attendance"] = json!("no_show");
    for event_type in WebhookEventType::KNOWN {
        let event = event(event_type.as_str(), &data);
        assert_eq!(&event.event_type, event_type);
        assert_eq!(serde_json::from_str::<Value>(event.data_json()).unwrap(), data);
        match (&event.data, event_type) {
            (EventData::BookingCreated(_), WebhookEventType::BookingCreated)
            | (EventData::BookingConfirmed(_), WebhookEventType::BookingConfirmed)
            | (EventData::BookingCancelled(_), WebhookEventType::BookingCancelled)
            | (EventData::BookingCertificateAvailable(_), WebhookEventType::BookingCertificateAvailable) => {}
            (EventData::BookingAttendanceMarked(booking), WebhookEventType::BookingAttendanceMarked) => {
                assert_eq!(booking.attendance, Some(Attendance::NoShow));
            }
            (EventData::BookingRescheduled(moved), WebhookEventType::BookingRescheduled) => {
                // a time without an offset is UK local time
                let previous = moved.previous_start_date.as_ref().unwrap();
                assert_eq!(previous.to_string(), "2026-06-08T09:00:00+01:00[Europe/London]");
                assert_eq!(moved.previous_end_date, None);
            }
            (EventData::BookingEquipmentLate(late), WebhookEventType::BookingEquipmentLate) => {
                assert_eq!(late.expected_return_date.unwrap().to_string(), "2026-06-22");
            }
            (EventData::WebhookTest(test), WebhookEventType::WebhookTest) => assert_eq!(test.message, None),
            other => panic!("{other:?}"),
        }
        let Some(booking) = event.data.booking() else { continue };
        assert_eq!(booking.id, BookingId::new(1042));
        assert_eq!(booking.start_date.as_ref().unwrap().to_string(), "2026-06-15T09:00:00+01:00[Europe/London]");
        assert_eq!(booking.created_at.unwrap().to_string(), "2026-06-05T10:00:00Z");
        assert_eq!(booking.booking_status, Some(BookingStatus::Booked));
        assert_eq!(booking.pay_option, Some(PayOption::Credits));
        assert_eq!(booking.training_status, Some(TrainingStatus::Pending));
        assert_eq!(booking.candidate.as_ref().unwrap().name.as_deref(), Some("Amara Okafor"));
        let meeting = booking.virtual_meeting.as_ref().unwrap();
        assert_eq!(meeting.zoom_password.as_ref().unwrap().expose(), "k4Tz9w");
    }
}

#[test]
fn little_is_enough_and_new_values_and_members_are_no_trouble() {
    let data = json!({ "id": "1042", "booking_status": "on ice", "virtual": null, "shoe_size": 43 });
    let event = event("booking.created", &data);
    let booking = event.data.booking().unwrap();
    assert_eq!(booking.id, BookingId::new(1042));
    assert_eq!(booking.booking_status, Some(BookingStatus::Unknown("on ice".into())));
    assert!(booking.candidate.is_none() && booking.virtual_meeting.is_none() && booking.start_date.is_none());
    assert_eq!(event.data_json(), data.to_string());
}

#[test]
fn other_data_than_assumed_is_flagged_and_kept() {
    let wrapped = json!({ "booking": booking() });
    for (data, place) in [
        (json!(null), "."),
        (json!([]), "."),
        (json!("later"), "."),
        (json!([1042, null, null]), "."),
        (wrapped, "."),
        (json!({ "id": 1, "candidate": "Amara Okafor" }), "candidate"),
        (json!({ "id": 1, "candidate": { "name": { "first": "Amara" } } }), "candidate.name"),
        (json!({ "id": 1, "start_date": "soon" }), "start_date"),
        (json!({ "id": 1, "attendance": { "status": "attended" } }), "attendance"),
    ] {
        let event = event("booking.attendance_marked", &data);
        match &event.data {
            EventData::Unexpected { at } => assert_eq!(&**at, place, "{data}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(event.data_json(), data.to_string());
        assert!(event.data.booking().is_none());
    }
}

#[test]
fn events_of_other_kinds_are_kept() {
    let event = event("booking.teleported", &json!(["anything"]));
    assert!(matches!(event.data, EventData::Unknown), "{event:?}");
    assert_eq!(event.event_type, WebhookEventType::Unknown("booking.teleported".into()));
    assert_eq!(event.data_json(), r#"["anything"]"#);
}

#[test]
fn of_the_envelope_only_id_and_type_are_needed() {
    for rest in ["", r#","occurred_at":null"#, r#","occurred_at":"soon""#, r#","occurred_at":17,"more":{}"#] {
        let json = format!(r#" {{"event_type":"webhook.test","event_id":"{EVENT_ID}"{rest}}}"#);
        let event = Event::from_json(json.as_bytes()).unwrap();
        assert_eq!((event.occurred_at, event.data_json(), event.json()), (None, "null", json.as_str()));
    }
    let id = format!(r#"{{"event_id":"{EVENT_ID}"}}"#);
    let twice = format!(r#"{{"event_id":"{EVENT_ID}","event_id":"{EVENT_ID}","event_type":"webhook.test"}}"#);
    let [whole, _] = bodies("webhook.test", &json!({}));
    let members = ["event_id", "event_type", "occurred_at", "data"].map(|name| json!({ name: EVENT_ID }).to_string());
    for member in members {
        let twice = format!("{{{},{}", &member[1..member.len() - 1], &whole[1..]);
        assert!(Event::from_json(twice.as_bytes()).is_err(), "{twice}");
    }
    let array = format!(r#"["{EVENT_ID}","webhook.test",null,{{}}]"#);
    for json in ["", "{}", "null", &id, &twice, &array, r#"{"event_id":"7","event_type":"webhook.test"}"#] {
        assert!(Event::from_json(json.as_bytes()).is_err(), "{json}");
    }
    assert!(Event::from_json(b"{\"event_id\":\"\xff\"}").is_err());
}

#[test]
fn nothing_about_a_candidate_is_shown() {
    for event_type in WebhookEventType::KNOWN {
        let event = event(event_type.as_str(), &booking());
        let shown = format!("{event:?} {:?}", event.data);
        for private in ["Amara", "example.com", "7700900123", "k4Tz9w", "meet.example"] {
            assert!(!shown.contains(private), "{shown}");
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        prop::sample::select(vec!["id", "candidate", "course", "virtual", "start_date", "attendance", "message"])
            .prop_map(str::to_owned),
        ".{0,6}"
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_valid_envelope_decodes_whatever_its_data(
        data in any_json(), kind in 0..8usize, change in any_json(), member in 0..16usize,
    ) {
        let kind = WebhookEventType::KNOWN[kind].as_str();
        let mut almost = booking();
        let (_, value) = almost.as_object_mut().unwrap().iter_mut().nth(member).unwrap();
        *value = change;
        for data in [data, almost] {
            let event = event(kind, &data);
            prop_assert_eq!(event.data_json(), data.to_string());
        }
    }

    #[test]
    fn rubbish_never_panics(body in prop::collection::vec(any::<u8>(), 0..200), text in "[\\[\\]{}\":,a-z0-9 ]{0,60}") {
        let _ = Event::from_json(&body);
        let _ = Event::from_json(text.as_bytes());
    }
}
