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
            "slots list --course 1 --date 2199-06-07",
            "slots list --course 1 --date 2020-06-07",
            "slots list --course 1 --date 2020-06-07 --output json",
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
            "webhooks update 1 --events booking.created --active no",
            "webhooks update 1 --name archive --output json",
            "webhooks update 1",
            "webhooks rotate 1 --yes",
            "webhooks rotate 1 --yes --output json",
            "webhooks test 1",
            "webhooks test 1 --output json",
            "webhooks delete 1 --yes",
            "webhooks delete 1 --yes --output json",
            "webhooks delete 2 --yes --output json",
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

/// The portal does not list holds, so the command remembers its own.
#[test]
fn holds_are_listed_until_they_are_booked_or_released() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let hold = |time: &str| {
        let line = format!("holds create --course 1 --date 2026-06-08 --time {time} --output json");
        machine.run(&line).json()["hold_hash"].as_str().unwrap().to_owned()
    };
    let listed = || machine.run("holds list --output json").json();
    let first = hold("09:00");
    let list = listed();
    assert_eq!((list[0]["hold_hash"].as_str(), list[0]["slot"]["time"].as_str()), (Some(&*first), Some("09:00")));
    let session = machine.session(&["holds list", "holds list --columns date,time,course_id --output csv"]);
    snapshot!("holds-list", session);
    let of_another = machine.command(&["holds", "list"]).env("HB_BLS_CLIENT_ID", "other").output().unwrap();
    assert!(of_another.status.success() && of_another.stdout.is_empty(), "{of_another:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = machine.config().join("holds.json");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(machine.run(&format!("holds release {first}")).code, 0);
    assert_eq!(listed(), serde_json::json!([]));

    let line = "holds create --course 1 --date 2026-06-08 --time 10:00";
    let said = machine.run(line).stderr;
    let hash = listed()[0]["hold_hash"].as_str().unwrap().to_owned();
    assert!(said.contains(&format!("`hb-bls book --hold {hash}`")), "{said}");
    assert!(said.contains(&format!("`hb-bls holds release {hash}`")), "{said}");
    let candidate = "--first-name Ada --last-name Lovelace --email ada@example.com --phone +447700900123 --address Here \
        --city Leeds --postcode LS14AP --job-role Nurse --course 1 --pay-option credits --agency-contact-name Jo \
        --agency-contact-email jo@agency.example";
    assert_eq!(machine.run(&format!("book --hold {hash} {candidate}")).code, 0);
    assert_eq!(listed(), serde_json::json!([]));
    // what the portal has released is forgotten when that is noticed
    let line = "holds create --course 1 --date 2026-06-08 --time 11:00";
    assert_eq!(machine.run(line).code, 0);
    let hash = listed()[0]["hold_hash"].as_str().unwrap().to_owned();
    portal.run(async |sandbox| sandbox.advance(std::time::Duration::from_secs(31 * 60)).await);
    assert_eq!(machine.run(&format!("holds release {hash}")).code, 4);
    assert_eq!(listed(), serde_json::json!([]));
}

#[test]
fn columns_are_chosen_by_name() {
    let portal = Portal::seeded(3);
    let machine = Machine::at(&portal);
    let session = machine.session(&[
        "bookings list --columns id,candidate_phone,start",
        "bookings list --columns start_date,ID --output csv",
        "bookings list --columns id,surname",
        "bookings list --columns id --output json",
        "courses list --columns name,minutes",
        "slots list --course 1 --date 2026-06-08 --columns time",
        "webhooks list --columns id,secret",
        "account transactions --columns amount,wallet --output csv",
    ]);
    snapshot!("columns", session);
}

#[test]
fn bookings_are_sorted_filtered_and_limited() {
    let portal = Portal::seeded(9);
    let machine = Machine::at(&portal);
    let list = |more: &str| machine.run(&format!("bookings list --output json {more}")).json();
    let field = |list: &serde_json::Value, name: &str| {
        list.as_array().unwrap().iter().map(|booking| booking[name].to_string()).collect::<Vec<_>>()
    };
    let starts = field(&list("--sort start"), "start_date");
    assert!(starts.len() == 9 && starts.is_sorted(), "{starts:?}");
    let latest = field(&list("--sort latest-start --limit 3"), "start_date");
    assert_eq!(latest, starts.iter().rev().take(3).cloned().collect::<Vec<_>>());
    // a table is in the order of the trainings, too
    let table = machine.run("bookings list").stdout;
    let ids: Vec<_> = table.lines().skip(1).map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    assert_eq!(ids, field(&list("--sort start"), "id"), "{table}");
    for (filter, name, value) in [
        ("--training no_show", "training_status", "\"no_show\""),
        ("--training Completed", "training_status", "\"completed\""),
        ("--certificate yes", "certificate_available", "true"),
        ("--status CANCELLED", "booking_status", "\"cancelled\""),
    ] {
        let values = field(&list(filter), name);
        assert!(!values.is_empty() && values.iter().all(|found| found == value), "{filter}: {values:?}");
    }
    let nothing = machine.run("bookings list --from 1/1/2031 --to 2031-01-02");
    assert!(nothing.stderr.contains("no bookings match"), "{}", nothing.stderr);
    // a week is a range, and no day to book
    let weeks = ["bookings", "list", "--from", "last week", "--to", "next week", "--output", "json"];
    assert_eq!(machine.run_args(&weeks).code, 0);
    let held = machine.run_args(&["holds", "create", "--course", "1", "--date", "next week", "--time", "09:00"]);
    assert!(held.code == 2 && held.stderr.contains("is more than one day"), "{}", held.stderr);
    for (wrong, why) in [
        ("--status canceled", "must be booked, pending or cancelled"),
        ("--equipment lost-it", "must be in, out or late"),
        ("--certificate perhaps", "must be yes or no"),
        ("--from 2026-06-09 --to 2026-06-08", "--from Tue 9 Jun 2026 is after --to Mon 8 Jun 2026"),
    ] {
        let run = machine.run(&format!("bookings list {wrong}"));
        assert!(run.code == 2 && run.stderr.contains(why), "{wrong}: {}", run.stderr);
    }
}

