//! Ctrl-C, a second run, and a terminal.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
};

use hb_bls::{
    Credentials,
    state::{AccountKey, AccountLock as _, FileState},
};
use hb_bls_sandbox::Fault;

use crate::{
    built,
    bulk::support::{Bulk, COMMAND, HEADER, candidate, too_long},
    machine::Portal,
    snapshot,
};

/// Waits until the portal holds back a request of this run.
fn delayed(portal: &Portal, child: &mut Child) {
    while portal.sandbox.delays() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before that");
        std::thread::yield_now();
    }
}

#[test]
fn ctrl_c_ends_after_the_candidate_in_hand_and_the_same_command_goes_on() {
    let bulk = Bulk::new(4);
    bulk.portal.inject(Fault::latency("createBooking", 1000).times(1));
    let args: Vec<&str> = COMMAND.split(' ').collect();
    let mut command = bulk.machine.command(&args);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id().to_string();
    let signal = |name: &str| assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    delayed(&bulk.portal, &mut child);
    signal("-INT");
    let (mut told, mut errors) = (BufReader::new(child.stderr.take().unwrap()), String::new());
    while !errors.contains("completing the current booking") {
        assert_ne!(told.read_line(&mut errors).unwrap(), 0, "{errors}");
    }
    told.read_to_string(&mut errors).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{errors}");
    for part in ["stopped: 1 of 4 candidates booked, 0 rejected, 3 left", "run the same command again to continue"] {
        assert!(errors.contains(part), "{part}: {errors}");
    }
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "a line says it");
    assert_eq!(bulk.bookings().len(), 1);
    assert_eq!(bulk.run("").code, 0);
    bulk.assert_all_booked_once(4);
}

