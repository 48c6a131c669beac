//! `--audit`: what is noted of changes, and that nothing is changed that cannot be noted.

use std::collections::BTreeSet;

use hb_bls_sandbox::{Fault, FaultKind};
use serde_json::Value;

use crate::{
    bulk::support::{Bulk, PERSONAL},
    machine::{Machine, Portal},
};

fn read(machine: &Machine) -> String {
    std::fs::read_to_string(machine.home.path().join("audit.jsonl")).unwrap()
}

fn lines(machine: &Machine) -> Vec<Value> {
    read(machine).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The operations with what came of them; what is only begun is left out.
fn outcomes(lines: &[Value]) -> Vec<(&str, &str)> {
    let ended = lines.iter().filter(|line| line["outcome"] != "begun");
    ended.map(|line| (line["operation"].as_str().unwrap(), line["outcome"].as_str().unwrap())).collect()
}

const BOOK: &str = "book --course 1 --earliest --first-name Name --last-name Quill --email quill@example.com \
    --phone +447700900123 --address Harbourside --city Porthaven --postcode LS14AP --job-role Nurse \
    --pay-option credits --agency-contact-name Jo --agency-contact-email jo@agency.example --audit audit.jsonl";

#[test]
fn each_change_has_its_line_and_nothing_else_has_one() {
    let portal = Portal::start();
    let machine = Machine::at(&portal).with("USER", "ann");
    let held = machine.run("holds create --course 1 --date 2026-06-08 --time 09:00 --audit audit.jsonl --output json");
    let hash = held.json()["hold_hash"].as_str().unwrap().to_owned();
    assert_eq!(machine.run(&format!("holds release {hash} --audit audit.jsonl")).code, 0);
    assert_eq!(machine.run(BOOK).code, 0);
    let machine = machine.with("HB_BLS_AUDIT", "audit.jsonl");
    for (line, code) in [
        ("bookings list", 0),
        ("account balances", 0),
        ("webhooks create --name quill --url https://crm.example/?key=sesame", 0),
        ("webhooks rotate 1 --yes", 0),
        ("webhooks delete 1 --yes", 0),
        ("webhooks delete 1 --yes", 4),
    ] {
        assert_eq!(machine.run(line).code, code, "{line}");
    }
    let lines = lines(&machine);
    assert_eq!(
        outcomes(&lines),
        [
            ("holdTimeslot", "done"),
            ("releaseTimeslotHold", "done"),
            ("holdTimeslot", "done"),
            ("createBooking", "done"),
            ("createWebhook", "done"),
            ("rotateWebhookSecret", "done"),
            ("deleteWebhook", "done"),
            ("deleteWebhook", "refused"),
        ]
    );
    for pair in lines.chunks(2) {
        assert_eq!((&pair[0]["outcome"], &pair[0]["change"]), (&"begun".into(), &pair[1]["change"]));
    }
    let changes: BTreeSet<_> = lines.iter().map(|line| line["change"].as_str().unwrap()).collect();
    assert_eq!(changes.len(), 8);
    let ended = |operation: &str| {
        lines.iter().find(|line| line["operation"] == operation && line["outcome"] == "done").unwrap()
    };
    let booking = ended("createBooking");
    assert_eq!(
        (&booking["ids"]["id"], &booking["status"], &booking["command"]),
        (&1.into(), &201.into(), &"book".into())
    );
    assert_eq!((&booking["user"], &booking["profile"]), (&"ann".into(), &"default".into()));
    #[cfg(unix)]
    assert_eq!(booking["uid"], rustix::process::getuid().as_raw());
    assert!(booking["at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    assert_eq!(ended("rotateWebhookSecret")["ids"], serde_json::json!({ "id": 1 }));
    assert_eq!(ended("holdTimeslot")["ids"], ended("releaseTimeslotHold")["ids"], "the same hold");
    assert_eq!(ended("deleteWebhook")["command"], "webhooks delete");

    let text = read(&machine);
    let secrets = ["sesame", "whsec", &hash, "hb_sandbox_client", "key_not_a_secret"];
    for hidden in PERSONAL.iter().copied().chain(secrets) {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = machine.home.path().join("audit.jsonl");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// Two runs share one file, and what was there before stays.
#[test]
fn rows_of_runs_at_once_do_not_mix() {
    let bulk = Bulk::new(24);
    let text = std::fs::read_to_string(bulk.machine.home.path().join("candidates.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.lines().collect();
    for (name, rows) in [("one", &rows[..12]), ("two", &rows[12..])] {
        std::fs::write(
            bulk.machine.home.path().join(format!("{name}.csv")),
            format!("{header}\n{}\n", rows.join("\n")),
        )
        .unwrap();
    }
    std::fs::write(bulk.machine.home.path().join("audit.jsonl"), "{\"outcome\":\"before\",\"operation\":\"-\"}\n")
        .unwrap();
    let start = |name: &str| {
        let args = ["book", "--from", name, "--earliest", "--audit", "audit.jsonl"];
        bulk.machine
            .command(&args)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let runs = [start("one.csv"), start("two.csv")];
    for mut run in runs {
        assert!(run.wait().unwrap().success());
    }
    let lines = lines(&bulk.machine);
    assert_eq!(lines[0]["outcome"], "before");
    let booked = lines.iter().filter(|line| line["operation"] == "createBooking" && line["outcome"] == "done");
    let ids: BTreeSet<_> = booked.map(|line| line["ids"]["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, (1..=24).collect());
    let pids: BTreeSet<_> = lines.iter().filter_map(|line| line["pid"].as_u64()).collect();
    assert_eq!(pids.len(), 2);
    let text = read(&bulk.machine);
    assert!(PERSONAL.iter().all(|personal| !text.contains(personal)), "{text}");
}

#[test]
fn what_has_no_response_is_not_known() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    portal.inject(Fault::new("createBooking", FaultKind::ResetAfter));
    assert_eq!(machine.run(BOOK).code, 0, "the booking is found");
    let lines = lines(&machine);
    assert!(outcomes(&lines).contains(&("createBooking", "unknown")), "{lines:?}");
}

#[test]
fn what_cannot_be_noted_is_not_done() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let mut places = vec!["missing/audit.jsonl"];
    if cfg!(target_os = "linux") {
        // it can be opened, and has no room
        places.push("/dev/full");
    }
    for place in places {
        let line = BOOK.replace("audit.jsonl", place);
        let run = machine.run(&line);
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(run.stderr.contains(&format!("cannot write the audit file {place}: ")), "{}", run.stderr);
        assert!(run.stderr.contains("before it changed anything"), "{}", run.stderr);
        assert_eq!(machine.run(&format!("{line} --output json")).error()["kind"], "other");
        assert_eq!(portal.count("POST", "/api/v1/timeslots/hold"), 0);
        assert_eq!(portal.count("POST", "/api/v1/bookings"), 0);
        // what changes nothing needs no note
        assert_eq!(machine.run(&format!("bookings list --audit {place}")).code, 0);
    }
}
