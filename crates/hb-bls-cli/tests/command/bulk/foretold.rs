//! A dry run and a check end with the exit code of the run that follows.

use std::{collections::BTreeMap, process::Stdio};

use hb_bls_sandbox::{AccountPatch, Fault};

use crate::{
    bulk::support::{Bulk, HEADER, candidate, too_long},
    machine::Run,
};

const LINE: &str = "book --from candidates.csv --journal run.journal";

/// The dry run of a command, and then the command itself.
fn both(bulk: &Bulk, line: &str) -> (Run, Run) {
    let before = bulk.bookings().len();
    let dry = bulk.machine.run(&format!("{line} --dry-run"));
    assert_eq!(bulk.bookings().len(), before);
    (dry, bulk.machine.run(line))
}

fn assert_both(bulk: &Bulk, line: &str, code: i32, told: &str) {
    let check = bulk.machine.run(&format!("{line} --check"));
    let json = bulk.machine.run(&format!("{line} --check --output json"));
    let found: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(found["errors"].as_u64().unwrap() > 0, code > 0, "{found}");
    let (dry, run) = both(bulk, line);
    let codes = [check.code, json.code, dry.code, run.code];
    assert_eq!(codes, [code; 4], "{line}: {}{}{}", check.stderr, dry.stderr, run.stderr);
    assert!(dry.stderr.contains(told), "{told}: {}", dry.stderr);
}

/// Candidates of course 1, each at a time.
fn write(bulk: &Bulk, times: &[&str]) {
    let rows: Vec<_> = times.iter().enumerate().map(|(at, time)| format!("{},{time}", candidate(2 * at + 2))).collect();
    std::fs::write(bulk.path("candidates.csv"), format!("{HEADER},date,time\n{}\n", rows.join("\n"))).unwrap();
}

#[test]
fn of_what_cannot_be_paid_for() {
    let bulk = Bulk::new(2);
    let credits = BTreeMap::from([(1, 1), (2, 0)]);
    bulk.portal.run(async |sandbox| sandbox.set_account(AccountPatch::default().credits(credits)).await);
    let line = format!("{LINE} --earliest");
    assert_both(&bulk, &line, 6, "error: 1 credit short; nothing was booked");
    assert!(bulk.bookings().is_empty());
    // it books the one, and the portal refuses the other
    let check = bulk.machine.run(&format!("{line} --check"));
    let told = "1 credit short; --partial books the 1 candidate who can be paid for";
    assert!(check.stdout.contains(told), "{}", check.stdout);
    let check = bulk.machine.run(&format!("{line} --check --partial"));
    let told = "1 credit short; 1 candidate can be paid for, and the others are left";
    assert!(check.stdout.contains(told), "{}", check.stdout);
    // it books the one, and does not ask for the other
    assert_both(&bulk, &format!("{line} --partial"), 6, "error: 1 credit short; nothing was booked");
    assert_eq!(bulk.bookings().len(), 1);
    assert_eq!(bulk.portal.count("POST", "/api/v1/timeslots/hold"), 1);
    // nobody else can be paid for
    assert_both(&bulk, &format!("{line} --partial"), 6, "error: 1 credit short; nothing was booked");
    let run = bulk.machine.run(&format!("{line} --partial"));
    assert!(run.stderr.contains("hint: nobody can be paid for; "), "{}", run.stderr);
    assert_eq!(bulk.portal.count("POST", "/api/v1/timeslots/hold"), 1);
}

/// Money for two of the dearer course is enough for three others.
#[test]
fn of_the_balance() {
    let bulk = Bulk::new(0);
    let by_balance = |number: usize| candidate(number).replace("credits", "balance");
    bulk.write(&(1..=5).map(by_balance).collect::<Vec<_>>());
    let patch = AccountPatch::default().money_balance("168.00".parse().unwrap());
    bulk.portal.run(async |sandbox| sandbox.set_account(patch).await);
    let line = format!("{LINE} --earliest");
    assert_both(&bulk, &line, 6, "error: 108.00 GBP short; nothing was booked");
    // 60, 48, 60, and nothing for the others
    let run = bulk.machine.run(&format!("{line} --partial --output json"));
    assert_eq!((run.code, bulk.bookings().len()), (6, 3), "{}", run.stderr);
    assert!(
        run.stderr.contains("3 of 5 candidates booked, 0 rejected, 2 left (2 cannot be paid for)"),
        "{}",
        run.stderr
    );
    assert_eq!(bulk.portal.count("POST", "/api/v1/timeslots/hold"), 3);
    let outcomes: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let of = |row: usize| (outcomes[row]["outcome"].clone(), outcomes[row]["reason"].clone());
    assert_eq!(of(3), ("left".into(), "not tried: what is left of the balance is less than the price".into()));
    assert_eq!(of(2).0, "booked");
}

