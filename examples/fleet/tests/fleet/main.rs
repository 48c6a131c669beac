//! Six processes make 200 bookings for two accounts, all of them at once, while they are killed, stopped and cut off from
//! their database, and responses are lost.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod portal;
mod process;
mod proxy;

use std::{
    collections::BTreeMap,
    io::Write as _,
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use hb_bls_sandbox::{Fault, FaultKind};
use jiff::{SignedDuration, Timestamp};
use portal::{ACCOUNTS, BOOKINGS, CALM, Portal};
use process::{Event, Process};
use proxy::Proxy;

const PROCESSES: usize = 6;
/// Something happens after so many responses.
const EVERY: usize = 9;
/// How many processes are killed, half of them with a timeslot in hand, and how many stand still.
const KILLS: usize = 6;
const STOPS: usize = 3;
/// How long a process stands still: longer than a lease.
const STOPPED: SignedDuration = SignedDuration::from_secs(25);
/// The longest a lease keeps others waiting, and how long they then wait for the rate limit at most.
const LEASE: SignedDuration = SignedDuration::from_secs(20);
const TURN: SignedDuration = SignedDuration::from_secs(60);
/// Two seconds of the machine's, for a process to be started or to get its turn there.
const BUSY: SignedDuration = SignedDuration::from_secs(2 * portal::SPEED as i64);
/// How long all may take. They need some ten minutes, and more if a hold must expire whose release was lost.
const LONGEST: SignedDuration = SignedDuration::from_hours(2);

/// What was seen.
#[derive(Default)]
struct Seen {
    /// Responses of each process.
    responses: [usize; PROCESSES],
    kills: usize,
    stops: usize,
    cuts: usize,
    lost: usize,
    /// When a process was killed that held a timeslot of an account, and nobody has done anything for the account since.
    orphaned: [Option<Timestamp>; ACCOUNTS],
    /// How long it took after each of those.
    recoveries: Vec<SignedDuration>,
}

struct Fleet {
    portal: Portal,
    processes: Vec<Process>,
    events: Receiver<Event>,
    proxy: Option<Proxy>,
    seen: Seen,
    running: usize,
    /// Whether the next process that holds a timeslot is killed.
    kills_holder: bool,
    stopped: Option<(usize, Timestamp)>,
    log: Vec<String>,
}

impl Fleet {
    fn start(portal: Portal, state: &str, proxy: Option<Proxy>) -> Self {
        let (sender, events) = channel();
        let mut environment = portal.environment();
        environment.push(("FLEET_STATE".to_owned(), state.to_owned()));
        let start = |number| Process::start(number, environment.clone(), sender.clone());
        let processes: Vec<_> = (0..PROCESSES).map(start).collect();
        let (seen, log) = (Seen::default(), Vec::new());
        Self { portal, processes, events, proxy, seen, running: PROCESSES, kills_holder: false, stopped: None, log }
    }

    /// Waits until all have ended by themselves.
    fn run(&mut self) {
        let deadline = self.portal.now() + LONGEST;
        while self.running > 0 {
            assert!(self.portal.now() < deadline, "they come to no end: {:#?}", self.log);
            // whoever stands still may have a file locked, so that nobody else can do anything until it goes on
            self.go_on();
            match self.events.recv_timeout(Duration::from_millis(100)) {
                Ok(Event::End(number, generation)) => {
                    self.running -= usize::from(self.processes[number].has_ended(generation));
                }
                Ok(Event::Line(number, line)) => self.line(number, &line),
                Err(_) => {}
            }
        }
    }

    /// Lets a process go on that has stood still for long enough.
    fn go_on(&mut self) {
        let now = self.portal.now();
        if let Some((stopped, _)) = self.stopped.take_if(|(_, since)| now.duration_since(*since) > STOPPED) {
            self.processes[stopped].go_on();
        }
    }

    fn line(&mut self, number: usize, line: &str) {
        self.log.push(format!("{number}: {line}"));
        let words: Vec<_> = line.split(' ').collect();
        let [time, account, operation, status] = words[..] else { return };
        let (Ok(now), Ok(account)) = (time.parse::<Timestamp>(), account.parse::<usize>()) else { return };
        self.seen.responses[number] += 1;
        if let Some(killed) = self.seen.orphaned[account].filter(|killed| now > *killed) {
            self.seen.recoveries.push(now.duration_since(killed));
            self.seen.orphaned[account] = None;
        }
        if self.kills_holder && (operation, status) == ("holdTimeslot", "201") {
            self.kills_holder = false;
            self.processes[number].kill();
            self.seen.kills += 1;
            self.seen.orphaned[account] = Some(now);
        }
        if self.seen.responses.iter().sum::<usize>() % EVERY == 0 {
            self.something_happens();
        }
    }

    fn something_happens(&mut self) {
        let is_calm = self.seen.responses.iter().sum::<usize>() < CALM;
        let (victim, what) = (fastrand::usize(..PROCESSES), fastrand::usize(if is_calm { 4 } else { 0 }..6));
        // how long an account takes to recover from a kill is measured if nothing else is in the way
        match what {
            0 if self.seen.kills < KILLS => {
                self.seen.orphaned = Default::default();
                self.processes[victim].kill();
                self.seen.kills += 1;
                self.stopped = self.stopped.filter(|(stopped, _)| *stopped != victim);
            }
            1 if self.seen.kills < KILLS => {
                // so that it is killed before it has the booking
                self.portal.inject(Fault::latency("createBooking", 150).times(1));
                self.kills_holder = true;
            }
            2 if self.stopped.is_none() && self.seen.stops < STOPS => {
                self.seen.orphaned = Default::default();
                self.processes[victim].stop();
                self.stopped = Some((victim, self.portal.now()));
                self.seen.stops += 1;
            }
            3 => {
                if let Some(proxy) = &self.proxy {
                    self.seen.orphaned = Default::default();
                    proxy.cut();
                    self.seen.cuts += 1;
                }
            }
            _ => {
                let operation = ["createBooking", "holdTimeslot", "releaseTimeslotHold"][fastrand::usize(..3)];
                self.portal.inject(Fault::new(operation, FaultKind::ResetAfter).times(1));
                self.seen.lost += 1;
            }
        }
    }
}

/// Runs a fleet with its state at this place.
fn check(name: &str, state: &str, proxy: Option<Proxy>) {
    let portal = Portal::start();
    let mut fleet = Fleet::start(portal, state, proxy);
    fleet.run();
    let Fleet { portal, seen, log, .. } = fleet;
    let quota = portal.quota();
    let tell = format!(
        "{name}: {} responses by process {:?}; {} kills, {} stops, {} cuts, {} faults; requests in the fullest minute {}, \
         {} of {CALM} used at first; {} tokens; recovered after {:?} s\n",
        seen.responses.iter().sum::<usize>(),
        seen.responses,
        seen.kills,
        seen.stops,
        seen.cuts,
        seen.lost,
        quota.fullest,
        quota.calm,
        quota.tokens,
        seen.recoveries.iter().map(|wait| wait.as_secs()).collect::<Vec<_>>(),
    );
    std::io::stderr().write_all(tell.as_bytes()).unwrap();

    let booked = portal.booked();
    let wrong: BTreeMap<_, _> = booked.iter().filter(|(_, times)| **times != 1).collect();
    assert!(wrong.is_empty(), "{name}: {wrong:?}: {log:#?}");
    assert_eq!(booked.len(), BOOKINGS, "{name}");
    portal.check_credits_and_holds();
    assert_eq!(quota.refused, 0, "{name}: a request was over the quota");
    assert!(quota.fullest <= 60, "{name}: {} requests in a minute", quota.fullest);
    assert!(quota.calm * 100 >= CALM * 95, "{name}: {} of {CALM} requests were used", quota.calm);
    let fair = seen.responses.iter().sum::<usize>() / PROCESSES;
    assert!(seen.responses.iter().all(|responses| *responses * 10 >= fair * 6), "{name}: {:?}", seen.responses);
    assert!(quota.tokens <= ACCOUNTS + seen.kills, "{name}: {} tokens", quota.tokens);
    assert!(seen.recoveries.iter().all(|wait| *wait <= LEASE + TURN + BUSY), "{name}: {:?}", seen.recoveries);
}

#[test]
fn files() {
    let folder = tempfile::tempdir().unwrap();
    check("files", folder.path().to_str().unwrap(), None);
}

fn through_a_proxy(name: &str, url: Option<&str>) {
    let Some(url) = url else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (before, after) = url.rsplit_once(':').unwrap();
    let (port, rest) = after.split_once('/').map_or((after, String::new()), |(port, rest)| (port, format!("/{rest}")));
    let proxy = runtime.block_on(Proxy::start(port.parse().unwrap()));
    check(name, &format!("{before}:{}{rest}", proxy.port), Some(proxy));
}

#[test]
fn postgres() {
    through_a_proxy("PostgreSQL", test_servers::postgres());
}

#[test]
fn redis() {
    through_a_proxy("Redis", test_servers::redis());
}
