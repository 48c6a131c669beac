//! How each command fails, for people and for programs.

use std::net::TcpListener;

use crate::{
    canned::{Answer, serve},
    exit_codes::fail,
    machine::Machine,
    snapshot,
};

const TREE: &str = include_str!("../snapshots/commands/tree.snap");
const BOOK: &str = "book --course 1 --earliest --first-name Ada --last-name Lovelace --email ada@example.com \
    --phone +447700900123 --address Harbourside --city Leeds --postcode LS14AP --job-role Nurse \
    --pay-option credits --agency-contact-name Jo --agency-contact-email jo@agency.example";

/// The commands that do something, by the snapshot of all.
fn commands() -> Vec<&'static str> {
    let all: Vec<&str> = TREE.lines().skip_while(|line| !line.is_empty()).filter(|line| !line.is_empty()).collect();
    let is_group = |name: &str| all.iter().any(|other| other.starts_with(&format!("{name} ")));
    all.iter().copied().filter(|name| !is_group(name)).collect()
}

#[test]
fn every_command_says_why_it_failed() {
    let refusing =
        || Machine::at_url(&serve(Answer::Say(403, "", r#"{"message":"The beta is closed to this account."}"#)));
    let machine = refusing().with("HB_BLS_INBOX", "events.db");
    // makes the queue that others look into
    fail(&machine, "reconcile", 6, "rejected");
    std::fs::write(machine.home.path().join("taken"), "").unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let sandbox = format!("sandbox --port {}", port.local_addr().unwrap().port());
    let mut failures = vec![
        ("auth login --client-id ada".to_owned(), 6, "rejected"),
        ("auth status".into(), 6, "rejected"),
        ("auth list --profile a/b".into(), 2, "usage"),
        ("auth logout".into(), 3, "authentication"),
        ("config list --profile a/b".into(), 2, "usage"),
        ("config set phone 1".into(), 2, "usage"),
        ("config unset course".into(), 4, "not_found"),
        (BOOK.into(), 6, "rejected"),
        ("holds list --profile a/b".into(), 2, "usage"),
        ("listen".into(), 6, "rejected"),
        ("inbox list --inbox missing.db".into(), 4, "not_found"),
        ("inbox show 018f4a2b-1234-7000-8abc-000000000001".into(), 4, "not_found"),
        ("inbox retry 018f4a2b-1234-7000-8abc-000000000001".into(), 4, "not_found"),
        ("inbox drop 018f4a2b-1234-7000-8abc-000000000001".into(), 2, "usage"),
        ("reconcile".into(), 6, "rejected"),
        ("watch --inbox events.db --once --exec true".into(), 6, "rejected"),
        ("replay missing.jsonl --to http://127.0.0.1:1/".into(), 1, "other"),
        (sandbox, 1, "other"),
        ("sandbox ready http://127.0.0.1:1".into(), 8, "network"),
        ("demo --dir taken".into(), 1, "other"),
        ("completions tcsh".into(), 2, "usage"),
        ("man --dir taken".into(), 1, "other"),
    ];
    failures.extend(
        [
            "account balances",
            "account booking-url",
            "account transactions",
            "courses list",
            "slots list --course 1",
            "holds create --course 1 --date 2126-06-08 --time 09:00",
            "agenda",
            "renewals",
            "holds release 9f2c41d07be84c6aa35e17d20b6c8f14",
            "bookings list",
            "bookings get 1",
            "bookings export --format jsonl",
            "certificates download 1",
            "webhooks list",
            "webhooks create --name crm --url https://crm.agency.example/hooks",
            "webhooks get 1",
            "webhooks update 1 --name archive",
            "webhooks delete 1 --yes",
            "webhooks rotate 1 --yes",
            "webhooks test 1",
        ]
        .map(|line| (line.to_owned(), 6, "rejected")),
    );
    let steering = [
        "sandbox advance 2h",
        "sandbox freeze",
        "sandbox unfreeze",
        "sandbox pay 1",
        "sandbox complete 1",
        "sandbox no-show 1",
        "sandbox return-kit 1",
        "sandbox cancel 1",
        "sandbox reschedule 1 2026-06-08 09:00",
        "sandbox fault createBooking reset-after",
        "sandbox clear-faults",
        "sandbox reset",
        "sandbox seed taken",
        "sandbox requests tail",
        "sandbox deliveries list",
        "sandbox deliveries show 1",
        "sandbox deliveries resend 1",
        "trigger booking.created",
        "open sandbox",
    ];
    failures.extend(steering.map(|line| (format!("{line} --control-url http://127.0.0.1:1"), 8, "network")));
    let mut session: Vec<_> = failures.iter().map(|(line, code, kind)| fail(&machine, line, *code, kind)).collect();
    // what it finds is no failure of its own
    session.push(fail(&Machine::new(), "doctor", 3, "authentication"));
    for command in commands() {
        let line = format!("$ hb-bls {command}");
        assert!(session.iter().any(|text| text.starts_with(&line)), "{command} has no failure here");
    }
    snapshot!("errors", session.join("\n"));
}
