//! The timetable.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Portal, frozen, order, slot_request};

async fn list(portal: &Portal, query: &str) -> Vec<Value> {
    let body = portal.client.get(&format!("/timeslots?{query}")).await.expect(200);
    body["data"].as_array().unwrap().clone()
}

fn days(slots: &[Value]) -> BTreeSet<String> {
    slots.iter().map(|slot| slot["date"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn slots_are_on_working_days_in_working_hours_from_tomorrow_on() {
    let portal = Portal::start().await;
    let slots = list(&portal, "course_id=1&months_ahead=1").await;
    let days = days(&slots);
    assert_eq!(days.first().unwrap(), "2026-06-08", "tomorrow is a Saturday");
    assert_eq!(days.last().unwrap(), "2026-07-03", "5 July is a Sunday");
    for day in &days {
        let day: jiff::civil::Date = day.parse().unwrap();
        assert!(day.weekday().to_monday_one_offset() <= 5, "{day}");
    }
    let times: BTreeSet<&str> = slots.iter().map(|slot| slot["time"].as_str().unwrap()).collect();
    assert_eq!(
        times.into_iter().collect::<Vec<_>>(),
        ["09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00"]
    );
    let longer = list(&portal, "course_id=2&date=2026-06-08").await;
    let times: Vec<&Value> = longer.iter().map(|slot| &slot["time"]).collect();
    assert_eq!(times, ["09:00", "10:30", "12:00", "13:30", "15:00"]);
}

#[tokio::test]
async fn months_ahead_and_date_narrow_the_list() {
    let portal = Portal::start().await;
    let default = list(&portal, "course_id=1").await;
    assert_eq!(default, list(&portal, "course_id=1&months_ahead=3").await);
    let year = list(&portal, "course_id=1&months_ahead=12").await;
    assert_eq!(days(&year).last().unwrap(), "2027-06-04");
    let day = list(&portal, "course_id=1&date=2027-06-04").await;
    assert_eq!(day.len(), 8);
    assert_eq!(list(&portal, "course_id=1&date=2027-06-04&months_ahead=1").await, [0; 0]);
    for empty in ["2026-06-05", "2026-06-06", "2027-06-07", "0001-01-01", "9999-12-31"] {
        assert_eq!(list(&portal, &format!("course_id=1&date={empty}")).await, [0; 0], "{empty}");
    }
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let portal = Portal::start().await;
    for (query, field) in [
        ("", "course_id"),
        ("course_id=99", "course_id"),
        ("course_id=x", "course_id"),
        ("course_id=1&months_ahead=0", "months_ahead"),
        ("course_id=1&months_ahead=13", "months_ahead"),
        ("course_id=1&date=8-6-2026", "date"),
    ] {
        let answer = portal.client.get(&format!("/timeslots?{query}")).await;
        assert_eq!(answer.refused_fields(), [field], "{query}");
    }
}

/// Nine in the morning stays nine in the morning when the clocks change, an hour apart in UTC.
#[tokio::test]
async fn slots_keep_uk_time_over_both_clock_changes() {
    for (now, before, after) in [
        ("2026-10-20T10:00:00Z", "2026-10-23T09:00:00+01:00", "2026-10-26T09:00:00+00:00"),
        ("2027-03-20T10:00:00Z", "2027-03-26T09:00:00+00:00", "2027-03-29T09:00:00+01:00"),
    ] {
        let portal = Portal::with(frozen(now)).await;
        for start in [before, after] {
            let day = &start[..10];
            let slot = list(&portal, &format!("course_id=1&date={day}")).await.remove(0);
            let hold = portal.client.post("/timeslots/hold", slot_request(&slot)).await.expect(201);
            let booking = portal.client.post("/bookings", order(&hold, "credits")).await;
            assert_eq!(booking.expect(201)["start_date"], start);
        }
    }
}

/// At 23:30 UTC in June it is already tomorrow in the UK.
#[tokio::test]
async fn tomorrow_is_the_uks() {
    let portal = Portal::with(frozen("2026-06-07T23:30:00Z")).await;
    assert_eq!(days(&list(&portal, "course_id=1").await).first().unwrap(), "2026-06-09");
}

#[tokio::test]
async fn held_and_booked_slots_are_gone_and_come_back() {
    let portal = Portal::start().await;
    let all = list(&portal, "course_id=1").await;
    let hold = portal.client.hold(1).await;
    assert_eq!(list(&portal, "course_id=1").await, all[1..]);
    let release = format!("/timeslots/hold/{}", hold["hold_hash"].as_str().unwrap());
    portal.client.delete(&release).await.expect(200);
    assert_eq!(list(&portal, "course_id=1").await, all);
    let booking = portal.client.book("credits").await;
    assert_eq!(list(&portal, "course_id=1").await, all[1..]);
    portal.sandbox.cancel(booking["id"].as_i64().unwrap()).await.unwrap();
    assert_eq!(list(&portal, "course_id=1").await, all);
    assert_eq!(
        all[0],
        json!({
            "date": "2026-06-08",
            "time": "09:00",
            "course": { "id": 1, "name": "Basic Life Support" },
        })
    );
}
