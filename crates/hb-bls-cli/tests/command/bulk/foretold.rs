//! A dry run ends with the exit code of the run that follows.

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
    let (dry, run) = both(bulk, line);
    assert_eq!((dry.code, run.code), (code, code), "{line}: {}{}", dry.stderr, run.stderr);
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
    bulk.portal.run(async |sandbox| sandbox.set_account(AccountPatch { credits, ..AccountPatch::default() }).await);
    let line = format!("{LINE} --earliest");
    assert_both(&bulk, &line, 6, "error: 1 credit short; nothing was booked");
    assert!(bulk.bookings().is_empty());
    // it books the one, and the portal refuses the other
    assert_both(&bulk, &format!("{line} --partial"), 6, "error: 1 credit short; nothing was booked");
    assert_eq!(bulk.bookings().len(), 1);
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
    let none = AccountPatch { credits: BTreeMap::from([(2, 0)]), ..AccountPatch::default() };
    bulk.portal.run(async |sandbox| sandbox.set_account(none).await);
    assert_both(&bulk, &line, 6, "error: 1 credit short, the account has an active hold");
    let some = AccountPatch { credits: BTreeMap::from([(2, 1)]), ..AccountPatch::default() };
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
