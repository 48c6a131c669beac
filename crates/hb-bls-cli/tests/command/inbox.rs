//! `hb-bls reconcile` and `hb-bls inbox`.

use std::{path::PathBuf, process::Stdio};

use hb_bls_sandbox::Seed;
use serde_json::{Value, json};

use crate::{
    machine::{Machine, Portal},
    snapshot,
    terminal::{on_terminal, plain},
};

/// What `trigger` makes up about a candidate.
const PERSONAL: [&str; 4] = ["Robin", "robin@", "07700", "zoom"];

/// A portal, a machine that may steer it, and a queue of its own.
pub struct Setup {
    pub portal: Portal,
    pub machine: Machine,
}

impl Setup {
    fn at(portal: Portal, inbox: &str) -> Self {
        let machine =
            Machine::at(&portal).with("HB_BLS_CONTROL_URL", portal.sandbox.control_url()).with("HB_BLS_INBOX", inbox);
        Self { portal, machine }
    }

    /// The queue is a file.
    pub fn new() -> Self {
        Self::at(Portal::start(), "events.db")
    }

    /// The queue is a database of its own, if there is a server.
    fn postgres() -> Option<Self> {
        let server = test_servers::postgres()?;
        let (portal, name) = (Portal::start(), format!("{}queue", test_servers::prefix()));
        portal.wait(async {
            let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls).await.unwrap();
            let connection = tokio::spawn(connection);
            client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
            drop(client);
            connection.await.unwrap().unwrap();
        });
        Some(Self::at(portal, &format!("{}/{name}", server.rsplit_once('/').unwrap().0)))
    }

    /// Makes bookings.
    pub fn book(&self, count: usize) {
        for _ in 0..count {
            assert_eq!(self.machine.run("trigger booking.created").code, 0);
        }
    }

    /// Steers the portal.
    pub fn steer(&self, line: &str) {
        let run = self.machine.run(&format!("sandbox {line}"));
        assert_eq!(run.code, 0, "{}", run.stderr);
    }

    pub fn reconcile(&self) -> Value {
        self.machine.run("reconcile --requests-per-minute 60000 --output json").json()
    }

    /// What is listed, by these arguments.
    pub fn list(&self, more: &str) -> Vec<Value> {
        self.machine.run(&format!("inbox list --output json {more}")).json().as_array().unwrap().clone()
    }

    /// The bookings and types of the events in a state.
    fn told(&self, state: &str) -> Vec<(i64, String)> {
        let mut told: Vec<_> = self.list(&format!("--state {state}")).iter().map(told).collect();
        told.sort();
        told
    }
}

pub fn told(event: &Value) -> (i64, String) {
    (event["booking"].as_i64().unwrap(), event["event_type"].as_str().unwrap().replace("booking.", ""))
}

fn each(work: impl Fn(&Setup)) {
    work(&Setup::new());
    if let Some(setup) = Setup::postgres() {
        work(&setup);
    }
}

#[test]
fn what_no_event_has_told_is_queued_once() {
    each(|setup| {
        setup.book(3);
        assert_eq!(setup.reconcile(), json!({ "compared": 3, "queued": 3, "open": 3, "dead": 0 }));
        assert_eq!(setup.reconcile(), json!({ "compared": 3, "queued": 0, "open": 3, "dead": 0 }));
        setup.steer("reschedule 1 2026-06-09 14:00");
        setup.steer("cancel 2");
        // the clock of this machine stays where it is
        setup.steer("advance 10m");
        assert_eq!(setup.reconcile()["queued"], 2);
        assert_eq!(setup.reconcile()["queued"], 0);
        let created = [(1, "created"), (1, "rescheduled"), (2, "cancelled"), (2, "created"), (3, "created")];
        assert_eq!(setup.told("open"), created.map(|(booking, told)| (booking, told.to_owned())));
        assert_eq!(setup.told("done"), []);
    });
}

/// The next run queues the rest, and nothing again.
#[test]
fn a_walk_that_is_killed_is_completed_by_the_next() {
    let setup = Setup::new();
    setup.portal.run(async |sandbox| sandbox.seed(Seed::default().bookings(150)).await);
    let mut command = setup.machine.command(&["reconcile", "--requests-per-minute", "1"]);
    let mut walk = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let has_begun = || setup.machine.run("inbox list --limit 1 --output json").stdout.contains("event_id");
    assert!((0..1_000).any(|_| has_begun()));
    walk.kill().unwrap();
    walk.wait().unwrap();
    let before = setup.list("--limit 1000").len();
    let rest = setup.reconcile();
    let queued = usize::try_from(rest["queued"].as_u64().unwrap()).unwrap();
    let all = setup.list("--limit 1000").len();
    assert!(before > 0 && queued > 0 && before + queued == all, "{before} {queued} {all}");
    let fresh = setup.machine.run("reconcile --requests-per-minute 60000 --inbox fresh.db --output json").json();
    assert_eq!((&fresh["queued"], &fresh["compared"]), (&all.into(), &rest["compared"]));
}

