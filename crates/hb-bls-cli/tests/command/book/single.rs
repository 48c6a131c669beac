//! By flags.

use hb_bls_sandbox::{AccountPatch, Fault};

use crate::{
    machine::{Machine, Portal},
    snapshot,
};

/// Whom to book, without when.
pub const ADA: &str = "book --course 1 --first-name Ada --last-name Lovelace --email ada@example.com --phone +447700900123 \
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
        &ada("--earliest --date 2026-06-11 --output json").replace("ada@", "bea@"),
        &ada("--date 2026-06-10 --time 09:00 --agency-email desk@agency.example --output jsonl")
            .replace("ada@", "cay@"),
        &ada("--earliest --months 1 --output csv").replace("ada@", "dee@"),
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
    let session = machine.session(&[
        &ada("--earliest --months 2 --dry-run"),
        &ada("--date 2026-06-08 --time 11:00 --agency-email desk@agency.example --dry-run --output json"),
        &ada("--date 2026-06-07 --time 11:00 --dry-run"),
        &ada("--earliest --dry-run --output json").replace("--course 1", "--course 9"),
        &ada("--earliest --date 2026-06-07 --dry-run"),
        &ada("--earliest --dry-run --output csv").replace("credits", "invoice"),
        &ada("--earliest --dry-run").replace("--course 1", "--course 2"),
        &ada("--earliest --dry-run").replace("credits", "candidate_pays"),
    ]);
    assert_eq!(portal.count("POST", "/api/v1/timeslots/hold"), 0);
    assert_eq!(portal.count("POST", "/api/v1/bookings"), 0);
    snapshot!("book-dry-run", session);
}

/// What a dry run foretells is what the booking meets.
#[test]
fn a_dry_run_fails_as_the_booking_does() {
    let portal = Portal::start_with(|builder| builder.rate_limit(false));
    let machine = Machine::at(&portal);
    let patch = |pounds: &str| AccountPatch::default().money_balance(pounds.parse().unwrap());
    portal.run(async |sandbox| sandbox.set_account(patch("47.99")).await);
    assert_eq!(machine.run(&ada("--date 2026-06-09 --time 10:00")).code, 0);
    for (line, foretold) in [
        (ada("--earliest").replace("--course 1", "--course 2"), "1 credit short"),
        (ada("--earliest").replace("credits", "balance"), "0.01 GBP short"),
        (ada("--date 2026-06-09 --time 10:00"), "10:00 is not free on Tue 9 Jun 2026; 09:00, 11:00, "),
        (ada("--date 2026-06-08 --time 10:30"), "10:30 is not free on Mon 8 Jun 2026"),
        (ada("--date 2026-06-07 --time 10:00"), "no timeslot is free on Sun 7 Jun 2026; the next is Mon 8 Jun 2026"),
        (ada("--earliest --date 2026-06-07"), "no timeslot is free in the time asked for"),
        (ada("--earliest").replace("--course 1", "--course 9"), "there is no course 9"),
    ] {
        let line = format!("{line} --allow-duplicates");
        let dry = machine.run(&format!("{line} --dry-run"));
        assert!(dry.code == 6 && dry.stderr.contains(foretold), "{foretold}: {}", dry.stderr);
        assert!([5, 6].contains(&machine.run(&line).code), "{line}");
    }
    assert_eq!(portal.count("POST", "/api/v1/bookings"), 3, "of which the portal refused two");
    // a hold that this command has made is in the way, as long as it is there
    let hold = machine.run("holds create --course 1 --date 2026-06-10 --time 11:00 --output json").json();
    let hash = hold["hold_hash"].as_str().unwrap();
    let another = ada("--date 2026-06-11 --time 10:00 --allow-duplicates");
    let held = machine.run(&format!("{another} --dry-run"));
    let release = format!("hold: there is one for Wed 10 Jun 2026, 11:00: `hb-bls book --hold {hash}` books it");
    assert!(held.code == 5 && held.stderr.contains(&release), "{}", held.stderr);
    assert_eq!(machine.run(&another).code, 5);
    assert_eq!(machine.run(&format!("holds release {hash}")).code, 0);
    assert_eq!(machine.run(&format!("{another} --dry-run")).code, 0);
    // what is enough is enough
    portal.run(async |sandbox| sandbox.set_account(patch("48.00")).await);
    let line = ada("--earliest --allow-duplicates").replace("credits", "balance");
    let dry = machine.run(&format!("{line} --dry-run"));
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(
        dry.stderr.contains("warning: email: is booked already: booking 1, Tue 9 Jun 2026, 10:00"),
        "{}",
        dry.stderr
    );
    assert_eq!(machine.run(&line).code, 0);
}

