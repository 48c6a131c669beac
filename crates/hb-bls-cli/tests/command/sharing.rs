//! Runs share what they may send, and the queue for bookings.

use std::{
    process::{Child, Output, Stdio},
    time::{Duration, SystemTime},
};

use hb_bls::{
    Clock,
    state::{AcquireOutcome, FileState, RateLimiter as _},
};
use hb_bls_sandbox::{Fault, Seed};
use jiff::Timestamp;

use crate::machine::{Machine, Portal};

/// Books somebody by the name of this number.
fn booking(number: u32) -> String {
    format!(
        "book --course 1 --earliest --first-name Ada --last-name Lovelace --email ada{number}@example.com \
         --phone +447700900123 --address Harbourside --city Leeds --postcode LS14AP --job-role Nurse \
         --pay-option credits --agency-contact-name Jo --agency-contact-email jo@agency.example"
    )
}

fn start(machine: &Machine, line: &str) -> Child {
    let mut command = machine.command(&line.split(' ').filter(|arg| !arg.is_empty()).collect::<Vec<_>>());
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn at_once(machine: &Machine, lines: &[String]) -> Vec<Output> {
    let children: Vec<_> = lines.iter().map(|line| start(machine, line)).collect();
    children.into_iter().map(|child| child.wait_with_output().unwrap()).collect()
}

/// How many requests the portal refused with this status, and how many it got.
fn refused(portal: &Portal, status: u16) -> (usize, usize) {
    let requests = portal.run(async |sandbox| sandbox.requests().await);
    (requests.iter().filter(|request| request.status == Some(status)).count(), requests.len())
}

/// Their lists have more pages than the quota has requests.
#[test]
fn runs_at_once_use_the_quota_and_no_more() {
    let portal = Portal::start();
    portal.run(async |sandbox| sandbox.seed(Seed::default().bookings(3_000)).await);
    let machine = Machine::at(&portal);
    assert_eq!(machine.run("courses list").code, 0);
    let lines = vec!["bookings list --output jsonl --timeout 3s".to_owned(); 3];
    let runs = at_once(&machine, &lines);
    for run in &runs {
        assert_eq!(run.status.code(), Some(8), "{}", String::from_utf8_lossy(&run.stderr));
    }
    assert_eq!(refused(&portal, 429), (0, 60));
}

/// If the portal has counted requests that a client does not know of, the client slows down, so that other programs get their
/// share. The runs of a command know of each other's requests, so none of them slows down.
#[test]
fn a_run_does_not_wait_on_account_of_runs_before_it() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    for number in 1..=3 {
        let run = machine.run(&format!("{} --verbose", booking(number)));
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stderr.contains("POST /bookings"), "{}", run.stderr);
        assert!(!run.stderr.contains("waiting for the rate limit"), "{}", run.stderr);
    }
    assert_eq!(portal.count("POST", "/api/v1/auth/token"), 1);
}

/// The account can have one hold at a time.
#[test]
fn runs_at_once_book_one_after_another() {
    let portal = Portal::start();
    portal.inject(Fault::latency("createBooking", 200).times(2));
    let machine = Machine::at(&portal);
    for run in at_once(&machine, &[booking(1), booking(2), booking(3)]) {
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
    assert_eq!(refused(&portal, 409).0, 0);
    assert_eq!(portal.count("POST", "/api/v1/bookings"), 3);
}

/// A clock that stands still.
#[derive(Debug, Clone)]
struct Stopped(Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// The portal's origin has one window for all accounts. When a run has ended, the window knows that its requests have, too:
/// otherwise they would count for two minutes more.
#[test]
fn what_a_run_has_sent_counts_for_all_accounts_and_for_a_minute() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    for _ in 0..9 {
        assert_eq!(machine.run("courses list").code, 0);
    }
    let other = portal.run(async |sandbox| sandbox.add_account().await);
    let other = Machine {
        home: machine.home,
        ..Machine::with_account(portal.sandbox.base_url(), &other.hb_client_id, &other.api_key)
    };
    assert_eq!(other.run("courses list").code, 0);
    let folder = other.config().join("state");
    let files = std::fs::read_dir(&folder).unwrap().map(Result::unwrap);
    let windows = files.filter(|file| file.file_name().to_string_lossy().starts_with("window"));
    // of the last response, or at most a moment later
    let ended = windows.map(|file| file.metadata().unwrap().modified().unwrap()).max().unwrap();
    let origin = portal.sandbox.base_url().strip_suffix("/api/v1").unwrap();
    // ten requests and a token for each account; the test takes the rest and gives nothing back
    assert_eq!(free(&portal, &folder, origin, ended), 48);
    assert_eq!(free(&portal, &folder, origin, ended + Duration::from_secs(61)), 12);
}

/// How many more requests may be sent at this time.
fn free(portal: &Portal, folder: &std::path::Path, window: &str, now: SystemTime) -> usize {
    let state = FileState::new(folder).with_clock(Stopped(Timestamp::try_from(now).unwrap()));
    let limiter = state.rate_limiter(window, 60);
    (0..).take_while(|_| matches!(portal.wait(limiter.acquire()).unwrap(), AcquireOutcome::Granted(_))).count()
}
