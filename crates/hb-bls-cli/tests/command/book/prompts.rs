//! On a terminal.

use crate::{
    built,
    machine::{Machine, Portal},
};

fn talk(machine: &Machine, args: &[&str], typing: &[(&str, &str)]) -> (String, bool) {
    let (seen, status) = built::talk(machine.command(args).env("NO_COLOR", "1"), 120, typing);
    (seen, status.success())
}

const DATE: &str = "Date, such as 23/11/2026 or next Monday (nothing for the earliest timeslot):";
const TIME: &str = "Time in the UK, such as 09:00 (nothing for another day):";

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
        (DATE, "4/6/2026"),
        (DATE, "Sat 13 Jun 2026"),
        (DATE, "9/6/2026"),
        (TIME, "9"),
        (TIME, "9:30"),
        (TIME, ""),
        (DATE, "9/6/2026"),
        (TIME, "10am"),
    ];
    typing.extend(CANDIDATE);
    typing.push(("Agency email (optional):", ""));
    typing.push(("Book it? [y/N]", "y"));
    let (seen, well) = talk(&machine, &["book", "--email", "ada@example.com"], &typing);
    assert!(well, "{seen}");
    for part in [
        "    1  Basic Life Support, 48.00 GBP\n    2  Paediatric Basic Life Support, 60.00 GBP\n",
        "This is needed.",
        "Not accepted: it is not the number of a course",
        "There is no such course. Choose one of the list above.",
        "Thu 4 Jun 2026 is past.",
        "No timeslot is free on Sat 13 Jun 2026.",
        "Free on Tue 9 Jun 2026: 09:00, 10:00, ",
        "Not accepted: it is ambiguous: 09:00 or 21:00?",
        "09:30 is not free. Choose one of: 09:00, 10:00, ",
        "Basic Life Support, Tue 9 Jun 2026, 10:00\npaid with 1 credit\n",
        "start date             Tue 9 Jun 2026, 10:00\n",
    ] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    assert!(!seen.contains("\nEmail: "), "it was given: {seen}");
}

#[test]
fn no_date_means_the_earliest_timeslot() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let mut typing = vec![(DATE, "")];
    typing.extend(CANDIDATE);
    typing.push(("Agency email (optional):", "desk@agency.example"));
    typing.push(("Book it? [y/N]", "y"));
    let args = ["book", "--course", "1", "--email", "ada@example.com"];
    let (seen, well) = talk(&machine, &args, &typing);
    assert!(well && seen.contains("start date             Mon 8 Jun 2026, 09:00"), "{seen}");
}

/// As in a file.
#[test]
fn earliest_is_an_answer() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let args: Vec<&str> = ADA.split(' ').filter(|arg| !arg.is_empty() && *arg != "--earliest").collect();
    for (asked, timeslot) in [
        (&[(DATE, "Earliest")][..], "Mon 8 Jun 2026, 09:00"),
        (&[(DATE, "9/6/2026"), (TIME, "earliest")], "Tue 9 Jun 2026, 09:00"),
    ] {
        let typing = [asked, &[("Agency email (optional):", ""), ("Book it? [y/N]", "n")]].concat();
        let (seen, _) = talk(&machine, &args, &typing);
        assert!(seen.contains(&format!("Basic Life Support, {timeslot}\n")), "{seen}");
    }
}

/// Between words, as everything else.
#[test]
fn what_is_asked_fits_the_terminal() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let end = "earliest timeslot):";
    let typing = [(end, "1/1/2020"), (end, "\u{4}")];
    let mut command = machine.command(&["book", "--course", "1"]);
    let (seen, _) = built::talk(command.env("NO_COLOR", "1"), 50, &typing);
    let lines: Vec<_> = seen.lines().filter(|line| line.contains("next Monday")).collect();
    assert_eq!(lines, ["Date, such as 23/11/2026 or next Monday (nothing"; 2], "{seen}");
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
    assert!(
        !well && seen.contains("warning: this person is booked already: booking 1, Mon 8 Jun 2026, 09:00"),
        "{seen}"
    );
    let (seen, well) = talk(&machine, &[&args[..], &["--yes"]].concat(), &[]);
    assert!(!well && seen.contains("error: Ada Lovelace is booked already: booking 1, "), "{seen}");
    let (seen, well) = talk(&machine, &[&args[..], &["--yes", "--allow-duplicates"]].concat(), &[]);
    assert!(well && !seen.contains("Book it?"), "{seen}");
}

/// Nobody else can take it, so it is offered with the times that are free.
#[test]
fn a_timeslot_that_is_held_is_offered() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    assert_eq!(machine.run("holds create --course 1 --date 2026-06-09 --time 11:00").code, 0);
    let line = ADA.replace("--earliest", "--date 2026-06-09");
    let args: Vec<&str> = line.split(' ').filter(|arg| !arg.is_empty()).collect();
    let typing = [(TIME, "11:00"), ("Agency email (optional):", ""), ("Book it? [y/N]", "y")];
    let (seen, well) = talk(&machine, &args, &typing);
    assert!(well && seen.contains("Free on Tue 9 Jun 2026: 09:00, 10:00, 11:00, "), "{seen}");
    assert!(seen.contains("Tue 9 Jun 2026, 11:00, which is held\n"), "{seen}");
}