/// Also of a time of today; but what is booked stays booked when its day is over.
#[test]
fn of_what_is_past() {
    let bulk = Bulk::new(0);
    // it is 11:00 in London on 5 June
    write(&bulk, &["2026-06-08,09:00", "2026-06-04,09:00", "2026-06-05,10:59", "2026-06-03,earliest"]);
    assert_both(&bulk, LINE, 2, "line 3: date: Thu 4 Jun 2026 is past");
    let run = bulk.machine.run(LINE);
    for told in
        ["line 3, date: Thu 4 Jun 2026 is past", "line 4, date: Fri 5 Jun 2026, 10:59 is past", "Wed 3 Jun 2026"]
    {
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
    }
    assert_eq!(bulk.portal.count("POST", "/api/v1/timeslots/hold"), 0);
    let check = bulk.machine.run(&format!("{LINE} --check"));
    assert!(check.stdout.contains("Thu 4 Jun 2026 is past"), "{}", check.stdout);
    assert!(!check.stdout.contains("not free") && !check.stdout.contains("no timeslot"), "{}", check.stdout);
    write(&bulk, &["2026-06-08,09:00"]);
    assert_both(&bulk, LINE, 0, "1 credit needed");
    bulk.portal.run(async |sandbox| sandbox.advance(std::time::Duration::from_secs(4 * 24 * 60 * 60)).await);
    assert_both(&bulk, LINE, 0, "nothing left to book: 1 booked earlier");
    write(&bulk, &["2026-06-08,09:00", "2026-06-10,09:00"]);
    assert_both(&bulk, LINE, 0, "1 candidate to book; 1 booked earlier");
}

/// A row may name the day and leave the time to the command.
#[test]
fn of_the_earliest_timeslot_of_a_day() {
    let bulk = Bulk::new(0);
    let by_flag = format!("{LINE} --earliest");
    write(&bulk, &["2026-06-09,earliest", "earliest,", "2026-06-08,", "2026-06-09,09:00"]);
    let refused = bulk.machine.run(LINE);
    let told = "line 4, time: is missing; \"earliest\" stands for the earliest of the day";
    assert!(refused.code == 2 && refused.stderr.contains(told), "{}", refused.stderr);
    let dry = bulk.machine.run(&format!("{by_flag} --dry-run --output json")).json();
    assert_both(&bulk, &by_flag, 0, "4 credits needed");
    let run = bulk.machine.run(&format!("{by_flag} --output json")).json();
    let at = |row: &serde_json::Value| format!("{} {}", row["date"].as_str().unwrap(), row["time"].as_str().unwrap());
    let got = |rows: &serde_json::Value| rows.as_array().unwrap().iter().map(at).collect::<Vec<_>>();
    // who names a day goes before who does not, and who names a time before both
    let expected = ["2026-06-09 10:00", "2026-06-08 10:00", "2026-06-08 09:00", "2026-06-09 09:00"];
    assert_eq!(
        (got(&dry["rows"]), got(&run)),
        (expected.map(str::to_owned).to_vec(), expected.map(str::to_owned).to_vec())
    );
    assert_eq!((&run[0]["wanted_date"], &run[0]["wanted_time"]), (&"2026-06-09".into(), &serde_json::Value::Null));
    // none on a Sunday
    write(&bulk, &["2026-06-09,earliest", "earliest,", "2026-06-08,", "2026-06-09,09:00", "2026-06-07,"]);
    assert_both(&bulk, &by_flag, 6, "no timeslot is free on Sun 7 Jun 2026; the next is Mon 8 Jun 2026, 11:00");
    // where the earliest of all is looked for does not matter to who names a day
    write(&bulk, &["2026-06-09,earliest", "earliest,", "2026-06-08,", "2026-06-09,09:00", "2026-10-12,"]);
    assert_both(&bulk, &format!("{by_flag} --months 1"), 0, "1 candidate to book; 4 booked earlier");
}

