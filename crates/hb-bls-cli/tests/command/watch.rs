//! `hb-bls watch`.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hb_bls::{
    WebhookEventType,
    webhook::{Delivery, Verifier},
};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

use crate::{
    canned::{Answer, serve_by_path},
    inbox::{Setup, told},
    listen::support::{SECRET, Target},
    machine::Machine,
    running::{PATIENCE, Running, within},
};

const WATCH: [&str; 7] = ["watch", "--inbox", "events.db", "--requests-per-minute", "60000", "--output", "jsonl"];

impl Setup {
    fn watch(&self, more: &[&str]) -> Running {
        Running::of(self.machine.command(&[&WATCH[..], more].concat()))
    }

    /// Runs it once: exit code, and what it printed after the announcement.
    fn once(&self, more: &[&str]) -> (i32, Vec<Value>) {
        let run = self.machine.run_args(&[&WATCH[..], &["--once"], more].concat());
        let lines = run.stdout.lines().skip(1).map(|line| serde_json::from_str(line).unwrap());
        (run.code, lines.collect())
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.machine.home.path().join(name)).unwrap_or_default()
    }

    /// Opens a pipe when the command opens its other end.
    fn meet(&self, name: &str, options: &fs::OpenOptions) -> fs::File {
        let (path, options) = (self.machine.home.path().join(name), options.clone());
        within(PATIENCE, move || options.open(path).unwrap())
    }

    /// Makes a pipe that has a name.
    fn pipe(&self, name: &str) {
        assert!(Command::new("mkfifo").arg(self.machine.home.path().join(name)).status().unwrap().success());
    }
}

/// The next request, verified as a receiver does, and where its event comes from.
fn delivery(target: &Target, secret: &str) -> (Delivery, String) {
    let (head, body) = target.request();
    let headers: Vec<_> = head.iter().filter_map(|line| line.split_once(": ")).collect();
    let map = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let delivery = Verifier::new(secret).unwrap().verify_and_decode(&map, &body).unwrap();
    assert_eq!(map["content-type"], "application/json");
    (delivery, map["hb-bls-origin"].to_str().unwrap().to_owned())
}

fn is(line: &Value, attempt: u64, taken: bool, dead: bool) {
    assert_eq!(
        (&line["attempt"], &line["taken"], &line["dead"]),
        (&attempt.into(), &taken.into(), &dead.into()),
        "{line}"
    );
}

#[test]
fn each_change_is_delivered_once_and_signed() {
    let setup = Setup::new();
    let setup = Setup { portal: setup.portal, machine: setup.machine.with("HB_BLS_WEBHOOK_SECRET", SECRET) };
    setup.book(2);
    let target = Target::start(&[204]);
    let (code, lines) = setup.once(&["--to", &target.url]);
    assert_eq!((code, lines.len()), (0, 2));
    let mut bookings = BTreeSet::new();
    for line in &lines {
        is(line, 1, true, false);
        let (delivery, origin) = delivery(&target, SECRET);
        assert_eq!(delivery.event.event_type, WebhookEventType::BookingCreated);
        assert_eq!(origin, "reconciled");
        assert_eq!(line["event_id"], delivery.event.event_id.to_string());
        bookings.insert(delivery.event.data.booking().unwrap().id.get());
    }
    assert_eq!(bookings, [1, 2].into());
    assert_eq!(setup.once(&["--to", &target.url]), (0, vec![]));
    assert!(target.has_no_more());
}

#[test]
fn it_goes_on_until_it_is_stopped() {
    let setup = Setup::new();
    setup.book(1);
    let target = Target::start(&[200]);
    let mut watch = setup.watch(&["--to", &target.url, "--every", "1s", "--print-secret"]);
    let secret = watch.object()["secret"].as_str().unwrap().to_owned();
    assert_eq!(delivery(&target, &secret).0.event.event_type, WebhookEventType::BookingCreated);
    assert_eq!(told(&watch.line()), (1, "created".to_owned()));
    setup.steer("cancel 1");
    assert_eq!(delivery(&target, &secret).0.event.event_type, WebhookEventType::BookingCancelled);
    assert_eq!(told(&watch.line()), (1, "cancelled".to_owned()));
    assert_eq!(watch.interrupt(), (Some(0), String::new(), String::new()));
}