#[test]
fn what_cannot_be_undone_is_not_done_without_a_word() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    assert_eq!(machine.run("webhooks create --name crm --url https://crm.example/").code, 0);
    for line in ["webhooks delete 1", "webhooks rotate 1"] {
        let run = machine.run(line);
        assert!(run.code == 2 && run.stderr.contains("--yes"), "{}", run.stderr);
        assert!(run.stderr.contains("webhook 1 (crm, https://crm.example/)? "), "{}", run.stderr);
    }
    assert_eq!(machine.run("webhooks get 1").code, 0);
    assert_eq!(machine.run("webhooks delete 99").code, 4, "what is not there is not asked about");
    #[cfg(unix)]
    {
        const QUESTION: &str = "Delete webhook 1 (crm, https://crm.example/)? This cannot be undone. [y/N]";
        let command = machine.command(&["webhooks", "delete", "1"]);
        let (seen, status) = crate::built::talk(&command, 80, &[(QUESTION, "n")]);
        assert!(status.code() == Some(1) && seen.contains("nothing was deleted"), "{seen}");
        let (seen, status) = crate::built::talk(&command, 80, &[(QUESTION, "y")]);
        assert!(status.success(), "{seen}");
        assert_eq!(machine.run("webhooks get 1").code, 4);
    }
}

/// A read changes nothing, and nothing is sent where nobody listens.
#[test]
fn a_portal_that_is_not_there_is_named_as_the_cause() {
    let machine = Machine::at_url("http://127.0.0.1:9/api/v1");
    for line in ["bookings list", "auth status", "account balances"] {
        let run = machine.run(line);
        assert_eq!(run.code, 8, "{}", run.stderr);
        assert!(run.stderr.contains("cannot reach 127.0.0.1:9: connection refused\n"), "{}", run.stderr);
        assert!(!run.stderr.contains("may have been") && !run.stderr.contains("do not work"), "{}", run.stderr);
        let run = machine.run(&format!("{line} --verbose"));
        assert!(run.stderr.contains("* POST /auth/token: no complete response error.type="), "{}", run.stderr);
        assert!(run.stderr.contains("os error 111"), "{}", run.stderr);
        // nothing listens at the proxy of the tests, which what is elsewhere would go through
        let run = machine.run(&format!("{line} --base-url https://bls.example/api/v1"));
        assert!(run.stderr.contains("cannot reach bls.example: connection refused\n"), "{}", run.stderr);
        assert!(run.stderr.contains("the proxy that ALL_PROXY names"), "{}", run.stderr);
    }
}

/// What is printed is in the format that is asked for, or nothing is.
#[test]
fn an_export_does_not_contradict_the_format_of_the_output() {
    let portal = Portal::seeded(1);
    let machine = Machine::at(&portal);
    let asked = || portal.count("GET", "/api/v1/bookings");
    for (format, output) in [("csv", "json"), ("csv", "jsonl"), ("jsonl", "csv"), ("ics", "json")] {
        let run = machine.run(&format!("bookings export --format {format} --output {output}"));
        assert_eq!((run.code, asked()), (2, 0), "{}", run.stdout);
        for part in [format!("--format {format} contradicts --output {output}"), format!("leave out --output {output}")]
        {
            assert!(run.stderr.contains(&part), "{}", run.stderr);
        }
    }
    for line in ["--format csv --output csv", "--format jsonl --output json", "--out here.csv --output json"] {
        assert_eq!(machine.run(&format!("bookings export {line}")).code, 0, "{line}");
    }
}

/// A name that is misspelt would never be sent, and nobody would notice.
#[test]
fn an_unknown_event_is_refused_with_those_that_are_known() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    for line in [
        "webhooks create --name crm --url https://crm.agency.example/ --events booking.created,foo",
        "webhooks update 1 --events foo",
        "listen --events foo",
    ] {
        let run = machine.run(line);
        assert_eq!(run.code, 2, "{}", run.stderr);
        let known = "must be booking.created, booking.confirmed";
        assert!(run.stderr.contains("'foo'") && run.stderr.contains(known), "{}", run.stderr);
    }
    assert_eq!(portal.count("POST", "/api/v1/webhooks"), 0);
}

