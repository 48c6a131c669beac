use serde_json::json;

use super::support::{Listen, SECRET, event, request, run, signed, signed_at};
use crate::snapshot;
use hb_bls::{Clock as _, SystemClock};

const ID_1: &str = "018f4a2b-1234-7000-8abc-000000000001";

#[test]
fn the_first_line_is_the_url_and_then_comes_one_object_per_delivery() {
    let mut listen = Listen::with_secret(&[]);
    assert_eq!(listen.object(), json!({ "url": listen.url() }));
    assert!(listen.url().starts_with("http://127.0.0.1:"));
    let body = event(1);
    for duplicate in [false, true, true] {
        assert_eq!(listen.post(&signed(SECRET, &body), &body), 200);
        let expected = json!({
            "event_id": ID_1, "event_type": "webhook.test", "occurred_at": "2026-06-05T10:00:00Z",
            "verified": true, "duplicate": duplicate, "reason": null,
        });
        assert_eq!(listen.line(), expected);
    }
    let (code, rest, errors) = listen.interrupt();
    assert_eq!((code, &*rest, &*errors), (Some(0), "", ""));
}

#[test]
fn each_secret_is_believed_while_they_change() {
    let mut listen = Listen::with_secrets(&["whsec_new_0123456789", "whsec_old_0123456789"], &["--secret", SECRET]);
    for (number, secret) in ["whsec_new_0123456789", "whsec_old_0123456789", SECRET].into_iter().enumerate() {
        let body = event(number as u32);
        assert_eq!(listen.post(&signed(secret, &body), &body), 200);
        assert_eq!(listen.line()["verified"], true);
    }
}

#[test]
fn what_is_malformed_forged_or_too_large_is_told_apart() {
    let mut listen = Listen::with_secret(&[]);
    let body = event(1);
    let now = SystemClock.now();
    let without = |name: &str| {
        let headers = signed(SECRET, &body).into_iter().filter(|(other, _)| *other != name);
        request(&headers.collect::<Vec<_>>(), &body)
    };
    let with = |name: &str, value: &str| {
        let mut headers = signed(SECRET, &body);
        headers.iter_mut().filter(|(other, _)| *other == name).for_each(|(_, old)| *old = value.to_owned());
        request(&headers, &body)
    };
    let mut changed = body.clone();
    changed.push(b' ');
    let large = vec![b' '; 1024 * 1024 + 1];
    let mut not_an_event = signed(SECRET, &body);
    not_an_event[4].1 = hb_bls::webhook::Signer::new(SECRET).unwrap().signature(b"[]", now);
    not_an_event[3].1 = now.as_second().to_string();
    let mut chunked = b"POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..17 {
        chunked.extend_from_slice(b"10000\r\n");
        chunked.extend_from_slice(&[b' '; 0x10000]);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let minutes = |minutes: i64| now.checked_add(jiff::SignedDuration::from_mins(minutes)).unwrap();
    let announced = b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 1048577\r\nexpect: 100-continue\r\n\r\n";
    let cases: [(Vec<u8>, u16, &str); 13] = [
        (without("x-tdta-signature"), 400, "x-tdta-signature is missing"),
        (without("x-tdta-timestamp"), 400, "x-tdta-timestamp is missing"),
        (with("x-tdta-timestamp", "+5"), 400, "digits alone"),
        (with("x-tdta-event", "booking.created"), 400, "disagrees with the signed body"),
        (request(&not_an_event, b"[]"), 400, "not an event"),
        (b"GET / HTTP/1.1\r\nhost: here\r\n\r\n".to_vec(), 400, "those come with POST"),
        (request(&signed("whsec_other_0123456789", &body), &body), 401, "no secret fits"),
        (request(&signed(SECRET, &body), &changed), 401, "no secret fits"),
        (request(&signed_at(SECRET, &body, minutes(-6)), &body), 401, "s old"),
        (request(&signed_at(SECRET, &body, minutes(6)), &body), 401, "in the future"),
        (request(&[], &large), 413, "longer than 1048576 bytes"),
        (announced.to_vec(), 413, "longer than 1048576 bytes"),
        (chunked, 413, "longer than 1048576 bytes"),
    ];
    for (bytes, status, reason) in cases {
        assert_eq!(listen.raw(&bytes), status, "{reason}");
        let line = listen.line();
        assert!(line["reason"].as_str().unwrap().contains(reason), "{line}");
        assert_eq!((&line["verified"], &line["duplicate"]), (&json!(false), &json!(false)));
        assert_eq!(line.as_object().unwrap().len(), 6);
    }
    // a forgery leaves no trace: the true one is new
    assert_eq!(listen.post(&signed(SECRET, &body), &body), 200);
    assert_eq!(listen.line()["duplicate"], false);
}

#[test]
fn events_that_were_not_asked_for_are_passed_over() {
    let mut listen = Listen::with_secret(&["--events", "booking.created,booking.cancelled"]);
    let test = event(1);
    let booked = String::from_utf8(event(2)).unwrap().replace("webhook.test", "booking.created").into_bytes();
    for body in [&test, &booked] {
        assert_eq!(listen.post(&signed(SECRET, body), body), 200);
    }
    assert_eq!(listen.line()["event_type"], "booking.created");
}

/// What it prints of a new event, the same again, and a forgery.
fn session(more: &[&str]) -> String {
    let mut listen = Listen::printing(more);
    let body = event(1);
    let mut text = listen.first.clone();
    for secret in [SECRET, SECRET, "whsec_other_0123456789"] {
        listen.post(&signed(secret, &body), &body);
        text += &listen.text();
    }
    text
}

#[test]
fn people_get_lines_and_programs_objects() {
    let time = (r"\d\d:\d\d:\d\dZ?", "TIME");
    snapshot!("commands", "lines", session(&[]), [time]);
    snapshot!("commands", "lines-json", session(&["--output", "json"]), [time]);
}

#[test]
fn secrets_are_shown_only_when_asked_for() {
    let mut listen = Listen::with_secret(&[]);
    let body = event(1);
    listen.post(&signed("whsec_other_0123456789", &body), &body);
    let shown = listen.first.clone() + &listen.line().to_string();
    let (_, rest, errors) = listen.interrupt();
    assert!(!(shown + &rest + &errors).contains("whsec"));
    assert_eq!(Listen::with_secret(&["--print-secret"]).object()["secret"], SECRET);
}

#[test]
fn a_wrong_command_line_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    let missing = folder.path().join("missing");
    let cases: [(&[&str], i32, &str); 7] = [
        (&["--secret", ""], 2, "the signing secret is empty"),
        (&["--secret", " x "], 2, "white space around it"),
        (&["--secret-file", empty.to_str().unwrap()], 1, "holds no signing secret"),
        (&["--secret-file", missing.to_str().unwrap()], 1, "cannot read "),
        (&["--secret", "x", "--forward-to", "http://agency.example/"], 2, "must be https"),
        (&["--secret", "x", "--output", "csv"], 2, "not CSV"),
        // the real portal, which is not asked
        (&[], 2, "cannot reach this computer"),
    ];
    for (args, code, message) in cases {
        let (got, stdout, stderr) = run(&[&["listen"], args].concat());
        assert!(stderr.contains(message), "{args:?}: {stderr}");
        assert_eq!((got, &*stdout), (Some(code), ""), "{args:?}: {stderr}");
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, _, stderr) = run(&["listen", "--secret", "x", "--port", &port]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains(&format!("cannot listen on port {port} of this machine")), "{stderr}");
}