#[test]
fn a_secret_is_made_once_and_kept_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let setup = Setup::new();
    let secret = |more: &[&str]| {
        let run = setup.machine.run_args(
            &[&["watch", "--inbox", "events.db", "--once", "--exec", "true", "--requests-per-minute", "60000"], more]
                .concat(),
        );
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.stdout.lines().find_map(|line| line.strip_prefix("signing secret ")).map(str::to_owned)
    };
    let first = secret(&["--print-secret"]).unwrap();
    assert!(first.starts_with("whsec_") && first.len() == 70, "{first}");
    assert_eq!(secret(&["--print-secret"]), Some(first.clone()));
    assert_eq!(secret(&[]), None);
    let files = fs::read_dir(setup.machine.config().join("secrets")).unwrap().map(|file| file.unwrap().path());
    let kept = files.filter(|file| fs::read_to_string(file).unwrap() == first).collect::<Vec<_>>();
    assert_eq!(fs::metadata(&kept[0]).unwrap().permissions().mode() & 0o777, 0o600);
    let other = Setup::new();
    assert_ne!(
        secret(&["--print-secret"]),
        other.watch(&["--exec", "true", "--print-secret"]).object()["secret"].as_str().map(str::to_owned)
    );
}

#[test]
fn a_command_gets_the_delivery() {
    let setup = Setup::new();
    let setup = Setup { portal: setup.portal, machine: setup.machine.with("HB_BLS_WEBHOOK_SECRET", SECRET) };
    setup.book(1);
    let line = "cat > body; printf 'x-tdta-event: %s\\nx-tdta-event-id: %s\\nx-tdta-delivery-id: %s\\nx-tdta-timestamp: %s\\n\
        x-tdta-signature: %s\\n' $HB_BLS_EVENT_TYPE $HB_BLS_EVENT_ID $HB_BLS_DELIVERY_ID $HB_BLS_TIMESTAMP \
        $HB_BLS_SIGNATURE > headers; echo $HB_BLS_BOOKING_ID $HB_BLS_ORIGIN > more; echo printed";
    let (code, lines) = setup.once(&["--exec", line]);
    assert_eq!((code, lines.len()), (0, 1), "what it prints is no result");
    let (head, body) = (setup.read("headers"), setup.read("body"));
    let headers = head.lines().map(|line| line.split_once(": ").unwrap());
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let delivery = Verifier::new(SECRET).unwrap().verify_and_decode(&headers, body.as_bytes()).unwrap();
    assert_eq!(delivery.event.data.booking().unwrap().id.get(), 1);
    assert_eq!(setup.read("more"), "1 reconciled\n");
}

/// A command that fails is repeated, and then its event is dead until somebody retries it.
#[test]
fn what_is_not_taken_comes_again_and_is_dead_in_the_end() {
    let setup = Setup::new();
    setup.book(2);
    let failing = "echo $HB_BLS_BOOKING_ID >> tried; test $HB_BLS_BOOKING_ID = 2 || exit 3";
    let mut watch = setup.watch(&["--exec", failing, "--attempts", "2"]);
    let mut lines: Vec<_> = (0..3).map(|_| watch.line()).collect();
    assert_eq!(watch.interrupt().0, Some(0));
    lines.sort_by_key(|line| (line["booking"].as_i64(), line["attempt"].as_i64()));
    is(&lines[0], 1, false, false);
    is(&lines[1], 2, false, true);
    assert_eq!(lines[1]["reason"], "the command ended with exit status: 3");
    is(&lines[2], 1, true, false);
    assert_eq!(setup.read("tried").matches('1').count(), 2);

    let dead = setup.list("--state dead");
    assert_eq!((dead.len(), &dead[0]["why"], &dead[0]["attempts"]), (1, &lines[1]["reason"], &2.into()));
    let once = setup.machine.run("watch --inbox events.db --once --requests-per-minute 60000 --exec true");
    assert_eq!((once.code, once.stdout.contains("created")), (0, false), "nobody tries it any more");
    assert!(once.stderr.contains("dead events: 1;"), "{}", once.stderr);
    let id = dead[0]["event_id"].as_str().unwrap();
    assert_eq!(setup.machine.run(&format!("inbox retry {id}")).code, 0);
    let (code, lines) = setup.once(&["--exec", failing, "--attempts", "1"]);
    assert_eq!((code, lines.len()), (6, 1));
    is(&lines[0], 1, false, true);
    let retried = setup.machine.run("inbox retry --all-dead --output json").json();
    assert_eq!(retried["events"], serde_json::json!([id]));
    assert_eq!(setup.list("--state dead"), [] as [Value; 0]);
    assert_eq!(setup.machine.run(&format!("inbox drop {id} --yes")).code, 0);
    assert_eq!(setup.once(&["--exec", failing]), (0, vec![]));
}

