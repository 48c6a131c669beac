//! What each command prints, as a table, as JSON, and when it fails.

use crate::{
    machine::{Machine, Portal},
    snapshot,
};

fn session(name: &str, bookings: u32, lines: &[&str]) {
    let portal = Portal::seeded(bookings);
    snapshot!(name, Machine::at(&portal).session(lines));
}

#[test]
fn account() {
    session(
        "account",
        0,
        &[
            "account balances",
            "account balances --output json",
            "account balances --output csv",
            "account transactions",
            "account transactions --output json",
            "account transactions --output jsonl",
            "account transactions --output csv",
            "account booking-url",
            "account booking-url --output json",
            "account booking-url --output csv",
        ],
    );
}

#[test]
fn courses() {
    session(
        "courses",
        0,
        &["courses list", "courses list --output json", "courses list --output jsonl", "courses list --output csv"],
    );
}

#[test]
fn slots() {
    session(
        "slots",
        0,
        &[
            "slots list --course 1 --date 2026-06-08",
            "slots list --course 1 --date 2026-06-08 --output json",
            "slots list --course 2 --date 2026-06-08 --output csv",
            "slots list --course 1 --date 2026-06-07",
            "slots list --course 1 --date 2026-06-07 --output json",
            "slots list --course 9",
            "slots list --course 9 --output json",
            "slots list",
        ],
    );
}

#[test]
fn bookings() {
    session(
        "bookings",
        7,
        &[
            "bookings list",
            "bookings list --output jsonl --course 2",
            "bookings list --status cancelled",
            "bookings list --from 2026-05-31 --to 2026-06-01 --output json",
            "bookings list --search Grace --output csv",
            "bookings list --search Nobody",
            "bookings list --search Nobody --output json",
            "bookings get 3",
            "bookings get 3 --output json",
            "bookings get 3 --output csv",
            "bookings get 99",
            "bookings get 99 --output json",
            "bookings get three",
            "bookings export --format csv",
            "bookings export --format jsonl --course 1",
        ],
    );
}

#[test]
fn webhooks() {
    session(
        "webhooks",
        0,
        &[
            "webhooks list",
            "webhooks create --name crm --url https://crm.agency.example/hooks?key=sesame --events booking.created,booking.cancelled",
            "webhooks create --name crm --url https://crm.agency.example/hooks --timeout-seconds 5 --inactive --output json",
            "webhooks list",
            "webhooks list --output json",
            "webhooks get 1",
            "webhooks get 1 --output json",
            "webhooks update 1 --events booking.created --active false",
            "webhooks update 1 --name archive --output json",
            "webhooks update 1",
            "webhooks rotate 1",
            "webhooks rotate 1 --output json",
            "webhooks test 1",
            "webhooks test 1 --output json",
            "webhooks delete 1",
            "webhooks delete 1 --output json",
            "webhooks delete 2 --output json",
            "webhooks create --name crm --url http://crm.agency.example/hooks?key=sesame",
            "webhooks get 1 --output json",
        ],
    );
}

#[test]
fn holds() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let mut session = machine.session(&["holds create --course 1 --date 2026-06-08 --time 09:00"]);
    session += &machine.session(&[
        "holds create --course 1 --date 2026-06-08 --time 10:00",
        "holds create --course 1 --date 2026-06-08 --time 10:00 --output json",
    ]);
    // a hold outlives the command that made it
    let hash = session.lines().find_map(|line| line.strip_prefix("hold hash")).unwrap().trim().to_owned();
    session += &machine.session(&[
        &format!("holds release {hash}"),
        &format!("holds release {hash}"),
        "holds create --course 1 --date 2026-06-08 --time 10:00 --output json",
        "holds create --course 1 --date 2026-06-08 --time tea",
    ]);
    let hold = machine.run("holds create --course 1 --date 2026-06-08 --time 11:00 --output json").error();
    assert_eq!(hold["kind"], "conflict");
    snapshot!("holds", session);
}
