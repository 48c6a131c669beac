//! Portals that lose a response and then send less than we assume, or something else.

use hb_bls::{BookRequest, Booking, BookingId, CourseId, ErrorKind, Result};
use hb_bls_sandbox::{Fault, FaultKind};

use crate::{
    book::requests,
    canned::{Canned, Reply, Request, answer, json},
    count,
    virtual_time::VirtualTime,
    walk::details,
};

/// The expiry of a hold that is made at the start of the client's clock.
const EXPIRY: &str = r#""expires_at":"2026-06-05T10:30:00+00:00""#;
const HASH: &str = "9f2c41d07be84c6aa35e17d20b6c8f14";

fn request() -> BookRequest {
    BookRequest::at(CourseId::new(1), "2026-06-15".parse().unwrap(), "09:00".parse().unwrap(), details())
}

/// A booking of the candidate, made at the start of the client's clock, unless changed.
fn booking(id: u32, course: u32, start: &str) -> String {
    format!(
        r#"{{"id":{id},"booking_status":"booked","course":{{"id":{course}}},"start_date":"{start}",
        "created_at":"2026-06-05T10:00:01+00:00",
        "candidate":{{"name":"Łukasz O'Neill","email":"lukasz@example.com"}}}}"#
    )
}

/// The response to `POST /bookings` is lost. Holds can be made, but their responses do not mention the timeslot.
async fn portal(rest: impl FnMut(&Request) -> String + Send + 'static) -> Canned {
    answering(String::new(), rest).await
}

