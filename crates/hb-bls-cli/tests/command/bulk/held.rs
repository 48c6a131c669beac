//! Holds that `holds create` has made, in the way of a run.

#[cfg(unix)]
use crate::built;
use crate::bulk::support::{Bulk, COMMAND, HEADER, candidate, email};

/// Makes a hold of course 2, and gives its hash.
fn hold(bulk: &Bulk, time: &str) -> String {
    let line = format!("holds create --course 2 --date 2026-06-10 --time {time} --output json");
    bulk.machine.run(&line).json()["hold_hash"].as_str().unwrap().to_owned()
}

/// The candidate of the held timeslot is not the first of the file.
#[test]
fn the_timeslot_of_a_row_that_is_held_is_booked() {
    let bulk = Bulk::new(0);
    let rows = format!("{},earliest,\n{},2026-06-10,10:30", candidate(1), candidate(3));
    std::fs::write(bulk.path("candidates.csv"), format!("{HEADER},date,time\n{rows}\n")).unwrap();
    hold(&bulk, "10:30");
    let line = "book --from candidates.csv --journal run.journal";
    let told = "line 3: hold: is for this timeslot; the run releases it and books the timeslot";
    let dry = bulk.machine.run(&format!("{line} --dry-run"));
    assert!(dry.code == 0 && dry.stderr.contains(told), "{}", dry.stderr);
    let run = bulk.machine.run(&format!("{line} --output json"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("line 3: its timeslot is held; the hold is released"), "{}", run.stderr);
    assert_eq!((&run.json()[1]["date"], &run.json()[1]["time"]), (&"2026-06-10".into(), &"10:30".into()));
    let booked = bulk.booked();
    assert_eq!((booked[&email(1)], booked[&email(3)]), (1, 1));
    assert!(bulk.machine.run("holds list").stderr.contains("no hold"));
}

/// Nobody is asked, so that somebody else's hold is kept.
#[test]
fn another_hold_ends_a_script_at_once() {
    let bulk = Bulk::new(2);
    let hash = hold(&bulk, "10:30");
    let run = bulk.run("");
    assert_eq!(run.code, 5, "{}", run.stderr);
    assert!(run.stderr.contains("cannot go on with line 2") && run.stderr.contains(&hash), "{}", run.stderr);
    // one for the hold itself, and one that met it
    assert_eq!(bulk.portal.count("POST", "/api/v1/timeslots/hold"), 2);
    assert_eq!(bulk.machine.run(&format!("holds release {hash}")).code, 0);
    assert_eq!(bulk.run("").code, 0);
    bulk.assert_all_booked_once(2);
}

#[cfg(unix)]
#[test]
fn another_hold_is_released_by_who_agrees() {
    let bulk = Bulk::new(2);
    hold(&bulk, "10:30");
    let command = bulk.machine.command(&COMMAND.split(' ').collect::<Vec<_>>());
    let book = "Book 2 candidates? [y/N]";
    let release = "Release the hold for Wed 10 Jun 2026, 10:30, which is in the way? [y/N]";
    let (seen, status) = built::talk(&command, 120, &[(book, "y"), (release, "n")]);
    assert!(!status.success() && bulk.bookings().is_empty(), "{seen}");
    assert!(!bulk.machine.run("holds list").stderr.contains("no hold"));
    let (seen, status) = built::talk(&command, 120, &[(book, "y"), (release, "y")]);
    assert!(status.success(), "{seen}");
    bulk.assert_all_booked_once(2);
    assert!(bulk.machine.run("holds list").stderr.contains("no hold"));
}
