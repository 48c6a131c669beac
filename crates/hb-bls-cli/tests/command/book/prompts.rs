//! On a terminal.

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
        ("Course:", "1"),
        ("Date, such as 2026-06-15 (nothing for the earliest timeslot):", "2026-06-09"),
        ("Time in the UK, such as 09:00:", "9"),
        ("Time in the UK, such as 09:00:", "10:00"),
    ];
    typing.extend(CANDIDATE);
    typing.push(("The agency's own email (nothing if there is none):", ""));
    let (seen, well) = talk(&machine, &["book", "--email", "ada@example.com"], &typing);
    assert!(well, "{seen}");
    for part in [
        "    1  Basic Life Support\n    2  Paediatric Basic Life Support\n",
        "not accepted: is not the number of a course",
        "not accepted: is ambiguous: 09:00 or 21:00?",
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
    let mut typing = vec![("Date, such as 2026-06-15 (nothing for the earliest timeslot):", "")];
    typing.extend(CANDIDATE);
    typing.push(("The agency's own email (nothing if there is none):", "desk@agency.example"));
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