/// Responds to `POST /bookings` with this.
async fn answering(booked: String, mut rest: impl FnMut(&Request) -> String + Send + 'static) -> Canned {
    Canned::script(move |asked| match asked.line.as_str() {
        line if line.starts_with("POST /api/v1/timeslots/hold ") => {
            answer("201 Created", "application/json", &format!(r#"{{"hold_hash":"{HASH}",{EXPIRY}}}"#)).into()
        }
        line if line.starts_with("POST /api/v1/bookings ") => booked.clone().into(),
        _ => rest(asked).into(),
    })
    .await
}

/// A portal that lists these bookings, and responds like this to the release of the hold.
async fn listing(entries: &str, released: String) -> Canned {
    let list = json(&format!(r#"{{"data":[{entries}]}}"#));
    portal(move |asked| if asked.line.starts_with("GET ") { list.clone() } else { released.clone() }).await
}

fn released() -> String {
    json(r#"{"message":"released"}"#)
}

fn gone() -> String {
    answer("404 Not Found", "application/json", r#"{"message":"Not found."}"#)
}

/// What a client whose booking was lost returns, and the requests that it made to find out.
async fn book(portal: &Canned) -> (Result<Booking>, Vec<String>) {
    let outcome = portal.client().book(&request()).await;
    let lines = portal.requests().into_iter().map(|request| request.line).collect();
    (outcome, lines)
}

#[tokio::test]
async fn a_hold_that_is_gone_before_its_time_was_booked_whatever_the_list_says() {
    let portal = listing("", gone()).await;
    let (outcome, _) = book(&portal).await;
    let error = outcome.unwrap_err();
    assert!(error.is_ambiguous() && error.to_string().contains(HASH) && !error.is_retryable(), "{error}");
}

#[tokio::test]
async fn a_list_that_filters_by_the_day_of_booking_shows_the_booking_too() {
    let portal = portal(|asked| match &asked.line {
        line if line.contains("date_from=2026-06-05&") || line.contains("&date_from=2026-06-05") => {
            json(&format!(r#"{{"data":[{}]}}"#, booking(7, 1, "2026-06-15T09:00:00+01:00")))
        }
        line if line.starts_with("GET ") => json(r#"{"data":[]}"#),
        _ => gone(),
    })
    .await;
    let (outcome, lines) = book(&portal).await;
    assert_eq!(outcome.unwrap().id, BookingId::new(7), "{lines:?}");
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_as_good_as_lost() {
    let made = booking(7, 1, "2026-06-15T09:00:00+01:00");
    for booked in [
        answer("200 OK", "text/html", "<html>Thank you</html>"),
        answer("201 Created", "application/json", &made).replace("}}", ""),
        answer("204 No Content", "application/json", ""),
        answer("504 Gateway Timeout", "text/html", "<html>Later</html>"),
    ] {
        let listed = json(&format!(r#"{{"data":[{made}]}}"#));
        let portal = answering(booked.clone(), move |_| listed.clone()).await;
        let (outcome, lines) = book(&portal).await;
        assert_eq!(outcome.unwrap().id, BookingId::new(7), "{booked}: {lines:?}");
    }
}

#[tokio::test]
async fn a_hold_that_was_there_to_be_released_was_not_booked() {
    let portal = listing("", released()).await;
    let (outcome, lines) = book(&portal).await;
    assert!(matches!(&outcome, Err(error) if error.kind() == ErrorKind::Network), "{outcome:?}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("DELETE ")).count(), 1, "{lines:?}");
}

/// The same booking, created at this time.
fn created(booking: String, at: &str) -> String {
    booking.replace("2026-06-05T10:00:01+00:00", at)
}

const WANTED: &str = "2026-06-15T09:00:00+01:00";
const MOVED: &str = "2026-07-16T14:00:00+01:00";

#[tokio::test]
async fn another_booking_of_the_same_candidate_is_not_taken_for_it() {
    let older = created(booking(1, 1, MOVED), "2026-06-05T09:50:00+00:00");
    let at_that_time = created(booking(1, 1, WANTED), "2026-06-05T09:50:00+00:00");
    for other in [booking(1, 2, WANTED), older, at_that_time] {
        let portal = listing(&other, released()).await;
        let (outcome, lines) = book(&portal).await;
        assert!(matches!(&outcome, Err(error) if error.kind() == ErrorKind::Network), "{outcome:?}");
        assert_eq!(lines.iter().filter(|line| line.starts_with("DELETE ")).count(), 1, "{lines:?}");
    }
}

/// A portal may respond with 200 to the release of any hold, and hold and booking are often made within a second.
#[tokio::test]
async fn a_release_proves_nothing_about_a_booking_of_the_same_second() {
    let cancelled = booking(7, 1, WANTED).replace(r#""booked""#, r#""cancelled""#);
    for changed in [cancelled, booking(7, 1, MOVED)] {
        let portal = listing(&created(changed, "2026-06-05T10:00:00+00:00"), released()).await;
        let (outcome, _) = book(&portal).await;
        assert!(matches!(&outcome, Err(error) if error.kind() == ErrorKind::Ambiguous), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_list_that_shows_less_than_there_is_proves_nothing() {
    for (total, booked) in [(0, false), (1, true)] {
        let list = json(&format!(r#"{{"data":[],"meta":{{"current_page":1,"last_page":1,"total":{total}}}}}"#));
        let refused = answer("409 Conflict", "application/json", r#"{"message":"no such hold"}"#);
        let portal = Canned::script(move |asked| match &asked.line {
            line if line.starts_with("GET ") => list.clone().into(),
            line if line.starts_with("POST ") => refused.clone().into(),
            _ => gone().into(),
        })
        .await;
        let client = portal.client();
        let mut hold = hb_bls::HoldDetails::new(HASH);
        hold.expires_at = Some("2026-06-05T09:00:00Z".parse().unwrap());
        let hold = client.timeslots().adopt(hold);
        let failed = client.bookings().resume(hold, &details()).await.unwrap_err();
        assert_eq!(failed.error.is_ambiguous(), booked, "{total}: {failed:?}");
        assert_eq!(failed.hold.is_some(), booked, "a hold that may be booked comes back");
    }
}

#[tokio::test]
async fn a_booking_that_was_moved_or_cancelled_since_is_found() {
    let cancelled = booking(7, 1, WANTED).replace(r#""booked""#, r#""cancelled""#);
    let both = booking(7, 1, MOVED).replace(r#""booked""#, r#""cancelled""#);
    for changed in [booking(7, 1, MOVED), cancelled, both] {
        // filters by day hide the booking, so the client searches for the candidate
        let list = json(&format!(r#"{{"data":[{changed}]}}"#));
        let portal = portal(move |asked| match &asked.line {
            line if line.contains("search=lukasz%40example.com") => list.clone(),
            line if line.starts_with("GET ") => json(r#"{"data":[]}"#),
            _ => gone(),
        })
        .await;
        let (outcome, lines) = book(&portal).await;
        assert_eq!(outcome.unwrap().id, BookingId::new(7), "{lines:?}");
    }
}

#[tokio::test]
async fn two_bookings_are_told_apart_by_their_times_or_not_at_all() {
    for (entries, expected) in [
        ([booking(8, 1, MOVED), booking(7, 1, WANTED)].join(","), Some(7)),
        ([booking(8, 1, MOVED), booking(7, 1, MOVED)].join(","), None),
        // created so shortly before that a difference of clocks may explain it
        (created(booking(7, 1, WANTED), "2026-06-05T09:59:57+00:00"), Some(7)),
        (created(booking(7, 1, MOVED), "2026-06-05T09:59:57+00:00"), None),
        (created(booking(7, 1, WANTED), "2026-06-05T09:59:57+00:00").replace("booked", "cancelled"), None),
        // staff have corrected the address, or it is somebody else with that name
        (booking(7, 1, WANTED).replace("lukasz@", "l.oneill@"), None),
        // another candidate with the same address, or the same candidate spelt differently
        (booking(7, 1, WANTED).replace("Łukasz O'Neill", "L. O'Neill"), None),
    ] {
        let portal = listing(&entries, gone()).await;
        let (outcome, _) = book(&portal).await;
        match expected {
            Some(id) => assert_eq!(outcome.unwrap().id, BookingId::new(id), "{entries}"),
            None => assert!(outcome.as_ref().is_err_and(hb_bls::Error::is_ambiguous), "{entries}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn a_listed_booking_without_its_training_leaves_the_outcome_unknown() {
    let vague = r#"{"id":1,"created_at":"2026-06-05T10:00:01+00:00",
        "candidate":{"name":"Łukasz O'Neill","email":"lukasz@example.com"}}"#;
    let portal = listing(vague, released()).await;
    let (outcome, _) = book(&portal).await;
    assert!(matches!(&outcome, Err(error) if error.kind() == ErrorKind::Ambiguous), "{outcome:?}");
}

#[tokio::test]
async fn a_hold_whose_answer_nobody_waits_for_is_cleared_away_by_the_next_booking() {
    let mut holds = 0;
    let portal = Canned::script(move |asked| match &asked.line {
        line if line.starts_with("POST /api/v1/timeslots/hold ") => {
            holds += 1;
            let first = r#""slot":{"date":"2026-06-15","time":"09:00","course":{"id":1}}"#;
            match holds {
                1 => Reply::silent(),
                2 => {
                    let body = format!(r#"{{"message":"m","hold":{{"hold_hash":"{HASH}",{first}}}}}"#);
                    answer("409 Conflict", "application/json", &body).into()
                }
                _ => json(r#"{"hold_hash":"another"}"#).into(),
            }
        }
        line if line.starts_with("DELETE ") => released().into(),
        _ => json(&booking(7, 1, "2026-06-16T09:00:00+01:00")).into(),
    })
    .await;
    let (client, first) = (portal.client(), request());
    tokio::select! {
        outcome = client.book(&first) => panic!("{outcome:?}"),
        () = portal.asked(2) => {}
    }
    let next = BookRequest::at(CourseId::new(1), "2026-06-16".parse().unwrap(), "09:00".parse().unwrap(), details());
    assert_eq!(client.book(&next).await.unwrap().id, BookingId::new(7));
    let lines: Vec<_> = portal.requests().into_iter().map(|request| request.line).collect();
    let released = format!("DELETE /api/v1/timeslots/hold/{HASH} HTTP/1.1");
    assert_eq!(lines.iter().filter(|line| **line == released).count(), 1, "{lines:?}");
}

#[tokio::test]
async fn a_hold_that_somebody_has_stays_theirs_though_an_answer_was_lost() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.client();
    let requests = requests(&time, &client, 2).await;
    let slots = time.drive(client.timeslots().list(CourseId::new(1))).await.unwrap();
    time.sandbox.inject(Fault::new("holdTimeslot", FaultKind::ResetAfter)).await.unwrap();
    let hold = time.drive(client.timeslots().hold(CourseId::new(1), slots[0].date, slots[0].time)).await.unwrap();
    // neither for another timeslot nor for the same one
    for request in requests.iter().rev() {
        let error = time.drive(client.book(request)).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Conflict && error.conflicting_hold().is_some(), "{error:?}");
    }
    assert_eq!(count(&time.sandbox, "releaseTimeslotHold").await, 0);
    time.drive(client.bookings().create(hold, &details())).await.unwrap();
}

#[tokio::test]
async fn a_hold_that_is_gone_already_is_released_once() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.client();
    let slots = time.drive(client.timeslots().list(CourseId::new(1))).await.unwrap();
    let hold = time.drive(client.timeslots().hold(CourseId::new(1), slots[0].date, slots[0].time)).await.unwrap();
    client.timeslots().release(hold.hash()).await.unwrap();
    let error = hold.release().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
    time.drive(client.timeslots().hold(CourseId::new(1), slots[0].date, slots[0].time)).await.unwrap().keep();
    assert_eq!(count(&time.sandbox, "releaseTimeslotHold").await, 2);
}

#[tokio::test]
async fn a_hold_that_a_conflict_tells_of_expires_even_if_the_portal_does_not_say_when() {
    let body = format!(r#"{{"message":"m","hold":{{"hold_hash":"{HASH}"}}}}"#);
    let conflict = answer("409 Conflict", "application/json", &body);
    let portal = Canned::script(move |_| conflict.clone().into()).await;
    let client = portal.client();
    let hold = client.timeslots().hold(CourseId::new(1), "2026-06-15".parse().unwrap(), "09:00".parse().unwrap());
    let error = hold.await.unwrap_err();
    let hold = error.conflicting_hold().unwrap();
    assert_eq!(hold.hold_hash, HASH);
    // at the latest 30 minutes from now
    assert_eq!(hold.expires_at, Some("2026-06-05T10:30:00Z".parse().unwrap()));
}
