use std::net::TcpListener;

use super::support::{Listen, SECRET, Target, event, signed};
use crate::machine::Portal;

#[test]
fn body_and_headers_are_sent_on_as_they_came_and_what_is_not_verified_is_not() {
    let target = Target::start(&[204]);
    let mut listen = Listen::with_secret(&["--forward-to", &target.url]);
    let body = event(1);
    let mut headers = signed(SECRET, &body);
    headers.extend([
        ("user-agent", "portal/1".to_owned()),
        ("content-type", "application/json; x=\"y\"".to_owned()),
        ("x-twice", "one".to_owned()),
        ("x-twice", "two".to_owned()),
        ("accept", "*/*".to_owned()),
    ]);
    assert_eq!(listen.post(&signed("whsec_other_0123456789", &body), &body), 401);
    assert_eq!(listen.line()["target_status"], serde_json::Value::Null);
    for duplicate in [false, true] {
        assert_eq!(listen.post(&headers, &body), 200);
        let line = listen.line();
        assert_eq!((&line["target_status"], &line["duplicate"]), (&204.into(), &duplicate.into()));
        let (mut head, sent) = target.request();
        assert_eq!(sent, body);
        assert_eq!(head.remove(0), "POST /hooks/bls?key=sesame HTTP/1.1");
        let mut expected: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        expected.push(format!("host: {}", target.url.split('/').nth(2).unwrap()));
        expected.push(format!("content-length: {}", body.len()));
        expected.sort();
        head.sort();
        assert_eq!(head, expected);
    }
    assert!(target.has_no_more());
}

#[test]
fn a_target_that_fails_is_shown_and_the_event_is_not_accepted() {
    let target = Target::start(&[500, 302, 200]);
    let mut listen = Listen::with_secret(&["--forward-to", &target.url]);
    let body = event(1);
    for (target_status, status) in [(500, 502), (302, 502), (200, 200)] {
        assert_eq!(listen.post(&signed(SECRET, &body), &body), status);
        let line = listen.line();
        assert_eq!(line["target_status"], target_status);
        assert_eq!((&line["verified"], &line["duplicate"]), (&true.into(), &false.into()), "{line}");
        match status {
            200 => assert!(line["reason"].is_null()),
            _ => assert_eq!(line["reason"], format!("the target responded with {target_status}")),
        }
    }
}

#[test]
fn a_target_that_is_not_there_is_reported_without_its_url() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut listen = Listen::with_secret(&["--forward-to", &format!("http://{free}/?key=sesame")]);
    let body = event(1);
    assert_eq!(listen.post(&signed(SECRET, &body), &body), 502);
    let line = listen.line();
    let reason = line["reason"].as_str().unwrap();
    assert_eq!(reason, format!("cannot reach {free}: connection refused"));
    assert!(!line.to_string().contains("sesame"), "{line}");
    assert!(line.get("target_status").is_none());
}

#[test]
fn the_portal_tries_again_after_the_target_failed() {
    let portal = Portal::live();
    let target = Target::start(&[503, 200]);
    let mut listen = portal.listen(&["--forward-to", &target.url]);
    portal.test();
    let first = listen.line();
    assert_eq!(first["reason"], "the target responded with 503");
    // the portal's clock is ahead from here on, and its deliveries are still believed
    portal.wait(portal.sandbox.advance(std::time::Duration::from_secs(15 * 60))).unwrap();
    let second = listen.line();
    assert_eq!(second["event_id"], first["event_id"]);
    assert_eq!((&second["verified"], &second["duplicate"]), (&true.into(), &false.into()), "{second}");
    let states: Vec<_> = portal.wait(portal.sandbox.deliveries()).unwrap();
    let states: Vec<_> = states.iter().map(|delivery| (delivery.state.name(), delivery.response_status)).collect();
    assert_eq!(states, [("failed", Some(502)), ("delivered", Some(200))]);
}