#[test]
fn bookings_from_before_a_day_are_taken_as_known() {
    let setup = Setup::new();
    setup.book(1);
    setup.steer("advance 48h");
    setup.book(1);
    assert_eq!(
        setup.machine.run("reconcile --requests-per-minute 60000 --since 2026-06-06 --output json").json()["queued"],
        1
    );
    assert_eq!(setup.told("open"), [(2, "created".to_owned())]);
    assert_eq!(setup.reconcile()["queued"], 0);
}

/// Nobody works off the queue, and its events are seen and mended.
#[test]
fn events_are_listed_shown_and_dropped() {
    each(|setup| {
        setup.book(2);
        setup.reconcile();
        let events = setup.list("");
        let ids: Vec<_> = events.iter().map(|event| event["event_id"].as_str().unwrap()).collect();
        assert_eq!(setup.list("--limit 1"), events[..1]);
        let limited = setup.machine.run("inbox list --limit 1");
        assert_eq!(limited.stdout.lines().count(), 2, "{}", limited.stdout);
        assert!(limited.stderr.contains("2 open, the oldest for "), "{}", limited.stderr);
        assert!(limited.stderr.contains("these are the first 1;"), "{}", limited.stderr);
        assert!(!setup.machine.run("inbox list --limit 2").stderr.contains("first"));

        assert_eq!(setup.machine.run(&format!("inbox show {} --output json", ids[0])).json(), events[0]);
        let shown = setup.machine.run(&format!("inbox show {} --body --output json", ids[0])).json();
        assert_eq!(shown["event_id"], ids[0]);
        assert_eq!(shown["body"]["event_id"], ids[0]);
        assert_eq!(shown["body"]["data"]["candidate"]["email"], "robin@example.org");

        let line = format!("inbox drop {} --yes", ids[0]);
        assert_eq!(setup.machine.run(&line).code, 0);
        assert_eq!(setup.list("--state removed").len(), 1);
        assert_eq!(setup.list("--state open"), events[1..]);
        // it is no unknown event, so it is not queued again
        assert_eq!(setup.reconcile()["queued"], 0);
        let again = setup.machine.run(&format!("{line} --output json"));
        assert_eq!((again.code, &again.error()["kind"]), (5, &json!("conflict")));
        let gone = setup.machine.run(&format!("inbox show {} --body", ids[0]));
        assert!(gone.stderr.contains("has been removed") && !gone.stdout.contains("body"), "{}", gone.stdout);
    });
}

/// An id that is cut could not be given to the other commands.
#[test]
fn a_narrow_terminal_has_whole_ids_and_reasons() {
    let setup = Setup::new();
    setup.book(1);
    assert_eq!(setup.machine.run("watch --inbox events.db --once --requests-per-minute 60000 --exec false").code, 6);
    let id = setup.list("")[0]["event_id"].as_str().unwrap().to_owned();
    for columns in [80, 60] {
        let text = plain(&on_terminal(&setup.machine, "inbox list", columns));
        assert!(text.lines().all(|line| line.chars().count() <= usize::from(columns)), "{text}");
        let words: Vec<_> = text.split_whitespace().collect();
        assert!(words.contains(&&*id) && words.join(" ").contains("the command ended with exit status: 1"), "{text}");
    }
    let text = plain(&on_terminal(&setup.machine, "inbox list", 80));
    assert!(text.contains("booking.created"), "{text}");
}

#[test]
fn lists_show_nothing_about_a_person() {
    let setup = Setup::new();
    setup.book(2);
    setup.reconcile();
    let id = setup.list("")[0]["event_id"].as_str().unwrap().to_owned();
    let failing = format!("watch --inbox events.db --once --requests-per-minute 60000 --exec {}", "cat;exit${IFS}1");
    assert_eq!(setup.machine.run(&failing).code, 6);
    for line in ["inbox list", &format!("inbox show {id}")] {
        for format in ["table", "json", "jsonl", "csv"] {
            let run = setup.machine.run(&format!("{line} --output {format}"));
            let text = run.stdout + &run.stderr;
            assert!(text.contains(&id) && text.contains("exit status: 1"), "{text}");
            for word in PERSONAL {
                assert!(!text.contains(word), "{word}: {text}");
            }
        }
    }
    let body = setup.machine.run(&format!("inbox show {id} --body")).stdout;
    assert!(PERSONAL.iter().all(|word| body.contains(word)), "{body}");
}

