//! The service loses no event, while its processes are killed and stopped and its database is started again.
//!
//! `AGENCY_BOOKINGS` and `AGENCY_ROUNDS` make a longer test: 400 and 12 are 5,200 events.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod balancer;
mod portal;
mod process;

use std::{
    collections::BTreeMap,
    io::Write as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use hb_bls::{Clock as _, SystemClock};
use rustix::process::Signal;
use serde_json::json;
use test_servers::Server;
use tokio::net::TcpListener;
use tokio_postgres::NoTls;
use uuid::Uuid;

use self::{balancer::Balancer, portal::Portal, process::Process};

const MINUTE: Duration = Duration::from_secs(60);
/// How long the service may take to catch up.
const PATIENCE: u32 = 600;

async fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port()
}

async fn pause(millis: u64) {
    SystemClock.sleep(Duration::from_millis(millis)).await;
}

async fn database(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Waits until a query returns this.
async fn until(url: &str, query: &str, expected: &str) {
    let mut last = String::new();
    for _ in 0..PATIENCE {
        let client = database(url).await;
        // before the service has made the tables there is nothing
        last = client.query_one(query, &[]).await.map(|row| row.get(0)).unwrap_or_else(|error| format!("{error:?}"));
        if last == expected {
            return;
        }
        pause(100).await;
    }
    panic!("{query}: {last} instead of {expected}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_process_does_all() {
    let Some(server) = Server::postgres(&[]) else { return };
    let port = free_port().await;
    let mut portal = Portal::start(port).await;
    let mut environment = portal.environment(server.url());
    environment.push(("AGENCY_LISTEN".into(), format!("127.0.0.1:{port}")));
    let messages = "SELECT coalesce(string_agg(booking || ' ' || event_type || ' ' || origin, ', ' ORDER BY number), '') \
        FROM agency_messages";
    // without the reconciler, which might see the booking first
    let mut process = Process::start("receive work", environment);
    until(server.url(), messages, "").await;
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        pause(50).await;
    }
    let booking = portal.book().await;
    portal.pass(20 * MINUTE).await;
    until(server.url(), messages, "1 booking.created delivered").await;
    process.end();

    // what happens while nobody receives is found
    portal.reschedule(booking).await;
    portal.pass(120 * MINUTE).await;
    process.part = "receive work reconcile";
    process.keep_running();
    poison(port, &portal, booking).await;
    until(server.url(), messages, "1 booking.created delivered, 1 booking.rescheduled reconciled").await;
    portal.sandbox.cancel(booking).await.unwrap();
    portal.pass(20 * MINUTE).await;
    let last = "SELECT status || ' ' || start_date FROM agency_bookings";
    until(server.url(), last, &format!("cancelled {}", portal.start_of(booking).await)).await;
    process.end();
    let body = "SELECT count(*) FILTER (WHERE position('candidate'::bytea IN body) > 0)::text FROM hb_bls_events";
    until(server.url(), body, "0").await;
    let strange = "SELECT string_agg(event_type, ', ' ORDER BY number) FROM hb_bls_events
        WHERE state = 'done' AND event_type <> 'booking.created' AND origin = 'delivered' AND booking IS DISTINCT FROM 1";
    let expected = "training_event.moved, booking.no_show, booking.rescheduled, booking.cancelled";
    until(server.url(), strange, expected).await;
}

/// Deliveries that nobody expects are stored and come to an end.
async fn poison(port: u16, portal: &Portal, booking: i64) {
    let large = "x".repeat((1 << 20) - 300);
    let too_large = "x".repeat(1 << 20);
    let occurred_at = portal.now() + jiff::SignedDuration::from_hours(5);
    for (event_type, data, status) in [
        // of another API of the portal, about something else with the same number
        ("training_event.moved", json!({ "id": booking }), 200),
        ("booking.no_show", json!({ "id": booking + 1, "reason": large }), 200),
        ("booking.no_show", json!({ "id": booking + 1, "reason": too_large }), 413),
        ("booking.rescheduled", json!("soon"), 200),
        ("booking.cancelled", json!({ "id": "seven" }), 200),
    ] {
        let event = json!({
            "event_id": Uuid::from_u128(fastrand::u128(..)),
            "event_type": event_type,
            "occurred_at": occurred_at.to_string(),
            "data": data,
        });
        assert_eq!(portal.deliver(port, &event).await, status, "{event_type}");
    }
}

/// What goes wrong, in another task.
struct Chaos {
    receivers: Vec<Process>,
    workers: Vec<Process>,
    reconciler: Process,
    server: Server,
    seen: BTreeMap<&'static str, usize>,
}

impl Chaos {
    fn keep_running(&mut self, receivers: bool) {
        for process in self.workers.iter_mut().chain([&mut self.reconciler]) {
            process.keep_running();
        }
        for process in self.receivers.iter_mut() {
            if receivers { process.keep_running() } else { process.kill() }
        }
    }

    /// Does something bad. Whoever is stopped goes on with the next call for it.
    fn strike(&mut self, number: usize) {
        let victim = fastrand::usize(..3);
        let what = match number % 16 {
            1 | 4 | 9 | 13 => {
                self.receivers[victim].kill();
                "receivers killed"
            }
            2 | 6 | 10 | 14 => {
                self.workers[victim].kill();
                "workers killed"
            }
            3 | 11 => {
                self.workers[number % 3].signal(Signal::STOP);
                "workers stopped"
            }
            5 => {
                self.receivers[number % 3].signal(Signal::STOP);
                "receivers stopped"
            }
            7 | 8 | 15 => {
                self.workers.iter().chain(&self.receivers).for_each(|process| process.signal(Signal::CONT));
                return;
            }
            12 => {
                self.server.stop();
                self.server.start_again();
                "databases started again"
            }
            _ => return,
        };
        *self.seen.entry(what).or_default() += 1;
    }
}

fn size(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost() {
    let Some(server) = Server::postgres(&[]) else { return };
    let url = server.url().to_owned();
    let ports = [free_port().await, free_port().await, free_port().await];
    let mut portal = Portal::start(Balancer::start(ports.to_vec()).await.port).await;
    let environment = portal.environment(&url);
    let receiver = |port: &u16| {
        let listen = ("AGENCY_LISTEN".to_owned(), format!("127.0.0.1:{port}"));
        Process::start("receive", environment.iter().cloned().chain([listen]).collect())
    };
    let chaos = Arc::new(Mutex::new(Chaos {
        receivers: ports.iter().map(receiver).collect(),
        workers: (0..3).map(|_| Process::start("work", environment.clone())).collect(),
        reconciler: Process::start("reconcile", environment.clone()),
        server,
        seen: BTreeMap::new(),
    }));
    until(&url, "SELECT count(*)::text FROM agency_messages", "0").await;

    let (is_over, is_outage) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let striking = {
        let (chaos, is_over, is_outage) = (Arc::clone(&chaos), Arc::clone(&is_over), Arc::clone(&is_outage));
        tokio::spawn(async move {
            let number = AtomicUsize::new(0);
            while !is_over.load(Ordering::SeqCst) {
                pause(200).await;
                let (chaos, is_outage) = (Arc::clone(&chaos), Arc::clone(&is_outage));
                let number = number.fetch_add(1, Ordering::SeqCst);
                let strike = move || {
                    let mut chaos = chaos.lock().unwrap();
                    chaos.strike(number);
                    chaos.keep_running(!is_outage.load(Ordering::SeqCst));
                };
                tokio::task::spawn_blocking(strike).await.unwrap();
            }
        })
    };

    let (count, rounds) = (size("AGENCY_BOOKINGS", 60), size("AGENCY_ROUNDS", 6));
    let mut bookings = Vec::new();
    for _ in 0..count {
        bookings.push(portal.book().await);
    }
    for round in 0..rounds {
        is_outage.store(round == rounds / 2, Ordering::SeqCst);
        if round == rounds / 2 {
            chaos.lock().unwrap().keep_running(false);
        }
        portal.pass(16 * MINUTE).await;
        for booking in &bookings {
            portal.reschedule(*booking).await;
        }
        if round == rounds / 2 {
            portal.pass(120 * MINUTE).await;
        }
    }
    is_outage.store(false, Ordering::SeqCst);
    portal.pass(16 * MINUTE).await;
    is_over.store(true, Ordering::SeqCst);
    striking.await.unwrap();
    {
        let mut chaos = chaos.lock().unwrap();
        chaos.workers.iter().chain(&chaos.receivers).for_each(|process| process.signal(Signal::CONT));
        chaos.keep_running(true);
    }
    portal.pass(90 * MINUTE).await;

    until(&url, "SELECT count(*)::text FROM hb_bls_events WHERE state = 'open'", "0").await;
    for booking in &bookings {
        let start = portal.start_of(*booking).await;
        until(&url, &format!("SELECT start_date FROM agency_bookings WHERE id = {booking}"), &start).await;
    }
    check(&url, &portal, &chaos, count).await;
}

async fn check(url: &str, portal: &Portal, chaos: &Mutex<Chaos>, count: usize) {
    let client = database(url).await;
    let texts = async |query: &str| -> Vec<String> {
        client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    };
    let (all, acknowledged) = portal.events().await;
    let done = texts("SELECT event_id::text FROM hb_bls_events WHERE state = 'done'").await;
    let reconciled = texts("SELECT event_id FROM agency_messages WHERE origin = 'reconciled'").await.len();
    let messages = texts("SELECT event_id FROM agency_messages").await.len();
    let late = texts("SELECT event_id FROM agency_messages WHERE overtaken").await.len();
    let tell = format!(
        "{} events, {} acknowledged, {} lost by the portal; {messages} messages, {reconciled} of them reconciled, {late} late; \
         {:?}\n",
        all.len(),
        acknowledged.len(),
        all.len() - acknowledged.len(),
        chaos.lock().unwrap().seen
    );
    std::io::stderr().write_all(tell.as_bytes()).unwrap();

    let missing: Vec<_> = acknowledged.iter().filter(|id| !done.contains(id)).collect();
    assert!(missing.is_empty(), "acknowledged and not done: {missing:?}");
    assert_eq!(texts("SELECT why FROM hb_bls_events WHERE state <> 'done'").await, Vec::<String>::new());
    let twice = "SELECT event_id FROM agency_messages GROUP BY event_id HAVING count(*) > 1";
    assert_eq!(texts(twice).await, Vec::<String>::new(), "handled twice");
    // an event without a message was told by the reconciler before it arrived
    let untold = "SELECT event_id::text FROM hb_bls_events AS event
        WHERE NOT EXISTS (SELECT FROM agency_messages AS it WHERE it.event_id = event.event_id::text) AND NOT EXISTS (
            SELECT FROM agency_messages AS it WHERE it.booking = event.booking AND it.event_type = event.event_type
                AND (it.origin = 'reconciled' OR event.origin = 'reconciled'))";
    assert_eq!(texts(untold).await, Vec::<String>::new(), "done and not handled");
    let created = "SELECT booking::text FROM agency_messages WHERE event_type = 'booking.created'";
    assert_eq!(texts(created).await.len(), count, "a booking was told to be created more or less than once");
    // when a change was seen is not when it was made, and clocks may differ by five minutes
    for (origins, margin) in [("'delivered'", "0"), ("'delivered', 'reconciled'", "5 minutes")] {
        let disorder = format!(
            "SELECT event_id FROM (
                SELECT event_id, occurred_at::timestamptz AS at,
                    lag(occurred_at::timestamptz) OVER (PARTITION BY booking ORDER BY number) AS before
                FROM agency_messages WHERE NOT overtaken AND origin IN ({origins})
            ) AS it WHERE at < before - interval '{margin}'"
        );
        assert_eq!(texts(&disorder).await, Vec::<String>::new(), "handled before an older one of the booking");
    }
    assert!(all.len() > acknowledged.len(), "the portal gave up on none");
    assert!(reconciled > 0);
}