#[test]
fn of_people_who_are_booked_already() {
    let bulk = Bulk::new(2);
    assert_eq!(bulk.run("").code, 0);
    let line = format!("{} --earliest", LINE.replace("run.journal", "other.journal"));
    assert_both(&bulk, &line, 6, "error: 2 candidates are booked already; nothing was booked");
    assert_both(&bulk, &format!("{line} --allow-duplicates"), 0, "warning: line 2: email: is booked already");
}

#[test]
fn of_those_who_were_rejected_earlier() {
    let bulk = Bulk::new(0);
    bulk.write(&[candidate(1), too_long(2)]);
    assert_eq!(bulk.run("").code, 6);
    assert_both(&bulk, &format!("{LINE} --earliest"), 6, "error: 1 candidate rejected earlier; nothing was booked");
}

/// And the portal lists the timeslots of a course once, however many rows name one.
#[test]
fn of_timeslots() {
    let bulk = Bulk::new(0);
    write(&bulk, &["2026-06-08,09:00", "2026-06-07,09:00", "2026-06-08,10:30"]);
    let lists = || bulk.portal.count("GET", "/api/v1/timeslots");
    let before = lists();
    assert_eq!(bulk.machine.run(&format!("{LINE} --dry-run")).code, 6);
    assert_eq!(lists(), before + 1);
    assert_both(&bulk, LINE, 6, "error: 2 candidates cannot be booked as things are; nothing was booked");
    // three who want the same: it may have places for them, or not
    std::fs::remove_file(bulk.path("run.journal")).unwrap();
    write(&bulk, &["2026-06-08,10:00"; 3]);
    let dry = bulk.machine.run(&format!("{LINE} --allow-duplicates --dry-run"));
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    for (line, other) in [(3, 2), (4, 3)] {
        let told = format!("warning: line {line}: time: is also wanted by line {other}");
        assert!(dry.stderr.contains(&told), "{told}: {}", dry.stderr);
    }
}

/// It stops a run that gets as far as holding anything.
#[test]
fn of_a_hold() {
    let bulk = Bulk::new(1);
    let hold = "holds create --course 2 --date 2026-06-10 --time 09:00 --output json";
    let hash = bulk.machine.run(hold).json()["hold_hash"].as_str().unwrap().to_owned();
    let line = format!("{LINE} --earliest");
    assert_both(&bulk, &line, 5, "error: the account has an active hold");
    let none = AccountPatch::default().credits([(2, 0)]);
    bulk.portal.run(async |sandbox| sandbox.set_account(none).await);
    assert_both(&bulk, &line, 6, "error: 1 credit short, the account has an active hold");
    let some = AccountPatch::default().credits([(2, 1)]);
    bulk.portal.run(async |sandbox| sandbox.set_account(some).await);
    assert_eq!(bulk.machine.run(&format!("holds release {hash}")).code, 0);
    assert_both(&bulk, &line, 0, "1 credit needed, 1 available");
    // whoever has nothing to book needs no hold
    assert_eq!(bulk.machine.run(&hold.replace("09:00", "10:30")).code, 0);
    assert_both(&bulk, &line, 0, "nothing left to book");
}

/// The timeslot of a row is its own if a run that was killed has held or booked it.
#[cfg(unix)]
#[test]
fn of_a_run_that_was_killed() {
    let bulk = Bulk::new(0);
    write(&bulk, &["2026-06-08,09:00"]);
    bulk.portal.inject(Fault::latency("createBooking", 2000));
    let args: Vec<&str> = LINE.split(' ').collect();
    let mut child = bulk.machine.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while bulk.portal.sandbox.delays() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it booked");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let dry = bulk.machine.run(&format!("{LINE} --dry-run"));
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert_eq!(bulk.machine.run(LINE).code, 0);
    assert_eq!(bulk.bookings().len(), 1);
}

#[test]
fn of_a_course_that_does_not_exist() {
    let bulk = Bulk::new(2);
    bulk.write(&[candidate(1).replacen("2,", "9,", 1), candidate(2)]);
    let line = format!("{LINE} --earliest");
    assert_both(&bulk, &line, 2, "there is no course 9");
    let check = bulk.machine.run(&format!("{line} --check"));
    assert!(check.stdout.contains("there is no course 9"), "{}{}", check.stdout, check.stderr);
    assert!(bulk.bookings().is_empty());
}
