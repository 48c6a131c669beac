//! The page on which candidates book themselves.

use serde_json::{Value, json};

use crate::support::{Browser, Portal, Receiver};

const CANDIDATE: [(&str, &str); 8] = [
    ("first_name", "Mei"),
    ("last_name", "Chen"),
    ("email", "mei@example.org"),
    ("phone", "07700 900123"),
    ("address", "12 Harbour Street"),
    ("city", "Leeds"),
    ("postcode", "LS1 4AP"),
    ("job_role", "Nurse"),
];

/// Its path, as the API names it.
async fn path(portal: &Portal) -> String {
    let body = portal.client.get("/booking-url").await.expect(200);
    let url = body["booking_url"].as_str().unwrap().to_owned();
    url.strip_prefix(portal.sandbox.page_url().trim_end_matches('/')).unwrap().to_owned()
}

fn filled<'a>(course: &'a str, slot: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![("course", course), ("slot", slot)];
    fields.extend(CANDIDATE);
    fields
}

#[tokio::test]
async fn a_candidate_books_at_the_booking_url() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    let receiver = Receiver::start().await;
    receiver.register(&portal.client, &["booking.created", "booking.confirmed"]).await;
    let page = path(&portal).await;
    let shown = browser.text(&format!("{page}?course=2")).await;
    let slot = shown.split("<option value=\"").nth(3).unwrap().split('"').next().unwrap();
    let booked = browser.send(&page, &filled("2", slot)).await;
    assert_eq!(booked, format!("{page}?booked=1"));
    let shown = browser.text(&booked).await;
    assert!(
        shown.contains("Booked: Paediatric Basic Life Support") && shown.contains("still has to be paid"),
        "{shown}"
    );
    let booking = portal.client.get("/bookings/1").await.expect(200);
    assert_eq!(booking["candidate"]["name"], "Mei Chen");
    assert_eq!((&booking["pay_option"], &booking["booking_status"]), (&json!("candidate_pays"), &json!("pending")));
    assert!(booking["start_date"].as_str().unwrap().starts_with(&slot[..16]), "{slot} {booking}");
    assert!(browser.text("/ui/bookings/1").await.contains("none: the candidate has booked"));
    browser.send("/ui/bookings/1/pay", &[]).await;
    portal.sandbox.advance(std::time::Duration::ZERO).await.unwrap();
    assert_eq!(receiver.events(), ["booking.created", "booking.confirmed"]);
    assert!(browser.text(&booked).await.contains("It is paid."));
}

#[tokio::test]
async fn what_candidates_fill_in_is_checked_as_in_the_api() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    let page = path(&portal).await;
    let free = portal.client.slots(1).await.remove(0);
    let slot = format!("{}T{}", free["date"].as_str().unwrap(), free["time"].as_str().unwrap());
    let mut wrong = filled("1", &slot);
    wrong[4].1 = "nobody";
    let refused = browser.try_send(&page, &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("The email field must be a valid email address."), "{}", refused.text);
    browser.send(&page, &filled("1", &slot)).await;
    let taken = browser.try_send(&page, &filled("1", &slot)).await;
    assert_eq!(taken.status, 422, "{}", taken.text);
    assert!(taken.text.contains("Somebody else has taken this timeslot"), "{}", taken.text);
    assert_eq!(portal.client.get("/bookings").await.expect(200)["meta"]["total"], 1);
}

#[tokio::test]
async fn each_account_has_a_page_of_its_own() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    let mine = path(&portal).await;
    let slot = portal.client.slots(1).await.remove(0);
    let slot = format!("{}T{}", slot["date"].as_str().unwrap(), slot["time"].as_str().unwrap());
    browser.send(&mine, &filled("1", &slot)).await;
    let other = portal.another_account().await;
    let theirs = other.get("/booking-url").await.expect(200)["booking_url"].as_str().unwrap().to_owned();
    let theirs = theirs.rsplit_once("/book/").unwrap().1.to_owned();
    assert_eq!(browser.see(&format!("/book/{theirs}?booked=1")).await.status, 404, "it is no booking of theirs");
    assert_eq!(other.get("/bookings").await.expect(200)["data"], Value::Array(vec![]));
}
