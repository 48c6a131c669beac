//! Ctrl-C, a second run, and a terminal.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Command, Stdio},
};

use hb_bls_sandbox::Fault;

use crate::{
    built,
    bulk::support::{Bulk, COMMAND},
    machine::Portal,
};

fn delayed(portal: &Portal) {
    while portal.sandbox.delayed() == 0 {
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
    delayed(&bulk.portal);
    signal("-INT");
    let (mut told, mut errors) = (BufReader::new(child.stderr.take().unwrap()), String::new());
    while !errors.contains("stopping after the candidate in hand") {
        assert_ne!(told.read_line(&mut errors).unwrap(), 0, "{errors}");
    }
    told.read_to_string(&mut errors).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    for part in
        ["stopped: 1 of 4 candidates booked, 0 rejected, 3 left", "the same command goes on where this one stopped"]
    {
        assert!(errors.contains(part), "{part}: {errors}");
    }
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(table.matches(" left").count(), 3, "{table}");
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

#[test]
fn a_terminal_has_a_progress_bar() {
    let bulk = Bulk::new(3);
    bulk.portal.inject(Fault::latency("createBooking", 300).times(2));
    let command = bulk.machine.command(&COMMAND.split(' ').collect::<Vec<_>>());
    let (seen, status) = built::talk(&command, 100, &[]);
    assert!(status.success());
    for part in ["0 booked · 0 failed · 3 left", "1 booked · 0 failed · 2 left · 1/min · 2 min to go"] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    assert!(!bulk.run("").stderr.contains("booked ·"), "no bar where no terminal is");
}
