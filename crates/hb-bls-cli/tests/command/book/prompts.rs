//! On a terminal.

use std::io::Write as _;

use crate::{
    built,
    machine::{Machine, Portal},
};

fn talk(machine: &Machine, args: &[&str], typing: &[(&str, &str)]) -> (String, bool) {
    let (seen, status) = built::talk(machine.command(args).env("NO_COLOR", "1"), 120, typing);
    (seen, status.success())
}

const CANDIDATE: [(&str, &str); 10] = [
    ("First name:", "Ada"),
    ("Last name:", "Lovelace"),
    ("Phone:", "+447700900123"),
    ("Address, house and street:", "12, St James's Square"),
    ("City:", "London"),
    ("Postcode:", "SW1Y 4JH"),
    ("Job role:", "Nurse"),
    ("Pay option (credits, balance, invoice, candidate_pays):", "credits"),
    ("Contact at the agency, name:", "Jo Field"),
    ("Contact at the agency, email:", "jo.field@agency.example"),
];

#[test]
fn what_no_flag_gives_is_asked_for_until_it_is_valid() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let mut typing = vec![
        ("Course:", ""),
        ("Course:", "BLS"),
        ("Course:", "9"),
        ("Course:", "1"),
        ("Date, such as 23/11/2026 or next Monday (nothing for the earliest timeslot):", "Sat 13 Jun 2026"),
        ("Date, such as 23/11/2026 or next Monday (nothing for the earliest timeslot):", "9/6/2026"),
        ("Time in the UK, such as 09:00:", "9"),
        ("Time in the UK, such as 09:00:", "9:30"),
        ("Time in the UK, such as 09:00:", "10am"),
    ];
    typing.extend(CANDIDATE);
    typing.push(("The agency's own email (nothing if there is none):", ""));
    typing.push(("Book it? [y/N]", "y"));
    let (seen, well) = talk(&machine, &["book", "--email", "ada@example.com"], &typing);
    assert!(well, "{seen}");
    for part in [
        "    1  Basic Life Support, 48.00 GBP\n    2  Paediatric Basic Life Support, 60.00 GBP\n",
        "This is needed.",
        "Not accepted: it is not the number of a course",
        "There is no such course. Choose one of the list above.",
        "No timeslot is free on Sat 13 Jun 2026.",
        "Free on Tue 9 Jun 2026: 09:00, 10:00, ",
        "Not accepted: it is ambiguous: 09:00 or 21:00?",
        "09:30 is not free. Choose one of: 09:00, 10:00, ",
        "Basic Life Support, Tue 9 Jun 2026, 10:00\npaid with 1 credit\n",
        "start date             2026-06-09T10:00:00+01:00",
    ] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    assert!(!seen.contains("\nEmail: "), "it was given: {seen}");
}

#[test]
fn no_date_means_the_earliest_timeslot() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let mut typing = vec![("Date, such as 23/11/2026 or next Monday (nothing for the earliest timeslot):", "")];
    typing.extend(CANDIDATE);
    typing.push(("The agency's own email (nothing if there is none):", "desk@agency.example"));
    typing.push(("Book it? [y/N]", "y"));
    let args = ["book", "--course", "1", "--email", "ada@example.com"];
    let (seen, well) = talk(&machine, &args, &typing);
    assert!(well && seen.contains("2026-06-08T09:00:00+01:00"), "{seen}");
}

#[test]
fn an_input_that_ends_books_nothing() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    // Ctrl-D
    let (seen, well) =
        talk(&machine, &["book", "--course", "1", "--earliest"], &[("First name:", "Ada"), ("Last name:", "\u{4}")]);
    assert!(!well && seen.contains("the input ended; nothing was done"), "{seen}");
    assert_eq!(portal.count("POST", "/api/v1/timeslots/hold"), 0);
}

const ADA: &str = "book --course 1 --earliest --first-name Ada --last-name Lovelace --email ada@gmial.com --phone 07700900123 \
                   --address Harbourside --city Leeds --postcode LS14AP --job-role Nurse --pay-option credits \
                   --agency-contact-name Jo --agency-contact-email jo@agency.example";

/// What is confirmed is what is booked.
#[test]
fn a_booking_is_summed_up_and_confirmed() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let args: Vec<&str> = ADA.split(' ').filter(|arg| !arg.is_empty()).collect();
    let (seen, well) = talk(&machine, &args, &[("Book it? [y/N]", "")]);
    assert!(!well && seen.contains("nothing was booked"), "{seen}");
    assert_eq!(portal.count("POST", "/api/v1/timeslots/hold"), 0);
    assert!(seen.contains("warning: email may be mistyped: is it @gmail.com?"), "{seen}");
    let (seen, well) = talk(&machine, &args, &[("Book it? [y/N]", "y")]);
    assert!(well && seen.contains("Basic Life Support, Mon 8 Jun 2026, 09:00"), "{seen}");
    let (seen, well) = talk(&machine, &args, &[("Book it? [y/N]", "n")]);
    assert!(!well && seen.contains("warning: this address is booked already: booking 1, 2026-06-08 09:00"), "{seen}");
    let (seen, well) = talk(&machine, &[&args[..], &["--yes"]].concat(), &[]);
    assert!(well && !seen.contains("Book it?"), "{seen}");
}

