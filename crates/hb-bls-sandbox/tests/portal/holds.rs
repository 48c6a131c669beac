//! Holds: one for an account, one for a slot, half an hour.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Portal, order, slot_request};

fn release(hold: &Value) -> String {
    format!("/timeslots/hold/{}", hold["hold_hash"].as_str().unwrap())
}

#[tokio::test]
async fn a_second_hold_is_refused_with_the_first_ones_details() {
    let portal = Portal::start().await;
    let slots = portal.client.slots(1).await;
    let hold = portal.client.post("/timeslots/hold", slot_request(&slots[0])).await.expect(201);
    portal.sandbox.advance(Duration::from_secs(60)).await.unwrap();
    let conflict = portal.client.post("/timeslots/hold", slot_request(&slots[1])).await.expect(409);
    assert!(conflict["message"].is_string());
    assert_eq!(
        conflict["hold"],
        json!({
            "hold_hash": hold["hold_hash"],
            "expires_at": hold["expires_at"],
            "expires_in_seconds": 1740,
            "slot": slots[0],
        })
    );
}

#[tokio::test]
async fn a_hold_expires_after_half_an_hour() {
    let portal = Portal::start().await;
    let hold = portal.client.hold(1).await;
    portal.sandbox.advance(Duration::from_secs(1_799)).await.unwrap();
    assert_ne!(portal.client.slots(1).await[0], hold["slot"]);
    portal.sandbox.advance(Duration::from_secs(1)).await.unwrap();
    assert_eq!(portal.client.slots(1).await[0], hold["slot"]);
    portal.client.post("/bookings", order(&hold, "credits")).await.expect(409);
    portal.client.delete(&release(&hold)).await.expect(404);
    portal.client.hold(1).await;
}

#[tokio::test]
async fn a_released_hold_makes_room_for_another() {
    let portal = Portal::start().await;
    let hold = portal.client.hold(1).await;
    portal.client.delete(&release(&hold)).await.expect(200);
    portal.client.delete(&release(&hold)).await.expect(404);
    portal.client.post("/bookings", order(&hold, "credits")).await.expect(409);
    assert_eq!(portal.client.hold(1).await["slot"], hold["slot"]);
}

#[tokio::test]
async fn a_slot_is_held_by_one_account_at_a_time() {
    let portal = Portal::start().await;
    let other = portal.another_account().await;
    let hold = portal.client.hold(1).await;
    let wanted = slot_request(&hold["slot"]);
    let conflict = other.post("/timeslots/hold", wanted.clone()).await.expect(409);
    assert_eq!(conflict.get("hold"), None, "nobody else's hold is shown");
    other.delete(&release(&hold)).await.expect(404);
    other.post("/bookings", order(&hold, "credits")).await.expect(409);

    portal.client.delete(&release(&hold)).await.expect(200);
    let theirs = other.post("/timeslots/hold", wanted.clone()).await.expect(201);
    other.post("/bookings", order(&theirs, "credits")).await.expect(201);
    portal.client.post("/timeslots/hold", wanted).await.expect(409);
}

#[tokio::test]
async fn of_many_who_want_a_slot_at_once_one_gets_it() {
    let portal = Portal::start().await;
    let wanted = slot_request(&portal.client.slots(1).await[0]);
    let mut clients = vec![portal.client.clone()];
    for _ in 0..7 {
        clients.push(portal.another_account().await);
    }
    let asked = clients.iter().map(|client| client.post("/timeslots/hold", wanted.clone()));
    let answers = futures::future::join_all(asked).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(409)), (1, 7));
}

#[tokio::test]
async fn only_slots_of_the_timetable_can_be_held() {
    let portal = Portal::start().await;
    for (course, date, time, field) in [
        (json!(1), "2026-06-08", "09:30", "time"),
        (json!(1), "2026-06-06", "09:00", "time"),
        (json!(1), "2026-06-04", "09:00", "time"),
        (json!(1), "2028-06-05", "09:00", "time"),
        (json!(1), "9999-12-31", "09:00", "time"),
        (json!(1), "2026-06-31", "09:00", "date"),
        (json!(1), "2026-06-08", "9", "time"),
        (json!(9), "2026-06-08", "09:00", "course_id"),
        (json!("x"), "2026-06-08", "09:00", "course_id"),
    ] {
        let body = json!({ "course_id": course, "date": date, "time": time });
        let answer = portal.client.post("/timeslots/hold", body).await;
        assert_eq!(answer.refused_fields(), [field], "{course} {date} {time}");
    }
    let nothing = portal.client.post("/timeslots/hold", json!({})).await.refused_fields();
    assert_eq!(nothing, ["course_id", "date", "time"]);
}