#[test]
fn two_runs_of_one_journal_at_once_book_everybody_once() {
    let bulk = Bulk::new(12);
    let args: Vec<&str> = COMMAND.split(' ').chain(["--output", "json"]).collect();
    let start = || bulk.machine.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    for child in [start(), start()] {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(told.matches(r#""outcome":"booked""#).count(), 12, "{told}");
    }
    bulk.assert_all_booked_once(12);
}

/// The slower one reads the journal, then the bookings. What the other has booked in between is not taken for somebody
/// else's.
#[test]
fn what_another_run_of_the_journal_books_meanwhile_is_no_duplicate() {
    let bulk = Bulk::new(3);
    bulk.portal.inject(Fault::latency("listBookings", 5000).times(1));
    let args: Vec<&str> = COMMAND.split(' ').collect();
    let mut slower = bulk.machine.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    delayed(&bulk.portal, &mut slower);
    let run = bulk.run("");
    assert_eq!(run.code, 0, "{}", run.stderr);
    let output = slower.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    bulk.assert_all_booked_once(3);
}

#[test]
fn ctrl_c_ends_at_once_while_the_rate_limit_is_waited_for() {
    let bulk = Bulk::new(2);
    let mut refused = Fault::status("holdTimeslot", 429);
    refused.retry_after = Some(60);
    bulk.portal.inject(refused);
    let args: Vec<&str> = COMMAND.split(' ').chain(["--yes"]).collect();
    let (terminal, mut child) = built::on_terminal(&bulk.machine.command(&args), 120);
    let mut seen = built::until_seen(&terminal, "rate limit reached, continuing in ");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    seen += &built::rest(&terminal);
    assert_eq!(child.wait().unwrap().code(), Some(130), "{seen}");
    // a run that waited would have booked the first
    assert!(seen.contains("stopped: 0 of 2 candidates booked, 0 rejected, 2 left"), "{seen}");
    assert!(bulk.bookings().is_empty());
}

/// Another program that books for the account keeps it locked.
#[test]
fn a_wait_for_another_run_is_reported_and_ctrl_c_ends_it() {
    let bulk = Bulk::new(1);
    let (state, credentials) = (FileState::new(bulk.machine.config().join("state")), bulk.portal.sandbox.credentials());
    let credentials = Credentials::new(&*credentials.hb_client_id, &*credentials.api_key);
    let account = AccountKey::new(bulk.portal.sandbox.base_url(), &credentials);
    let lock = state.account_lock();
    let lease = bulk.portal.wait(lock.acquire(&account)).unwrap();
    let args: Vec<&str> = COMMAND.split(' ').chain(["--yes"]).collect();
    let (terminal, mut child) = built::on_terminal(&bulk.machine.command(&args), 80);
    let mut seen = built::until_seen(&terminal, "waiting for another run that is booking for this account");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    seen += &built::rest(&terminal);
    assert_eq!(child.wait().unwrap().code(), Some(130), "{seen}");
    assert!(seen.contains("stopped: 0 of 1 candidate booked, 0 rejected, 1 left"), "{seen}");
    // where there is no bar, too
    let (terminal, mut child) = built::on_terminal(&bulk.machine.command(&[&args[..], &["--verbose"]].concat()), 120);
    built::until_seen(&terminal, "another run is booking for this account; waiting until it has booked");
    bulk.portal.wait(lease.release()).unwrap();
    let seen = built::rest(&terminal);
    assert!(child.wait().unwrap().success(), "{seen}");
    bulk.assert_all_booked_once(1);
}

#[test]
fn a_terminal_has_a_progress_bar() {
    let bulk = Bulk::new(3);
    bulk.portal.inject(Fault::latency("createBooking", 300).times(2));
    let args: Vec<&str> = COMMAND.split(' ').collect();
    let question = [("Book 3 candidates? [y/N]", "y")];
    let (seen, status) = built::talk(&bulk.machine.command(&args), 100, &question);
    assert!(status.success());
    for part in ["0 booked · 0 failed · 3 left", "1 booked · 0 failed · 2 left"] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    assert!(!bulk.run("").stderr.contains("booked ·"), "no bar where no terminal is");
}

/// Also while each response is a failure. The time that is lost says nothing of how long the rest takes.
#[test]
fn the_bar_tells_of_an_outage_and_how_long_it_is_borne() {
    let bulk = Bulk::new(3);
    bulk.portal.inject(Fault::status("holdTimeslot", 503).times(99));
    let args: Vec<&str> = COMMAND.split(' ').chain(["--yes"]).collect();
    let (terminal, mut child) = built::on_terminal(&bulk.machine.command(&args), 60);
    let seen = built::until_seen(&terminal, " s, trying until ");
    assert!(seen.contains("no response from the portal for "), "{seen}");
    // once the attempts of the client are used up, the row is not lost
    while bulk.portal.count("POST", "/api/v1/timeslots/hold") < 5 {
        std::thread::yield_now();
    }
    built::until_seen(&terminal, " s, trying until ");
    let seen = built::until_seen(&terminal, " s, trying until ");
    assert!(seen.contains("0 booked · 0 failed · 3 left") && !seen.contains("to go"), "{seen}");
    bulk.portal.run(async |sandbox| sandbox.clear_faults().await);
    let seen = built::rest(&terminal);
    assert!(child.wait().unwrap().success(), "{seen}");
    bulk.assert_all_booked_once(3);
}

/// With 58 requests to come, of which some have been sent, the limit of the portal is known from the first response.
#[test]
fn the_bar_knows_the_limit_from_the_start() {
    let bulk = Bulk::with(40, |builder| builder);
    let args: Vec<&str> = COMMAND.split(' ').chain(["--yes"]).collect();
    let (terminal, mut child) = built::on_terminal(&bulk.machine.command(&args), 120);
    let seen = built::until_seen(&terminal, "min to go");
    assert!(seen.contains("0 booked · 0 failed · 40 left · 1 min to go"), "{seen}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn nobody_is_booked_before_it_is_confirmed() {
    let bulk = Bulk::new(2);
    let command = bulk.machine.command(&COMMAND.split(' ').collect::<Vec<_>>());
    for answers in [
        &[("Book 2 candidates? [y/N]", "n")][..],
        &[("Book 2 candidates? [y/N]", "perhaps"), ("Book 2 candidates? [y/N]", "")],
    ] {
        let (seen, status) = built::talk(&command, 100, answers);
        assert_eq!(status.code(), Some(1), "{seen}");
        assert!(seen.contains("nothing was booked"), "{seen}");
    }
    assert!(!bulk.path("run.journal").exists());
    let none = std::collections::BTreeMap::from([(1, 0), (2, 1)]);
    let patch = hb_bls_sandbox::AccountPatch::default().credits(none);
    bulk.portal.run(async |sandbox| sandbox.set_account(patch).await);
    let question = "1 credit short. Book the 1 candidate who can be paid for? [y/N]";
    let partial = bulk.machine.command(&[COMMAND, "--partial"].join(" ").split(' ').collect::<Vec<_>>());
    let (seen, status) = built::talk(&partial, 100, &[(question, "n")]);
    assert_eq!((status.code(), bulk.bookings().len()), (Some(1), 0), "{seen}");
    let (seen, status) = built::talk(&command, 100, &[(question, "y")]);
    assert_eq!((status.code(), bulk.bookings().len()), (Some(6), 1), "{seen}");
    // nor is anybody asked when there is nobody to book
    let (seen, status) = built::talk(&command, 100, &[]);
    assert_eq!((status.code(), bulk.bookings().len()), (Some(6), 1), "{seen}");
    assert!(seen.contains(": 1 credit short; nothing was booked") && seen.contains("nobody can be paid"), "{seen}");
}

/// Who they are stands in the table, and what is the matter with all of them below it, once.
#[test]
fn a_terminal_shows_the_reason_of_many_rows_once() {
    let bulk = Bulk::new(0);
    let wanted = |number: usize| match number {
        2 | 6 => "2026-06-08,earliest",
        4 => "2026-06-09,09:00",
        _ => "2026-06-07,earliest",
    };
    let rows: Vec<_> = (1..=8).map(|row| format!("{},{}", candidate(2 * row), wanted(row))).collect();
    std::fs::write(bulk.path("candidates.csv"), format!("{HEADER},date,time\n{}\n", rows.join("\n"))).unwrap();
    let args = "book --from candidates.csv --yes --results out.csv".split(' ').collect::<Vec<_>>();
    let mut session = String::new();
    for (width, args) in
        [(60, &args[..4]), (80, &args[..4]), (120, &args[..4]), (80, &[&args[..3], &["--check"]].concat())]
    {
        let (seen, _) = built::talk(&bulk.machine.command(args), width, &[]);
        let seen = anstream::adapter::strip_str(&seen).to_string();
        let table: Vec<_> = seen[seen.find("LINE  ").or(seen.find("5 errors: ")).unwrap()..].lines().collect();
        assert!(table.iter().all(|line| line.chars().count() <= usize::from(width)), "{seen}");
        session += &format!("{width} columns\n{}\n\n", table.join("\n"));
    }
    // files have it with each row
    assert_eq!(bulk.machine.command(&args).output().unwrap().status.code(), Some(6));
    let results = std::fs::read_to_string(bulk.path("out.csv")).unwrap();
    assert_eq!(results.matches(",no_timeslot,the course has no free timeslot").count(), 5, "{results}");
    snapshot!("book-bulk-grouped", session);
}

/// What went wrong stands under the row, in full, and who it was beside it.
#[test]
fn a_terminal_shows_names_and_whole_reasons() {
    let bulk = Bulk::new(0);
    bulk.write(&[candidate(1), too_long(2), candidate(3)]);
    let args: Vec<&str> = COMMAND.split(' ').chain(["--yes"]).collect();
    let mut session = String::new();
    for width in [60, 80, 120] {
        let (seen, _) = built::talk(&bulk.machine.command(&args), width, &[]);
        let seen = anstream::adapter::strip_str(&seen).to_string();
        let table: Vec<_> = seen[seen.find("LINE  ").unwrap()..].lines().collect();
        assert!(table.iter().all(|line| line.chars().count() <= usize::from(width)), "{seen}");
        session += &format!("{width} columns\n{}\n\n", table.join("\n"));
    }
    snapshot!("book-bulk-terminal", session);
}
