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
fn a_dry_run_shows_what_would_be_booked_and_changes_nothing() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let mut session = machine.session(&[
        &ada("--earliest --months 2 --dry-run"),
        &ada("--date 2026-06-08 --time 11:00 --agency-email desk@agency.example --check --output json"),
        &ada("--date 2026-06-07 --time 11:00 --dry-run"),
        &ada("--earliest --date 2026-06-07 --dry-run"),
        &ada("--earliest --dry-run --output csv").replace("--course 1", "--course 9"),
        // there are no credits for it
        &ada("--earliest --dry-run").replace("--course 1", "--course 2"),
        &ada("--earliest --dry-run").replace("credits", "balance").replace("ada@example.com", "ada@gmial.com"),
    ]);
    for personal in ["Ada", "Lovelace", "Harbourside", "7700"] {
        let shown: Vec<_> = session.lines().filter(|line| !line.starts_with('$')).collect();
        assert!(!shown.concat().contains(personal), "{personal}");
    }
    assert_eq!(portal.count("POST", "/api/v1/timeslots/hold"), 0);
    assert_eq!(portal.count("POST", "/api/v1/bookings"), 0);
    assert_eq!(machine.run(&ada("--earliest")).code, 0);
    session += &machine.session(&[&ada("--earliest --dry-run"), &ada("--date 2026-06-08 --time 09:00 --dry-run")]);
    snapshot!("book-dry-run", session);
}

/// Whatever is in the way: the dry run tells how the real call ends.
#[test]
fn a_dry_run_ends_as_the_real_call_does() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    for (line, code) in [
        (ada("--earliest"), 0),
        (ada("--date 2026-06-07 --time 11:00"), 6),
        (ada("--earliest --date 2026-06-07"), 6),
        (ada("--earliest").replace("--course 1", "--course 9"), 6),
        (ada("--earliest").replace("--course 1", "--course 2"), 6),
        (ada("--earliest").replace("ada@example.com", "ada"), 2),
        (ada("--earliest").replace("credits", "candidate_pays"), 0),
    ] {
        let (dry, real) = (machine.run(&format!("{line} --dry-run")), machine.run(&line));
        assert_eq!((dry.code, real.code), (code, code), "{line}: {}{}", dry.stderr, real.stderr);
    }
    let hold = machine.run("holds create --course 1 --date 9/6/2026 --time 11am --output json").json();
    let line = ada("--date 2026-06-10 --time 09:00");
    let (dry, real) = (machine.run(&format!("{line} --dry-run")), machine.run(&line));
    assert_eq!((dry.code, real.code), (5, 5), "{}{}", dry.stderr, real.stderr);
    let hash = hold["hold_hash"].as_str().unwrap();
    let told = format!("an active hold already, for 2026-06-09 11:00; `hb-bls holds release {hash}` gives it back");
    assert!(dry.stdout.contains(&told), "{}", dry.stdout);
    // released elsewhere: the list of this machine is out of date, and its timeslot is free
    portal.wait(portal.client().timeslots().release(hash)).unwrap();
    assert!(machine.run("holds list").stdout.contains(hash));
    assert_eq!(machine.run(&format!("{line} --dry-run")).code, 0);
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

/// A flag wins, and so does a column.
#[test]
fn a_profile_fills_in_what_is_always_the_same() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    for (key, value) in [
        ("course", "1"),
        ("pay-option", "Credits"),
        ("agency-contact-name", "Jo"),
        ("agency-contact-email", "jo@agency.example"),
    ] {
        assert_eq!(machine.run(&format!("config set {key} {value}")).code, 0);
    }
    let session =
        machine.session(&["config list", "config set phone 1", "config set course BLS", "config unset agency-email"]);
    snapshot!("config", session);
    let ada = "--first-name Ada --last-name Lovelace --email ada@example.com --phone 07700900123 --address Harbourside \
               --city Leeds --postcode LS14AP --job-role Nurse --earliest --output json";
    let booking = machine.run(&format!("book {ada}")).json();
    assert_eq!((booking["pay_option"].as_str(), booking["course"]["id"].as_i64()), (Some("credits"), Some(1)));
    let booking = machine.run(&format!("book {ada} --pay-option invoice --course 2")).json();
    assert_eq!((booking["pay_option"].as_str(), booking["course"]["id"].as_i64()), (Some("invoice"), Some(2)));
    let file = "First name,Surname,Email,Phone,Address,City,Postcode,Job,Course\n\
                Ada,Quill,quill@example.com,07700900123,Harbourside,Leeds,LS1 4AP,Nurse,2\n";
    std::fs::write(machine.home.path().join("c.csv"), file.replace("\n                ", "\n")).unwrap();
    let run = machine.run("book --from c.csv --pay-option invoice --earliest --output json");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let booking = machine.run("bookings get 3 --output json").json();
    assert_eq!((booking["pay_option"].as_str(), booking["course"]["id"].as_i64()), (Some("invoice"), Some(2)));
    // logging in again keeps them
    assert_eq!(machine.run_with_input("auth login", &portal.sandbox.credentials().api_key).code, 0);
    assert!(machine.run("config list").stdout.contains("agency-contact-email"));
    assert_eq!(machine.run("config unset course").code, 0);
    assert!(!machine.run("config list").stdout.contains("course"));
}

#[test]
fn a_hold_is_booked_by_its_hash() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let hold = machine.run("holds create --course 1 --date 9/6/2026 --time 11am --output json").json();
    let hash = hold["hold_hash"].as_str().unwrap();
    let booking = machine.run(&ada(&format!("--hold {hash} --output json"))).json();
    assert_eq!(booking["start_date"], "2026-06-09T11:00:00+01:00");
    let gone = machine.run(&ada(&format!("--hold {hash}")));
    assert!(gone.code != 0 && gone.stderr.contains("cannot book the timeslot of the hold"), "{}", gone.stderr);
    let run = machine.run(&ada(&format!("--hold {hash} --earliest")));
    assert!(run.code == 2 && run.stderr.contains("cannot be used with"), "{}", run.stderr);
}