#[test]
fn the_exit_code_tells_why_deliveries_were_not_taken() {
    let setup = Setup::new();
    setup.book(1);
    let target = Target::start(&[500]);
    let (code, lines) = setup.once(&["--to", &target.url, "--attempts", "1"]);
    assert_eq!((code, &lines[0]["reason"]), (6, &"the target responded with 500".into()));
    setup.machine.run("inbox retry --all-dead");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, lines) = setup.once(&["--to", &format!("http://{free}/?key=sesame"), "--attempts", "1"]);
    let reason = lines[0]["reason"].as_str().unwrap();
    assert!(code == 8 && reason.contains("no connection") && !reason.contains("sesame"), "{code} {reason}");
}

/// The first command to run kills its watch, twice. Whoever comes next gets that event again, and all others.
#[test]
fn a_kill_loses_no_event() {
    let setup = Setup::new();
    setup.book(4);
    let line = "if [ $(ls killed.* 2>/dev/null | wc -l) -lt 2 ]; then touch killed.$HB_BLS_BOOKING_ID; kill -9 $PPID; exit 0; fi; \
        echo $HB_BLS_BOOKING_ID >> told";
    for _ in 0..2 {
        let (code, _, _) = setup.watch(&["--exec", line]).end_within(PATIENCE);
        assert_eq!(code, None, "it is killed");
    }
    assert_eq!(setup.read("told"), "");
    let mut watch = setup.watch(&["--exec", line]);
    let mut taken: Vec<_> = (0..4).map(|_| watch.line()).collect();
    taken.sort_by_key(|line| line["booking"].as_i64());
    let taken: Vec<_> =
        taken.iter().map(|line| (line["booking"].as_i64().unwrap(), line["attempt"].as_i64().unwrap())).collect();
    assert_eq!(taken.iter().map(|(booking, _)| *booking).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(taken.iter().filter(|(_, attempt)| *attempt == 2).count(), 2, "two came again: {taken:?}");
    assert_eq!(watch.interrupt(), (Some(0), String::new(), String::new()));
    assert_eq!(setup.read("told").lines().count(), 4);
    assert_eq!(setup.list("--state done").len(), 4);
}

/// A watch that has been told to stop while its command runs.
struct Stopped {
    watch: Child,
    /// The other end of the pipe that the command has opened.
    pipe: fs::File,
}

impl Stopped {
    fn new(setup: &Setup, line: &str, options: &fs::OpenOptions) -> Self {
        setup.pipe("pipe");
        let mut command = setup.machine.command(&["watch", "--inbox", "events.db", "--exec", line]);
        let mut watch = command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn().unwrap();
        let mut lines = BufReader::new(watch.stderr.take().unwrap()).lines().map(Result::unwrap);
        let stopped = Self { watch, pipe: setup.meet("pipe", options) };
        stopped.interrupt();
        let told = within(PATIENCE, move || lines.find(|line| line.contains("Ctrl-C"))).unwrap();
        assert!(told.contains("waiting for the delivery that is under way"), "{told}");
        stopped
    }

    /// As a terminal does: all of its group get the signal.
    fn interrupt(&self) {
        kill_process_group(Pid::from_child(&self.watch), Signal::INT).unwrap();
    }

    /// Its exit code, and what it has printed.
    fn end(self) -> (Option<i32>, String) {
        let output = within(PATIENCE, || self.watch.wait_with_output().unwrap());
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    }
}

#[test]
fn ctrl_c_lets_a_command_come_to_its_end() {
    let setup = Setup::new();
    setup.book(1);
    let line = "read word < pipe; echo $HB_BLS_BOOKING_ID > told";
    let mut stopped = Stopped::new(&setup, line, fs::OpenOptions::new().write(true));
    stopped.pipe.write_all(b"go\n").unwrap();
    let (code, shown) = stopped.end();
    assert!(code == Some(0) && shown.contains("delivered"), "{code:?}: {shown}");
    assert_eq!((setup.read("told"), setup.list("--state done").len()), ("1\n".to_owned(), 1));
}

#[test]
fn a_second_ctrl_c_ends_it_at_once_and_its_command_too() {
    let setup = Setup::new();
    setup.book(1);
    let line = "exec > pipe; cat /dev/zero | sleep 1000";
    let stopped = Stopped::new(&setup, line, fs::OpenOptions::new().read(true));
    let pipe = stopped.pipe.try_clone().unwrap();
    stopped.interrupt();
    assert_eq!(stopped.end().0, Some(0));
    // ends when nobody has the pipe open any more
    assert_eq!(within(PATIENCE, || std::io::read_to_string(pipe).unwrap()), "");
    assert_eq!(setup.list("--state open").len(), 1);
}

/// What the portal refuses for good ends it, and what may pass does not.
#[test]
fn a_portal_that_fails_is_asked_again() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let url = serve_by_path(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
        0..8 => Answer::Say(503, "retry-after: 0\r\n", "{}"),
        _ => Answer::Say(403, "", r#"{"message":"The beta is closed to this account."}"#),
    });
    let machine = Machine::at_url(&url);
    let mut command = machine.command(&[&WATCH[..], &["--exec", "true", "--every", "1s"]].concat());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let lines: Vec<_> = within(PATIENCE, || lines.collect());
    assert_eq!(child.wait().unwrap().code(), Some(6), "{lines:?}");
    assert!(lines.len() > 1, "{lines:?}");
    for line in &lines[..lines.len() - 1] {
        assert!(line.contains("it is tried again in 1 s"), "{line}");
    }
    assert!(lines.last().unwrap().contains("The beta is closed"), "{lines:?}");
}