#[test]
fn what_is_wrong_is_reported() {
    let setup = Setup::new();
    setup.book(1);
    setup.reconcile();
    let id = setup.list("")[0]["event_id"].as_str().unwrap().to_owned();
    let drop = format!("inbox drop {id}");
    let unknown = "018f4a2b-1234-7000-8abc-000000000001";
    let session = setup.machine.session(&[
        &drop,
        &format!("inbox show {unknown}"),
        &format!("inbox drop {id} {unknown} --yes"),
        &format!("inbox retry {id}"),
        "inbox retry",
        "inbox retry --all-dead",
        "inbox list --state lost",
        "inbox list --inbox missing.db",
        "inbox list --inbox mysql://ada:sesame@agency.example/events",
        "reconcile --inbox missing/events.db",
        "watch --to http://127.0.0.1:1/ --exec true",
        "watch",
        "watch --exec true --output csv",
        "watch --to http://agency.example/",
    ]);
    let errors = session.lines().filter(|line| line.starts_with('!')).collect::<String>();
    assert!(!errors.contains("sesame"), "{errors}");
    snapshot!("commands", "inbox-refused", session.replace(&id, "EVENT_ID"), []);
    let nobody = Machine::new();
    snapshot!("inbox-missing", nobody.session(&["inbox list", "reconcile", "watch --exec true"]));
}

/// On a terminal, a person is asked.
#[cfg(unix)]
#[test]
fn dropping_is_asked_about() {
    let setup = Setup::new();
    setup.book(1);
    setup.reconcile();
    let id = setup.list("")[0]["event_id"].as_str().unwrap().to_owned();
    let command = setup.machine.command(&["inbox", "drop", &id]);
    for (answer, code) in [("n", 1), ("y", 0)] {
        assert_eq!(setup.list("--state open").len(), 1);
        let (seen, status) = crate::built::talk(
            &command,
            80,
            &[("Drop 1 event? What is open or dead will never be handled. [y/N]", answer)],
        );
        assert_eq!(status.code(), Some(code), "{seen}");
    }
    assert_eq!(setup.list("--state open"), [] as [Value; 0]);
}

#[test]
fn an_encrypted_queue_is_read_and_worked_off_with_its_secret_alone() {
    let encrypted = Setup::new();
    let Setup { portal, machine } = encrypted;
    let (key, clear) = ("0123456789abcdef0123456789abcdef", machine.environment.clone());
    let mut encrypted = Setup { portal, machine: machine.with("HB_BLS_INBOX_KEY", key) };
    encrypted.book(1);
    encrypted.reconcile();
    let id = encrypted.list("")[0]["event_id"].as_str().unwrap().to_owned();
    let show = format!("inbox show {id} --body");
    assert!(encrypted.machine.run(&show).stdout.contains("robin@example.org"));
    let file = |name: &str| std::fs::read(PathBuf::from(encrypted.machine.home.path()).join(name)).unwrap_or_default();
    let bytes = [file("events.db"), file("events.db-wal")].concat();
    assert!(bytes.len() > 4096 && !bytes.windows(6).any(|bytes| bytes == b"robin@"));

    encrypted.machine.environment = clear;
    for line in [&*show, "reconcile", "watch --inbox events.db --once --exec true"] {
        let run = encrypted.machine.run(line);
        assert_eq!(run.code, 2, "{line}: {}", run.stderr);
        assert!(run.stderr.contains("set HB_BLS_INBOX_KEY"), "{line}: {}", run.stderr);
    }
    let other = encrypted.machine.with("HB_BLS_INBOX_KEY", "another secret than that of the queue");
    let refused = other.run("watch --inbox events.db --once --exec true");
    assert!(refused.code == 1 && refused.stderr.contains("encrypted with another secret"), "{}", refused.stderr);
    assert_eq!(other.run("inbox list --output json").json()[0]["state"], "open");
}

#[test]
fn the_password_of_a_database_is_not_shown() {
    let machine = Machine::new();
    let run = machine.run("inbox list --inbox postgres://ada:sesame@127.0.0.1:1/events");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("cannot read the queue of events"), "{}", run.stderr);
    let debug = machine.run("inbox list --verbose --inbox postgres://ada:sesame@127.0.0.1:1/events");
    assert!(!(run.stderr + &debug.stderr).contains("sesame"));
}
