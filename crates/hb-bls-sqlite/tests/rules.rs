//! A queue in a file keeps to the rules, whatever becomes of the processes that use it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::Barrier,
    thread,
    time::Duration,
};

use hb_bls::{
    Secret,
    state::conformance::{self, Subject},
    webhook::{Accepted, EncryptedQueue, Event, EventFilter, EventQueue, EventState, KEEP_BODIES, NewEvent, Origin},
};
use hb_bls_sqlite::SqliteEventQueue;
use tempfile::TempDir;
use test_servers::ShiftedClock;
use uuid::Uuid;

const FILE: &str = "HB_BLS_TEST_FILE";

fn event(number: u128) -> NewEvent {
    let id = Uuid::from_u128(number);
    let json =
        format!(r#"{{"event_id":"{id}","event_type":"booking.created","data":{{"id":{number},"name":"Lovelace"}}}}"#);
    NewEvent::from_event(&Event::from_json(json.as_bytes()).unwrap(), Origin::Delivered)
}

/// Two connections to a new file, as two processes have them.
fn subject<Q>(folder: &TempDir, make: impl Fn(SqliteEventQueue) -> Q) -> Subject<Q> {
    let (clock, path) = (ShiftedClock::default(), folder.path().join(format!("{}.db", fastrand::u64(..))));
    let open = || make(SqliteEventQueue::open(&path).unwrap().with_clock(clock.clone()));
    Subject::new(open(), open()).passing(move |by| {
        clock.advance(by);
        std::future::ready(())
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_keeps_to_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    conformance::event_queue(KEEP_BODIES, async || subject(&folder, |queue| queue)).await;
    let encrypted = |queue| EncryptedQueue::new(queue, &Secret::from("a secret of the agency")).unwrap();
    conformance::event_queue(KEEP_BODIES, async || subject(&folder, encrypted)).await;
}

#[tokio::test]
async fn what_is_removed_is_nowhere_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, path) = (ShiftedClock::default(), folder.path().join("events.db"));
    let queue = SqliteEventQueue::open(&path).unwrap().with_clock(clock.clone());
    let is_there = || {
        let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
        files.iter().any(|file| fs::read(file).unwrap().windows(8).any(|part| part == b"Lovelace"))
    };
    for number in 0..50 {
        queue.accept(&event(number)).await.unwrap();
    }
    assert!(is_there());
    for taken in queue.take(25, Duration::from_secs(60)).await.unwrap() {
        assert!(queue.done(taken.lease, None).await.unwrap());
    }
    for stored in queue.list(EventFilter::default().state(EventState::Open)).await.unwrap() {
        assert!(queue.remove(stored.event_id).await.unwrap());
    }
    clock.advance(KEEP_BODIES);
    queue.clean().await.unwrap();
    assert!(!is_there(), "a name can be read");
}

#[tokio::test]
async fn other_files_are_refused_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: &Path| {
        let before = fs::read(path).ok();
        let error = SqliteEventQueue::open(path).map(drop).unwrap_err();
        assert_eq!(fs::read(path).ok(), before, "{}", path.display());
        format!("{error:#}")
    };
    let text = folder.path().join("text");
    fs::write(&text, "these are notes, and no database ".repeat(100)).unwrap();
    assert!(refused(&text).contains("not a database"), "{}", refused(&text));
    let other = folder.path().join("other.db");
    let connection = rusqlite::Connection::open(&other).unwrap();
    connection.execute_batch("CREATE TABLE events (note TEXT)").unwrap();
    drop(connection);
    assert!(refused(&other).contains("something else"), "{}", refused(&other));
    let newer = folder.path().join("newer.db");
    drop(SqliteEventQueue::open(&newer).unwrap());
    rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(refused(&newer).contains("newer version"), "{}", refused(&newer));
    let missing = folder.path().join("no folder").join("events.db");
    assert!(refused(&missing).contains("No such file"), "{}", refused(&missing));
}

/// A receiver, a worker and a command may start together.
#[test]
fn a_new_file_is_opened_by_several_at_once() {
    const AT_ONCE: usize = 8;
    let folder = TempDir::new().unwrap();
    for round in 0..50 {
        let (path, start) = (folder.path().join(format!("{round}.db")), Barrier::new(AT_ONCE));
        thread::scope(|scope| {
            let open = || {
                start.wait();
                SqliteEventQueue::open(&path).map(drop)
            };
            let opening: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(open)).collect();
            for one in opening {
                one.join().unwrap().unwrap();
            }
        });
    }
}

#[cfg(unix)]
#[tokio::test]
async fn its_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let queue = SqliteEventQueue::open(folder.path().join("events.db")).unwrap();
    queue.accept(&event(1)).await.unwrap();
    let mut names = Vec::new();
    for file in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["events.db", "events.db-shm", "events.db-wal"]);
}

/// Accepts events, and prints the number of each that was accepted, until it is killed.
#[tokio::test]
#[ignore = "a process of another test"]
async fn accepts() {
    let queue = SqliteEventQueue::open(std::env::var(FILE).unwrap()).unwrap();
    loop {
        let number = u128::from(fastrand::u64(..));
        queue.accept(&event(number)).await.unwrap();
        std::io::stdout().write_all(format!("accepted {number}\n").as_bytes()).unwrap();
    }
}

#[tokio::test]
async fn what_was_accepted_is_there_when_processes_are_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let mut accepted = Vec::new();
    for round in 0..6 {
        let start = || {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--ignored", "--exact", "accepts", "--nocapture"]).env(FILE, &path);
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
        };
        let mut processes = [start(), start()];
        for process in &mut processes {
            let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
            let numbers = lines.by_ref().filter_map(|line| line.strip_prefix("accepted ")?.parse::<u128>().ok());
            accepted.extend(numbers.take(5 + round));
            process.kill().unwrap();
            process.wait().unwrap();
            accepted.extend(lines.filter_map(|line| line.strip_prefix("accepted ")?.parse::<u128>().ok()));
        }
    }
    let queue = SqliteEventQueue::open(&path).unwrap();
    for number in accepted {
        assert_eq!(queue.accept(&event(number)).await.unwrap(), Accepted::Duplicate, "{number} was accepted");
    }
    let mut left = queue.stats().await.unwrap().open;
    while left > 0 {
        let taken = queue.take(1_000, Duration::from_secs(60)).await.unwrap();
        assert!(!taken.is_empty(), "{left} cannot be taken");
        for event in taken {
            assert!(Event::from_json(&event.body).is_ok(), "a body is torn");
            assert!(queue.done(event.lease, None).await.unwrap());
            left -= 1;
        }
    }
}