fn arguments(line: &str) -> Vec<&str> {
    line.split(' ').filter(|arg| !arg.is_empty()).collect()
}

/// From a flag and from a default of the profile alike; the other values are kept.
#[test]
fn what_the_portal_refuses_is_asked_for_again() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    assert_eq!(machine.run("config set pay-option credits").code, 0);
    let line = ADA.replace("--pay-option credits ", "").replace("--course 1", "--course 2").replace("gmial", "gmail");
    let line = line.replace("Nurse", &"Nurse".repeat(60));
    let typing = [
        ("Book it? [y/N]", "y"),
        ("Job role:", "Nurse"),
        ("Book it? [y/N]", "y"),
        ("Pay option (credits, balance, invoice, candidate_pays):", "candidate_pays"),
        ("Book it? [y/N]", "y"),
    ];
    let (seen, well) = talk(&machine, &arguments(&line), &typing);
    assert!(well, "{seen}");
    for part in [
        "The other answers are kept.\nThe job role field must not be greater than 255 characters.\nJob role: ",
        "\nThere are not enough credits for this course.\nPay option",
    ] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    let booking = machine.run("bookings get 1 --output json").json();
    assert_eq!(booking["pay_option"], "candidate_pays");
    assert_eq!(booking["start_date"], "2026-06-08T09:00:00+01:00", "what was confirmed is kept");
    assert_eq!(portal.count("POST", "/api/v1/bookings"), 3);
    // nobody is to be asked
    let (seen, well) = talk(&machine, &[&arguments(&line)[..], &["--yes"]].concat(), &[]);
    assert!(!well && seen.contains("must not be greater than 255 characters"), "{seen}");
}

#[test]
fn a_timeslot_that_is_taken_meanwhile_is_chosen_anew() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let mut args = arguments(ADA);
    args.retain(|arg| *arg != "--earliest");
    args.extend(["--date", "8/6/2026", "--time", "09:00"]);
    let command = machine.command(&args);
    let (terminal, mut child) = built::on_terminal(&command, 120);
    built::until(&terminal, "Book it? [y/N]");
    let details = hb_bls::testing::booking_details();
    let other = hb_bls::BookRequest::at(
        hb_bls::CourseId::new(1),
        "2026-06-08".parse().unwrap(),
        "09:00".parse().unwrap(),
        details,
    );
    portal.wait(portal.client().book(&other)).unwrap();
    let answer = |text: &str| (&terminal).write_all(format!("{text}\r").as_bytes()).unwrap();
    answer("y");
    let seen = built::until(&terminal, "(nothing for the earliest timeslot):");
    assert!(seen.contains("The timeslot is not free any more.\nDate"), "{seen}");
    answer("8/6/2026");
    let seen = built::until(&terminal, "Time in the UK, such as 09:00:");
    assert!(seen.contains("Free on Mon 8 Jun 2026: 10:00, 11:00"), "{seen}");
    answer("11:00");
    built::until(&terminal, "Book it? [y/N]");
    answer("y");
    let seen = built::rest(&terminal);
    assert!(child.wait().unwrap().success() && seen.contains("2026-06-08T11:00:00+01:00"), "{seen}");
}

/// The hold stays until it is booked, and if it is gone, another timeslot is chosen.
#[test]
fn a_refused_booking_of_a_hold_is_tried_again_with_the_hold() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let hold = machine.run("holds create --course 1 --date 9/6/2026 --time 11am --output json").json();
    let line = ADA.replace("--earliest", &format!("--hold {}", hold["hold_hash"].as_str().unwrap()));
    let typing = [("Book it? [y/N]", "y"), ("Job role:", "Nurse"), ("Book it? [y/N]", "y")];
    let (seen, well) = talk(&machine, &arguments(&line.replace("Nurse", &"Nurse".repeat(60))), &typing);
    assert!(well && seen.contains("2026-06-09T11:00:00+01:00"), "{seen}");
    let typing = [("Book it? [y/N]", "y"), ("(nothing for the earliest timeslot):", ""), ("Book it? [y/N]", "y")];
    let (seen, well) = talk(&machine, &arguments(&line), &typing);
    assert!(well && seen.contains("2026-06-08T09:00:00+01:00"), "{seen}");
}