/// By e-mail address, name and course, as in bulk; a dry run says so, too.
#[test]
fn nobody_is_booked_once_more_unless_it_is_meant() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    assert_eq!(machine.run(&ada("--earliest")).code, 0);
    let told = "Ada Lovelace is booked already: booking 1, Mon 8 Jun 2026, 09:00; nothing was booked";
    for more in ["--earliest", "--earliest --yes", "--date 2026-06-10 --time 10:00"] {
        let run = machine.run(&ada(more).replace("ada@example", "ADA@example"));
        assert!(run.code == 6 && run.stderr.contains(told), "{more}: {}", run.stderr);
        assert!(run.stderr.contains("--allow-duplicates books the same person again"), "{}", run.stderr);
    }
    let dry = machine.run(&ada("--earliest --dry-run"));
    assert!(
        dry.code == 6 && dry.stderr.contains("1 candidate is booked already; nothing was booked"),
        "{}",
        dry.stderr
    );
    assert_eq!(portal.count("POST", "/api/v1/timeslots/hold"), 1);
    // others of the address, other courses, those whose booking was cancelled, and those who are asked for
    portal.run(async |sandbox| sandbox.set_account(AccountPatch::default().credits([(1, 9), (2, 9)])).await);
    for line in [
        ada("--earliest").replace("Ada", "Byron"),
        ada("--earliest").replace("--course 1", "--course 2"),
        ada("--earliest --allow-duplicates"),
    ] {
        assert_eq!(machine.run(&format!("{line} --dry-run")).code, 0, "{line}");
        assert_eq!(machine.run(&line).code, 0, "{line}");
    }
    for id in [1, 4] {
        portal.run(async |sandbox| sandbox.cancel(id).await);
    }
    assert_eq!(machine.run(&ada("--earliest")).code, 0);
    // the list may know no filters
    portal.inject(Fault::status("listBookings", 422));
    assert_eq!(machine.run(&ada("--earliest")).code, 6);
}

#[test]
fn what_is_past_is_reported_as_such() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    for (more, told) in [
        ("--date 2026-06-04 --time 09:00", "error: Thu 4 Jun 2026 is past; nothing was booked"),
        ("--date yesterday --earliest", "error: Thu 4 Jun 2026 is past; nothing was booked"),
        // it is 11:00 in London
        ("--date 2026-06-05 --time 10:30", "error: Fri 5 Jun 2026, 10:30 is past; nothing was booked"),
    ] {
        for dry in ["", " --dry-run"] {
            let run = machine.run(&ada(&format!("{more}{dry}")));
            assert!(run.code == 2 && run.stderr.contains(told), "{more}{dry}: {}", run.stderr);
        }
    }
    let run = machine.run("holds create --course 1 --date 2026-06-04 --time 09:00");
    assert!(run.code == 2 && run.stderr.contains("Thu 4 Jun 2026 is past; nothing is held"), "{}", run.stderr);
    assert_eq!(portal.count("POST", "/api/v1/timeslots/hold"), 0);
    // as the portal has it
    portal.run(async |sandbox| sandbox.advance(std::time::Duration::from_secs(9 * 24 * 60 * 60)).await);
    let run = machine.run(&ada("--date 2026-06-09 --time 09:00"));
    assert!(run.code == 2 && run.stderr.contains("Tue 9 Jun 2026 is past"), "{}", run.stderr);
}

