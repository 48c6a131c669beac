//! By flags.

use hb_bls_sandbox::Fault;

use crate::{
    machine::{Machine, Portal},
    snapshot,
};

/// Whom to book, without when.
const ADA: &str = "book --course 1 --first-name Ada --last-name Lovelace --email ada@example.com --phone +447700900123 \
                   --address Harbourside --city Leeds --postcode LS14AP --job-role Nurse --pay-option credits \
                   --agency-contact-name Jo --agency-contact-email jo@agency.example";

fn ada(more: &str) -> String {
    format!("{ADA} {more}")
}

#[test]
fn a_booking_in_every_format() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let mut session = machine.session(&[
        &ada("--earliest"),
        &ada("--earliest --date 2026-06-11 --output json"),
        &ada("--date 2026-06-10 --time 09:00 --agency-email desk@agency.example --output jsonl"),
        &ada("--earliest --months 1 --output csv"),
    ]);
    // made up anew each time
    for booking in 1..=4 {
        let booking = machine.run(&format!("bookings get {booking} --output json")).json();
        for name in ["zoom_id", "zoom_link", "zoom_password"] {
            session = session.replace(booking["virtual"][name].as_str().unwrap(), &name.to_uppercase());
        }
    }
    snapshot!("book", session);
}

#[test]
fn a_dry_run_shows_the_calls_and_changes_nothing() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let session = machine.session(&[
        &ada("--earliest --months 2 --dry-run"),
        &ada("--date 2026-06-08 --time 11:00 --agency-email desk@agency.example --dry-run --output json"),
        &ada("--date 2026-06-07 --time 11:00 --dry-run"),
        &ada("--earliest --dry-run --output json").replace("--course 1", "--course 9"),
    ]);
    for personal in ["Ada", "Lovelace", "Harbourside", "7700"] {
        let shown: Vec<_> = session.lines().filter(|line| !line.starts_with('$')).collect();
        assert!(!shown.concat().contains(personal), "{personal}");
    }
    assert_eq!(portal.count("POST", "/api/v1/timeslots/hold"), 0);
    assert_eq!(portal.count("POST", "/api/v1/bookings"), 0);
    snapshot!("book-dry-run", session);
}

#[test]
fn what_is_missing_or_wrong_is_told_at_once() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let session = machine.session(&[
        "book",
        "book --course 1 --date 2026-06-08 --first-name Ada --output json",
        &ada("--time 09:00"),
        &ada("--earliest")
            .replace("ada@example.com", "ada")
            .replace("credits", "cash")
            .replace("--course 1", "--course BLS"),
        &ada("--date soon --time 9"),
        &ada("--earliest --time 09:00"),
        &ada("--date 2026-06-08 --time 09:00 --months 2"),
    ]);
    assert_eq!(portal.count("POST", "/api/v1/auth/token"), 0);
    snapshot!("book-usage", session);
}

#[test]
fn a_refusal_is_told_in_the_portal_s_words() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let mut session = machine.session(&[
        &ada("--date 2026-06-07 --time 09:00"),
        &ada("--earliest").replace("Nurse", &"Lovelace".repeat(40)),
        &ada("--earliest --output json").replace("Nurse", &"Lovelace".repeat(40)),
        &ada("--date 2026-06-08 --time 09:00"),
        &ada("--date 2026-06-08 --time 09:00"),
        &ada("--earliest --date 2026-06-07"),
    ]);
    // the candidate has a booking already, which must not be of the same second
    portal.run(async |sandbox| sandbox.advance(std::time::Duration::from_secs(60)).await);
    portal.inject(Fault::status("createBooking", 503).times(9));
    session += &machine.run(&ada("--earliest")).transcript();
    let id = machine.run("bookings get 1 --output json").json();
    for name in ["zoom_id", "zoom_link", "zoom_password"] {
        session = session.replace(id["virtual"][name].as_str().unwrap(), &name.to_uppercase());
    }
    snapshot!("book-refused", session);
}