/// Without --inbox each account has a queue of its own, and nothing is taken from that of a service.
#[test]
fn the_queue_is_kept_beside_the_other_state() {
    use std::os::unix::fs::PermissionsExt as _;
    let setup = Setup::new();
    setup.book(1);
    setup.reconcile();
    let machine = setup.machine;
    let line = "watch --once --requests-per-minute 60000 --exec true";
    assert!(machine.run(line).stdout.contains("delivered"));
    let again = machine.run(line);
    assert!(!again.stdout.contains("delivered"), "{}", again.stdout);
    let file = again.stderr.split_once("events are kept in ").unwrap().1.split(';').next().unwrap().to_owned();
    assert!(file.starts_with(machine.config().join("watch").to_str().unwrap()), "{file}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let listed = machine.run_args(&["inbox", "list", "--inbox", &file, "--output", "json"]).json();
    assert_eq!(listed[0]["state"], "done");
    assert_eq!(machine.run("inbox list --output json").json()[0]["state"], "open");
    let other = Machine::with_account(&serve_by_path(|_| Answer::Say(200, "", r#"{"data":[]}"#)), "grace", "sesame");
    let run = other.run(line);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let other = run.stderr.split_once("events are kept in ").unwrap().1.split(';').next().unwrap().to_owned();
    assert_ne!(file.rsplit_once('/').unwrap().1, other.rsplit_once('/').unwrap().1);
}