#[test]
fn bookings_are_exported_for_spreadsheets_and_calendars() {
    let portal = Portal::seeded(3);
    let machine = Machine::at(&portal);
    let read = |name: &str| std::fs::read(machine.home.path().join(name)).unwrap();
    let plain = machine.run("bookings export --format csv").stdout;
    for line in [
        "bookings export --out all.csv",
        "bookings export --out marked.csv --excel",
        "bookings export --out all.xlsx",
        "bookings export --out all.jsonl",
    ] {
        let run = machine.run(line);
        assert!(run.code == 0 && run.stderr.contains("3 bookings written to"), "{}", run.stderr);
    }
    assert_eq!(read("all.csv"), plain.as_bytes());
    assert_eq!(read("marked.csv"), format!("\u{feff}{plain}").as_bytes());
    assert!(read("all.xlsx").starts_with(b"PK"));
    assert_eq!(machine.run("bookings export --output jsonl").stdout.as_bytes(), read("all.jsonl"));
    let calendar = machine.run("bookings export --format ics --status booked").stdout;
    assert!(!calendar.contains("zoom"), "{calendar}");
    let link = machine.run("bookings export --format ics --with-links").stdout;
    assert!(link.contains("LOCATION:https://zoom.example/") && link.contains("STATUS:CANCELLED"), "{link}");
    snapshot!(
        "commands",
        "calendar-ics",
        calendar.replace('\r', ""),
        [(r"(?m)^DTSTAMP:\d{8}T\d{6}Z$", "DTSTAMP:NOW"), (r"(?m)^SEQUENCE:[1-9]\d+$", "SEQUENCE:NOW")]
    );
    for (line, why) in [
        ("bookings export", "the format is missing"),
        ("bookings export --format xlsx", "name a file with --out"),
        ("bookings export --format csv --out no.ics", "--format csv contradicts the end of no.ics"),
        ("bookings export --excel --out no.ics", "--excel is for csv, and the format is ics"),
        ("bookings export --with-links --format csv", "--with-links is for ics, and the format is csv"),
    ] {
        let run = machine.run(line);
        assert!(run.code == 2 && run.stderr.contains(why), "{}", run.stderr);
    }
    assert!(!machine.home.path().join("no.ics").exists());
}

/// However they are printed; the portal lists the newest first.
#[test]
fn bookings_are_in_the_order_of_time() {
    let portal = Portal::seeded(9);
    let machine = Machine::at(&portal);
    assert_eq!(machine.run(&format!("{} --earliest", crate::book::single::ADA)).code, 0);
    let bookings = machine.run("bookings list -o json").json();
    let starts: Vec<_> = bookings.as_array().unwrap().iter().map(|booking| booking["start_date"].to_string()).collect();
    assert!(starts.len() == 10 && starts.is_sorted(), "{starts:?}");
    let ids: Vec<_> = bookings.as_array().unwrap().iter().map(|booking| booking["id"].to_string()).collect();
    for (line, mark) in [("bookings list -o jsonl", "{\"id\":"), ("bookings list -o csv --columns id", "")] {
        let printed = machine.run(line).stdout;
        let lines: Vec<_> = printed.lines().filter_map(|line| line.strip_prefix(mark)).collect();
        let lines = lines.iter().filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
        let printed: Vec<_> = lines.map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(printed, ids, "{line}");
    }
    assert_ne!(machine.run("bookings list -o json --sort portal").json(), bookings);
}

/// Without an account, too: nothing is asked of the portal.
#[test]
fn what_the_api_cannot_do_is_said() {
    let machine = Machine::new();
    for (line, what) in [
        ("bookings cancel 5", "the API cannot cancel a booking"),
        ("bookings move 5 9/6/2026 10:00", "the API cannot move a booking"),
        ("bookings reschedule 5 --date 9/6/2026", "the API cannot move a booking"),
    ] {
        let run = machine.run(line);
        assert!(run.code == 2 && run.stderr.contains(what), "{line}: {}", run.stderr);
        assert!(run.stderr.contains("ask Healthier Business"), "{line}: {}", run.stderr);
    }
}

#[test]
fn common_options_have_short_forms() {
    let portal = Portal::seeded(3);
    let machine = Machine::at(&portal);
    let long = machine.run("bookings list --output jsonl").stdout;
    for line in ["bookings ls -o jsonl", "bookings list -ojsonl", "bookings list -qo jsonl"] {
        assert_eq!(machine.run(line).stdout, long, "{line}");
    }
    assert_eq!(
        machine.run("courses list -v").stderr.lines().count(),
        machine.run("courses list --verbose").stderr.lines().count()
    );
    assert_eq!(machine.run("bookings get 99 -o json").error()["kind"], "not_found");
}
