//! Nobody is booked once more by another file, by another journal, or after somebody has booked them by hand.

use crate::{
    built,
    bulk::support::{Bulk, COMMAND, HEADER, candidate, email},
};

const AGAIN: &str = "book --from candidates.csv --journal other.journal --earliest";

#[test]
fn who_is_booked_already_is_booked_again_only_on_demand() {
    let bulk = Bulk::new(3);
    assert_eq!(bulk.run("").code, 0);
    bulk.write(&(2..=5).map(candidate).collect::<Vec<_>>());
    for line in [AGAIN.to_owned(), format!("{AGAIN} --yes")] {
        let run = bulk.machine.run(&line);
        assert_eq!(run.code, 6, "{}", run.stderr);
        for part in [
            "\nline 2 is booked already: booking 2, ",
            "\nline 3 is booked already: booking 3, ",
            "error: 2 candidates are booked already; nothing was booked",
            "--skip-booked leaves them out; --allow-duplicates books them again",
        ] {
            assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
        }
        bulk.assert_all_booked_once(3);
    }
    assert_eq!(bulk.machine.run(&format!("{AGAIN} --allow-duplicates")).code, 0);
    let booked = bulk.booked();
    assert_eq!((1..=5).map(|number| booked[&email(number)]).collect::<Vec<_>>(), [1, 2, 2, 1, 1]);
}

/// As when a list goes on from week to week under another name.
#[test]
fn who_is_booked_already_can_be_left_out() {
    let bulk = Bulk::new(3);
    assert_eq!(bulk.run("").code, 0);
    // enough for the others
    let credits = std::collections::BTreeMap::from([(1, 1), (2, 1)]);
    let patch = hb_bls_sandbox::AccountPatch::default().credits(credits);
    bulk.portal.run(async |sandbox| sandbox.set_account(patch).await);
    bulk.write(&(2..=5).map(candidate).collect::<Vec<_>>());
    let line = format!("{AGAIN} --skip-booked");
    for look in ["--check", "--dry-run"] {
        let look = bulk.machine.run(&format!("{line} {look}"));
        assert_eq!(look.code, 0, "{}", look.stderr);
        assert!(look.stderr.contains("2 candidates to book; 2 booked earlier"), "{}", look.stderr);
    }
    for booked in ["2 of 4 candidates booked, 0 rejected, 2 booked already, 0 left"; 2] {
        let run = bulk.machine.run(&format!("{line} --failed failed.csv --output json"));
        assert!(run.code == 0 && run.stderr.contains(booked), "{}", run.stderr);
        let outcomes = run.json();
        assert_eq!((&outcomes[0]["outcome"], &outcomes[3]["outcome"]), (&"skipped".into(), &"booked".into()));
        assert!(outcomes[0]["reason"].as_str().unwrap().starts_with("is booked already: booking 2, "), "{outcomes}");
        assert_eq!(std::fs::read_to_string(bulk.path("failed.csv")).unwrap().lines().count(), 1);
    }
    bulk.assert_all_booked_once(5);
}

#[cfg(unix)]
#[test]
fn on_a_terminal_it_is_asked_for() {
    let bulk = Bulk::new(2);
    assert_eq!(bulk.run("").code, 0);
    let command = bulk.machine.command(&AGAIN.split(' ').collect::<Vec<_>>());
    let question = "Book 2 candidates, although 2 candidates are booked already? [y/N]";
    let (seen, status) = built::talk(&command, 120, &[(question, "n")]);
    assert!(!status.success(), "{seen}");
    bulk.assert_all_booked_once(2);
}

/// Who agrees that money is short has not agreed that people are booked twice.
#[cfg(unix)]
#[test]
fn a_shortage_is_asked_about_apart() {
    let bulk = Bulk::new(2);
    assert_eq!(bulk.run("").code, 0);
    let none = std::collections::BTreeMap::from([(1, 0), (2, 1)]);
    let patch = hb_bls_sandbox::AccountPatch::default().credits(none);
    bulk.portal.run(async |sandbox| sandbox.set_account(patch).await);
    let command = bulk.machine.command(&AGAIN.split(' ').collect::<Vec<_>>());
    let doubled = "Book 2 candidates, although 2 candidates are booked already? [y/N]";
    let short = "1 credit short. Book the 1 candidate who can be paid for? [y/N]";
    for answers in [&[(doubled, "n")][..], &[(doubled, "y"), (short, "n")]] {
        let (seen, status) = built::talk(&command, 120, answers);
        assert!(!status.success(), "{seen}");
        bulk.assert_all_booked_once(2);
    }
}