#[test]
fn what_is_missing_or_wrong_is_reported_at_once() {
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
fn a_refusal_is_reported_in_the_portal_s_words() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let mut session = machine.session(&[
        &ada("--date 2026-06-07 --time 09:00"),
        &ada("--earliest").replace("Nurse", &"Lovelace".repeat(40)),
        &ada("--earliest --output json").replace("Nurse", &"Lovelace".repeat(40)),
        &ada("--date 2026-06-08 --time 09:00"),
        &ada("--date 2026-06-08 --time 09:00"),
        &ada("--date 2026-06-08 --time 09:00 --allow-duplicates"),
        &ada("--earliest --date 2026-06-07 --allow-duplicates"),
    ]);
    // the candidate has a booking already, which must not be of the same second
    portal.run(async |sandbox| sandbox.advance(std::time::Duration::from_secs(60)).await);
    portal.inject(Fault::status("createBooking", 503).times(9));
    session += &machine.run(&ada("--earliest --allow-duplicates")).transcript();
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
    // of what was made here the timeslot is known, and the course need not be named
    let without_course = ADA.replace("--course 1 ", "");
    let dry = machine.run(&format!("{without_course} --hold {hash} --dry-run"));
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(dry.stdout.contains("Ada Lovelace  Tue 9 Jun 2026  11:00  credits"), "{}", dry.stdout);
    let other_course = machine.run(&format!("{without_course} --course 2 --hold {hash}"));
    let told = "the hold is for course 1, not for course 2; nothing was booked";
    assert!(other_course.code == 2 && other_course.stderr.contains(told), "{}", other_course.stderr);
    let booking = machine.run(&format!("{without_course} --hold {hash} --output json")).json();
    assert_eq!(booking["start_date"], "2026-06-09T11:00:00+01:00");
    let other = ada(&format!("--hold {hash}")).replace("ada@", "bea@");
    let dry = machine.run(&format!("{other} --dry-run"));
    assert!(dry.code == 0 && dry.stderr.contains("its timeslot is not known"), "{}", dry.stderr);
    let gone = machine.run(&other);
    assert!(gone.code != 0 && gone.stderr.contains("cannot book the timeslot of the hold"), "{}", gone.stderr);
    let run = machine.run(&ada(&format!("--hold {hash} --earliest")));
    assert!(run.code == 2 && run.stderr.contains("cannot be used with"), "{}", run.stderr);
}

/// Who has reserved it for somebody who rings back books just that timeslot.
#[test]
fn a_hold_is_no_obstacle_to_booking_its_timeslot() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let hold = machine.run("holds create --course 1 --date 9/6/2026 --time 11am --output json").json();
    let hash = hold["hold_hash"].as_str().unwrap();
    // another timeslot, and another course
    for (line, code) in [
        (ada("--date 2026-06-09 --time 12:00"), 5),
        (ada("--date 2026-06-09 --time 11:00").replace("--course 1", "--course 2"), 5),
    ] {
        let line = line.replace("credits", "candidate_pays");
        assert_eq!((machine.run(&format!("{line} --dry-run")).code, machine.run(&line).code), (code, code), "{line}");
    }
    let line = ada("--date 2026-06-09 --time 11:00");
    let dry = machine.run(&format!("{line} --dry-run"));
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(!dry.stderr.contains("free"), "{}", dry.stderr);
    let run = machine.run(&line);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains(&format!("the timeslot is held ({hash}), and the hold is booked")), "{}", run.stderr);
    assert!(run.stdout.contains("Tue 9 Jun 2026, 11:00"), "{}", run.stdout);
    assert!(machine.run("holds list").stderr.contains("no hold"), "it is forgotten");
}

/// Whoever runs the command again knows which day or time to name.
#[test]
fn what_is_free_instead_is_reported() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    for (more, free) in [
        ("--date 2026-06-13 --time 10:00", "free on Mon 15 Jun 2026: 09:00, 10:00, "),
        ("--date 2026-06-13 --earliest", "free on Mon 15 Jun 2026: 09:00, 10:00, "),
        ("--date 2026-06-09 --time 10:30", "free on Tue 9 Jun 2026: 09:00, 10:00, "),
    ] {
        let run = machine.run(&ada(more));
        assert!([5, 6].contains(&run.code) && run.stderr.contains(free), "{more}: {} {}", run.code, run.stderr);
    }
    let refused = machine.run(&ada("--earliest").replace("--course 1", "--course 2"));
    assert!(refused.code == 6 && !refused.stderr.contains("free on"), "credits lack: {}", refused.stderr);
}

/// Nobody should have to run it again to learn of the next fault.
#[test]
fn flags_that_are_missing_and_wrong_are_reported_together() {
    let machine = Machine::with_account("https://agency.example/api/v1", "poppy", "sesame");
    let run = machine.run("book --course BLS --date soon --time 9am --phone none");
    assert_eq!(run.code, 2);
    for part in [
        "missing: --first-name, --last-name, --email, ",
        "--course: is not the number of a course",
        "--date: is not a date; write it as 23/11/2026, 23 Nov 2026, tomorrow or next Monday",
        "--phone: ",
    ] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    let earliest = machine.run(&ada("--date earliest"));
    assert!(earliest.code == 2 && earliest.stderr.contains("--date: use --earliest instead"), "{}", earliest.stderr);
}
