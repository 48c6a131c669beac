use super::*;

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

fn event(event_type: &str, at: i64, fields: &str) -> Event {
    let id = uuid::Uuid::nil();
    let at = second(at);
    let json =
        format!(r#"{{"event_id":"{id}","event_type":"{event_type}","occurred_at":"{at}","data":{{"id":7{fields}}}}}"#);
    Event::from_json(json.as_bytes()).unwrap()
}

fn moved(to: u32, at: i64) -> Event {
    event("booking.rescheduled", at, &format!(r#","start_date":"2026-06-{to:02}T09:00:00+01:00""#))
}

/// Which of these events are news, one after the other.
fn news(events: &[(Origin, Event)]) -> Vec<bool> {
    let mut known = None;
    let judge = |(origin, event): &(Origin, Event)| {
        let judgement = judge(known.as_ref(), event, *origin, event.occurred_at.unwrap());
        known = judgement.change.map(|change| change.after);
        judgement.is_news
    };
    events.iter().map(judge).collect()
}

const D: Origin = Origin::Delivered;
const R: Origin = Origin::Reconciled;

#[test]
fn what_both_tell_is_news_once() {
    assert_eq!(
        news(&[(D, event("booking.cancelled", 0, "")), (R, event("booking.cancelled", 900, ""))]),
        [true, false]
    );
    assert_eq!(
        news(&[(R, event("booking.cancelled", 900, "")), (D, event("booking.cancelled", 0, ""))]),
        [true, false]
    );
    assert_eq!(news(&[(D, moved(8, 0)), (R, moved(8, 900))]), [true, false]);
    assert_eq!(news(&[(R, moved(8, 900)), (D, moved(8, 0))]), [true, false]);
    // the clocks may differ by some minutes
    assert_eq!(news(&[(R, moved(8, 900)), (D, moved(8, 1_100))]), [true, false]);
}

#[test]
fn deliveries_are_only_told_apart_by_their_ids() {
    assert_eq!(
        news(&[(D, event("booking.equipment_late", 0, "")), (D, event("booking.equipment_late", 9, ""))]),
        [true, true]
    );
    // the event of what was found is no news, the one after it is
    let late = |origin, at| (origin, event("booking.equipment_late", at, ""));
    assert_eq!(news(&[late(R, 900), late(D, 0), late(D, 10)]), [true, false, true]);
    assert_eq!(news(&[late(R, 900), late(D, 2_000)]), [true, true]);
}

#[test]
fn moves_there_and_back_are_news() {
    assert_eq!(news(&[(D, moved(8, 0)), (D, moved(9, 1)), (D, moved(8, 2))]), [true, true, true]);
    assert_eq!(news(&[(D, moved(8, 0)), (R, moved(9, 900)), (D, moved(8, 2_000))]), [true, true, true]);
    // a move in between, of which the result was found
    assert_eq!(news(&[(R, moved(9, 900)), (D, moved(8, 100)), (D, moved(9, 200))]), [true, false, false]);
    // what was found may be older than what comes then, and is found again if it is not
    assert_eq!(news(&[(R, moved(9, 900)), (D, moved(8, 800)), (R, moved(9, 2_000))]), [true, true, true]);
    // what was delivered while the bookings were read is newer than what was read
    assert_eq!(news(&[(D, moved(8, 880)), (R, moved(9, 900)), (R, moved(9, 2_000))]), [true, false, true]);
}

#[test]
fn what_arrives_late_does_not_replace_what_is_newer() {
    let events = [(D, moved(8, 1_000)), (D, moved(9, 500)), (R, moved(8, 5_000)), (R, moved(9, 6_000))];
    assert_eq!(news(&events), [true, true, false, true]);
}

#[test]
fn events_of_several_kinds_do_not_tell_each_other() {
    let attended = event("booking.attendance_marked", 5, r#","attendance":"attended""#);
    let created = |origin| (origin, event("booking.created", 0, r#","attendance":"attended""#));
    assert_eq!(news(&[created(D), (R, attended)]), [true, true]);
    let corrected = event("booking.attendance_marked", 9_000, r#","attendance":"no_show""#);
    let attended = event("booking.attendance_marked", 5, r#","attendance":"attended""#);
    assert_eq!(news(&[(D, attended), (R, corrected)]), [true, true]);
    assert_eq!(news(&[(D, event("booking.no_show", 0, "")), (D, event("webhook.test", 0, ""))]), [true, true]);
}

#[test]
fn the_start_of_a_booking_is_known_by_its_first_event() {
    let start = r#","start_date":"2026-06-08T09:00:00+01:00""#;
    assert_eq!(
        news(&[(D, event("booking.created", 0, start)), (R, moved(8, 900)), (R, moved(9, 1_800))]),
        [true, false, true]
    );
}

#[test]
fn a_booking_shows_what_its_events_would_have_told() {
    let kinds = |fields: &str| {
        let booking: Booking = serde_json::from_str(&format!(r#"{{"id":7{fields}}}"#)).unwrap();
        shown(&booking).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>()
    };
    let pays = r#","pay_option":"candidate_pays""#;
    assert_eq!(kinds(r#","booking_status":"booked""#), [Kind::Created]);
    assert_eq!(kinds(&format!(r#","booking_status":"booked"{pays}"#)), [Kind::Created, Kind::Confirmed]);
    assert_eq!(kinds(&format!(r#","booking_status":"pending"{pays}"#)), []);
    assert_eq!(kinds(&format!(r#","booking_status":"cancelled","pay_status":"pending"{pays}"#)), [Kind::Cancelled]);
    let paid = kinds(&format!(r#","booking_status":"cancelled","pay_status":"completed"{pays}"#));
    assert_eq!(paid, [Kind::Created, Kind::Confirmed, Kind::Cancelled]);
    assert_eq!(kinds(r#","booking_status":"on hold","equipment_status":"late""#), [Kind::EquipmentLate]);
    let over = r#","booking_status":"booked","attendance":"attended","certificate_available":true"#;
    assert_eq!(kinds(over), [Kind::Created, Kind::AttendanceMarked, Kind::CertificateAvailable]);
}

#[test]
fn a_note_is_open_while_something_may_happen() {
    let open = |event_type: &str, fields: &str| {
        judge(None, &event(event_type, 0, fields), D, second(0)).change.unwrap().after.may_change
    };
    assert!(open("booking.created", ""));
    assert!(!open("booking.cancelled", ""));
    assert!(!open("booking.certificate_available", ""));
    assert!(open("booking.attendance_marked", r#","attendance":"no_show","equipment_status":"out""#));
    assert!(!open("booking.attendance_marked", r#","attendance":"no_show","equipment_status":"in""#));
    assert!(!open("booking.created", r#","start_date":"2026-01-08T09:00:00+00:00""#));
}

#[test]
fn a_note_has_no_personal_data() {
    let candidate = r#","candidate":{"name":"Amara Okafor","email":"amara@example.com","phone":"1"}"#;
    let text = judge(None, &event("booking.created", 0, candidate), D, second(0)).change.unwrap().after.text;
    assert_eq!(text, r#"{"created":{"is":"yes","at":1780000000}}"#);
}
