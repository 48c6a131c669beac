//! Killed at any moment, the same command goes on: nobody is booked twice and nobody is left out.

use std::{
    collections::BTreeMap,
    fs::File,
    process::{Child, Stdio},
};

use hb_bls_sandbox::{Fault, FaultKind};

use crate::bulk::support::{Bulk, COMMAND, HEADER, candidate};

const CANDIDATES: usize = 200;
/// How often it is killed at each moment of the plan. There are enough candidates that some are left for every kill, even
/// on a busy machine, where kills come late.
const TIMES: usize = 5;

/// When to kill.
#[derive(Debug, Clone, Copy)]
enum When {
    /// The portal has the request, and carries it out when its caller is dead already.
    InTheHandsOfThePortal(&'static str),
    /// The portal has carried it out, and no response came.
    Unanswered(&'static str),
    /// The journal has grown by so many bytes.
    Journal(u64),
    /// So many more requests have come in.
    Requests(usize),
}

struct Killer {
    bulk: Bulk,
    command: String,
    child: Child,
}

impl Killer {
    fn start(bulk: Bulk) -> Self {
        Self::start_with(bulk, COMMAND)
    }

    fn start_with(bulk: Bulk, command: &str) -> Self {
        let child = spawn(&bulk, command);
        Self { bulk, command: command.to_owned(), child }
    }

    fn journal(&self) -> u64 {
        std::fs::metadata(self.bulk.path("run.journal")).map_or(0, |metadata| metadata.len())
    }

    fn requests(&self, operation: &str) -> usize {
        let requests = self.bulk.portal.run(async |sandbox| sandbox.requests().await);
        requests.iter().filter(|request| operation == "*" || request.operation_id == Some(operation)).count()
    }

    /// Waits for what depends on the command, unless it has ended by then. Tells whether it still ran.
    fn until(&mut self, mut reached: impl FnMut(&Self) -> bool) -> bool {
        loop {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if reached(self) {
                return true;
            }
            std::thread::yield_now();
        }
    }

    fn inject(&self, fault: Fault) {
        self.bulk.portal.inject(fault);
    }

    /// Kills it then, and starts it again. Tells whether there was anything to kill.
    fn kill(&mut self, when: When, faults: &[Fault]) -> bool {
        self.bulk.portal.run(async |sandbox| sandbox.clear_faults().await);
        let alive = match when {
            When::InTheHandsOfThePortal(operation) => {
                // one of an earlier kill may still be on its way
                let earlier = self.bulk.portal.sandbox.delays();
                self.inject(Fault::latency(operation, 150));
                self.until(|killer| killer.bulk.portal.sandbox.delays() > earlier)
            }
            When::Unanswered(operation) => {
                let before = self.requests(operation);
                self.inject(Fault::new(operation, FaultKind::ResetAfter).times(2));
                self.until(|killer| killer.requests(operation) > before)
            }
            When::Journal(bytes) => {
                faults.iter().for_each(|fault| self.inject(fault.clone()));
                let before = self.journal();
                self.until(|killer| killer.journal() > before + bytes)
            }
            When::Requests(more) => {
                faults.iter().for_each(|fault| self.inject(fault.clone()));
                let before = self.requests("*");
                self.until(|killer| killer.requests("*") > before + more)
            }
        };
        if alive {
            self.child.kill().unwrap();
            assert_eq!(self.child.wait().unwrap().code(), None, "it ended by itself");
            self.child = spawn(&self.bulk, &self.command);
        }
        alive
    }
}

fn spawn(bulk: &Bulk, command: &str) -> Child {
    let args: Vec<&str> = command.split(' ').chain(["--results", "results.csv"]).collect();
    let log = File::options().create(true).append(true).open(bulk.path("log")).unwrap();
    let mut command = bulk.machine.command(&args);
    command.stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

const MOMENTS: usize = 8;

/// What comes round again and again.
fn plan(round: usize) -> (When, Vec<Fault>) {
    let bytes = u64::try_from(round).unwrap();
    let when = match round % MOMENTS {
        0 => When::InTheHandsOfThePortal("createBooking"),
        1 => When::Journal(bytes * 37 % 1500),
        2 => When::Unanswered("createBooking"),
        3 => When::Requests(round * 5 % 17),
        4 => When::InTheHandsOfThePortal("holdTimeslot"),
        5 => When::Journal(bytes * 53 % 900),
        6 => When::Unanswered("holdTimeslot"),
        _ => When::Requests(round * 7 % 11),
    };
    let faults = match round % 5 {
        0 => vec![Fault::new("createBooking", FaultKind::ResetAfter)],
        1 => vec![Fault::new("holdTimeslot", FaultKind::Truncate)],
        2 => vec![Fault::status("createBooking", 503)],
        3 => vec![Fault::new("createBooking", FaultKind::LaterVersion), Fault::new("listTimeslots", FaultKind::Html)],
        _ => vec![],
    };
    (when, faults)
}

#[test]
fn killed_again_and_again_everybody_is_booked_once() {
    goes_on(Killer::start(Bulk::new(CANDIDATES)));
}

/// Rows that name their timeslots have no other to go to: what an earlier run has taken for them must be theirs.
#[test]
fn killed_again_and_again_everybody_has_the_timeslot_of_their_row() {
    let bulk = Bulk::new(0);
    let mut slots = std::collections::HashMap::<usize, Vec<String>>::new();
    for course in [1, 2] {
        let listed = bulk.machine.run(&format!("slots list --course {course} --output json")).json();
        let slot =
            |slot: &serde_json::Value| format!("{},{}", slot["date"].as_str().unwrap(), slot["time"].as_str().unwrap());
        slots.insert(course, listed.as_array().unwrap().iter().map(slot).collect());
    }
    let slot_of = |number: usize| &*slots[&(number % 2 + 1)][number / 2];
    let rows: Vec<_> = (1..=CANDIDATES).map(|number| format!("{},{}", candidate(number), slot_of(number))).collect();
    std::fs::write(bulk.path("candidates.csv"), format!("{HEADER},date,time\n{}\n", rows.join("\n"))).unwrap();
    let bulk = goes_on(Killer::start_with(bulk, &COMMAND.replace(" --earliest", "")));
    for booking in bulk.bookings() {
        let email = booking.candidate.unwrap().email.unwrap();
        let number = (1..=CANDIDATES).find(|number| crate::bulk::support::email(*number) == email).unwrap();
        let start = booking.start_date.unwrap().strftime("%Y-%m-%d,%H:%M").to_string();
        assert_eq!(start, slot_of(number), "{email}");
    }
}

/// Kills it again and again, and looks what came of everybody.
fn goes_on(mut killer: Killer) -> Bulk {
    for round in 0..TIMES * MOMENTS {
        let (when, faults) = plan(round);
        if !killer.kill(when, &faults) {
            let log = std::fs::read_to_string(killer.bulk.path("log")).unwrap();
            panic!("it had ended before kill {round}: {log}");
        }
    }
    killer.bulk.portal.run(async |sandbox| sandbox.clear_faults().await);
    let status = killer.child.wait().unwrap();
    let bulk = &killer.bulk;
    let log = std::fs::read_to_string(bulk.path("log")).unwrap();
    assert!(status.success(), "{log}");
    // what was in the portal's hands is done by now, too
    while bulk.portal.sandbox.delayed() > 0 {
        std::thread::yield_now();
    }
    bulk.assert_all_booked_once(CANDIDATES);

    let mut results = csv::Reader::from_path(bulk.path("results.csv")).unwrap();
    let results: Vec<BTreeMap<String, String>> = results.deserialize().map(Result::unwrap).collect();
    let emails: BTreeMap<String, String> = bulk
        .bookings()
        .into_iter()
        .map(|booking| (booking.id.to_string(), booking.candidate.unwrap().email.unwrap()))
        .collect();
    assert_eq!(results.len(), CANDIDATES);
    for (index, row) in results.iter().enumerate() {
        assert_eq!((row["line"].as_str(), row["outcome"].as_str()), ((index + 2).to_string().as_str(), "booked"));
        assert_eq!(emails[&row["booking_id"]], crate::bulk::support::email(index + 1), "line {}", index + 2);
    }
    let journal = std::fs::read_to_string(bulk.path("run.journal")).unwrap();
    for personal in crate::bulk::support::PERSONAL {
        assert!(!journal.contains(personal) && !log.contains(personal), "{personal}");
    }
    killer.bulk
}

/// The portal gets to the booking when the hold has expired, so it was not made.
#[test]
fn a_hold_that_expired_between_two_runs_is_made_anew() {
    let mut killer = Killer::start(Bulk::new(3));
    killer.inject(Fault::latency("createBooking", 2000));
    assert!(killer.until(|killer| killer.bulk.portal.sandbox.delays() > 0));
    killer.child.kill().unwrap();
    killer.child.wait().unwrap();
    let bulk = &killer.bulk;
    bulk.portal.run(async |sandbox| sandbox.advance(std::time::Duration::from_secs(31 * 60)).await);
    while bulk.portal.sandbox.delayed() > 0 {
        std::thread::yield_now();
    }
    let run = bulk.run("");
    assert_eq!(run.code, 0, "{}", run.stderr);
    bulk.assert_all_booked_once(3);
}