/// Candidates of one address, staff who have cancelled, other courses, and what is over.
#[test]
fn others_are_not_taken_for_them() {
    let bulk = Bulk::new(4);
    assert_eq!(bulk.run("").code, 0);
    bulk.portal.run(async |sandbox| sandbox.cancel(2).await);
    let other_name = candidate(1).replace("Name1", "Grace");
    let other_course = candidate(3).replacen('2', "1", 1);
    assert!(other_name != candidate(1) && other_course != candidate(3));
    bulk.write(&[other_name, candidate(2), other_course]);
    let run = bulk.machine.run(AGAIN);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(bulk.bookings().len(), 7);

    // a year later
    bulk.portal.run(async |sandbox| sandbox.advance(std::time::Duration::from_secs(300 * 24 * 60 * 60)).await);
    bulk.write(&[candidate(4)]);
    let run = bulk.machine.run(&COMMAND.replace("run.journal", "next.journal"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(bulk.booked()[&email(4)], 2);
}

/// A question may stand on the screen for an hour.
#[cfg(unix)]
#[test]
fn who_is_booked_while_the_question_stands_is_not_booked_again() {
    use std::io::Write as _;
    let bulk = Bulk::new(2);
    let args: Vec<&str> = AGAIN.split(' ').collect();
    let (terminal, mut child) = built::on_terminal(&bulk.machine.command(&args), 120);
    let mut seen = built::until(&terminal, "Book 2 candidates? [y/N]");
    assert_eq!(bulk.run("").code, 0);
    (&terminal).write_all(b"y\r").unwrap();
    seen += &built::rest(&terminal);
    assert_eq!(child.wait().unwrap().code(), Some(6), "{seen}");
    assert!(seen.contains("2 candidates are booked already, since you were asked; nothing was booked"), "{seen}");
    bulk.assert_all_booked_once(2);
}

/// Also in another course, since nobody can be in two trainings at once.
#[test]
fn the_same_person_on_the_same_day_is_booked_only_on_demand() {
    let bulk = Bulk::new(0);
    let on = |course: char, date: &str, time: &str| {
        let row = candidate(1).replacen('2', &course.to_string(), 1);
        std::fs::write(bulk.path("candidates.csv"), format!("{HEADER},date,time\n{row},{date},{time}\n")).unwrap();
        bulk.machine.run("book --from candidates.csv --journal run.journal")
    };
    assert_eq!(on('2', "2026-06-08", "09:00").code, 0);
    for time in ["11:00", "earliest"] {
        std::fs::remove_file(bulk.path("run.journal")).unwrap();
        let run = on('1', "2026-06-08", time);
        assert_eq!(run.code, 6, "{}", run.stderr);
        let told = "line 2 is booked already: booking 1, Mon 8 Jun 2026, 09:00, ";
        assert!(run.stderr.contains(told), "{}", run.stderr);
        std::fs::write(bulk.path("run.journal"), "").unwrap();
    }
    let run = on('1', "2026-06-09", "11:00");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(bulk.bookings().len(), 2);
}

/// It may be somebody else, so that it is only said.
#[test]
fn the_same_name_with_another_address_is_reported() {
    let bulk = Bulk::new(1);
    assert_eq!(bulk.run("").code, 0);
    let of = |address: &str| candidate(1).replace("quill.1@", address);
    bulk.write(&[of("q1@"), of("name1@")]);
    let told = [
        "warning: lines 2, 3: name: is booked already: booking 1, Mon 8 Jun 2026, 09:00",
        ", with another email address",
        "warning: line 3: name: is also that of line 2, for the same course with another email address",
    ];
    let look = bulk.machine.run(&format!("{AGAIN} --check"));
    assert!(look.code == 0 && look.stdout.contains(told[1]), "{}{}", look.stdout, look.stderr);
    let run = bulk.machine.run(AGAIN);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for told in told {
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
    }
}

/// A run that goes on has booked one of the trainings itself.
#[test]
fn one_person_may_be_in_a_file_for_several_trainings() {
    let bulk = Bulk::new(0);
    let one = candidate(1);
    let rows = format!("{one},2026-06-08,09:00\n{one},2026-06-10,09:00");
    std::fs::write(bulk.path("candidates.csv"), format!("{HEADER},date,time\n{rows}\n")).unwrap();
    let credits = |count| {
        let credits = std::collections::BTreeMap::from([(2, count)]);
        let patch = hb_bls_sandbox::AccountPatch::default().credits(credits);
        bulk.portal.run(async |sandbox| sandbox.set_account(patch).await);
    };
    let line = "book --from candidates.csv --journal run.journal --partial";
    credits(1);
    let run = bulk.machine.run(line);
    assert!(run.code == 6 && bulk.bookings().len() == 1, "{}", run.stderr);
    assert!(run.stderr.contains("line 3: email: is also that of line 2, for the same course"), "{}", run.stderr);
    credits(1);
    let dry = bulk.machine.run(&format!("{line} --dry-run"));
    let run = bulk.machine.run(line);
    assert_eq!((dry.code, run.code, bulk.bookings().len()), (0, 0, 2), "{}{}", dry.stderr, run.stderr);
}
