//! The Monday of the person who books: forty nurses in a workbook, with mistakes, for which the credits do not suffice.

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
};

use hb_bls_sandbox::{AccountPatch, Fault};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::Value;

use crate::{
    bulk::support::Bulk,
    machine::{Machine, Run},
    snapshot,
};

const CANDIDATES: usize = 40;
const HEADINGS: [&str; 11] = [
    "Staff no",
    "First name",
    "Surname",
    "E-mail",
    "Mobile",
    "Address",
    "Town",
    "Post code",
    "NHS job title",
    "Date",
    "Time",
];

fn row(number: usize) -> [String; 11] {
    [
        format!("{number:04}"),
        format!("Name{number}"),
        "Quill".into(),
        format!("quill.{number}@example.com"),
        format!("07700 9{number:05}"),
        format!("{number} Harbour Street"),
        "Porthaven".into(),
        "PH1 2AB".into(),
        "Nurse".into(),
        "earliest".into(),
        String::new(),
    ]
}

/// What is wrong in the first version: row, column, and what stands there.
const MISTAKES: [(usize, usize, &str); 6] = [
    (3, 4, "4.4770E+11"),
    (7, 7, "12345"),
    (12, 9, "30/02/2026"),
    (15, 3, "quill.15@gmial.com"),
    // the same person as in the row before
    (22, 3, "quill.21@example.com"),
    (30, 10, "9 o'clock-ish"),
];

/// Writes the workbook, as Excel does: two rows have a date and a time of its own kind.
fn write(bulk: &Bulk, mistakes: &[(usize, usize, &str)]) {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, heading) in (0..).zip(HEADINGS) {
        sheet.write(0, column, heading).unwrap();
    }
    for number in 1..=CANDIDATES {
        let line = u32::try_from(number).unwrap();
        for (column, text) in (0..).zip(row(number)) {
            sheet.write(line, column, text).unwrap();
        }
        if number > CANDIDATES - 2 {
            let day = ExcelDateTime::from_ymd(2026, 6, 24).unwrap();
            let hour = ExcelDateTime::from_hms(u16::try_from(number - 30).unwrap(), 0, 0).unwrap();
            sheet.write_with_format(line, 9, &day, &Format::new().set_num_format("dd/mm/yyyy")).unwrap();
            sheet.write_with_format(line, 10, &hour, &Format::new().set_num_format("hh:mm")).unwrap();
        }
    }
    for (number, column, text) in mistakes {
        sheet.write(u32::try_from(*number).unwrap(), u16::try_from(*column).unwrap(), *text).unwrap();
    }
    workbook.save(bulk.path("monday.xlsx")).unwrap();
}

fn credits(bulk: &Bulk, credits: i64) {
    let patch = AccountPatch { credits: BTreeMap::from([(1, credits)]), ..AccountPatch::default() };
    bulk.portal.run(async |sandbox| sandbox.set_account(patch).await);
}

/// A run of a command with arguments that may contain spaces.
fn run(machine: &Machine, args: &[&str]) -> Run {
    machine.run_args(args)
}

const BOOK: [&str; 4] = ["book", "--from", "monday.xlsx", "--yes"];

#[test]
fn forty_nurses_are_booked_on_a_monday() {
    let bulk = Bulk::new(0);
    let machine = &bulk.machine;
    for (key, value) in [
        ("course", "1"),
        ("pay-option", "credits"),
        ("agency-contact-name", "Jo Harbour"),
        ("agency-contact-email", "jo@agency.example"),
    ] {
        assert_eq!(run(machine, &["config", "set", key, value]).code, 0);
    }

    // six mistakes, of which all are told at once, with the row and what to do
    write(&bulk, &MISTAKES);
    let check = run(machine, &["book", "--from", "monday.xlsx", "--check", "--output", "json"]);
    assert_eq!(check.code, 2, "{}", check.stderr);
    let found: Value = serde_json::from_str(&check.stdout).unwrap();
    let told = found["findings"].as_array().unwrap().iter();
    let told = told
        .map(|it| format!("{} {}: {}", it["line"], it["column"].as_str().unwrap(), it["problem"].as_str().unwrap()));
    // the headings are line 1
    snapshot!("monday-check", told.collect::<Vec<_>>().join("\n"));
    assert!(bulk.bookings().is_empty());

    // corrected in the same file; there are credits for thirty, which is told before anybody is booked
    write(&bulk, &[]);
    credits(&bulk, 30);
    let short = run(machine, &BOOK);
    assert_eq!(short.code, 6, "{}", short.stderr);
    assert!(short.stderr.contains("40 credits needed, 30 available (10 short)"), "{}", short.stderr);
    assert!(bulk.bookings().is_empty());

    // Ctrl-C after some ten
    bulk.portal.inject(Fault::latency("createBooking", 100).times(40));
    let mut command = machine.command(&[&BOOK[..], &["--partial"]].concat());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while bulk.portal.count("POST", "/api/v1/bookings") < 10 {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{errors}");
    bulk.portal.run(async |sandbox| sandbox.clear_faults().await);
    let booked = bulk.bookings().len();
    assert!((10..30).contains(&booked));
    let told = format!("stopped: {booked} of 40 candidates booked, 0 rejected, {} left", CANDIDATES - booked);
    assert!(errors.contains(&told), "{told}: {errors}");

    // the same command goes on, until the credits are used up
    let rest = run(machine, &[&BOOK[..], &["--partial", "--failed", "left.xlsx"]].concat());
    assert_eq!(rest.code, 6, "{}", rest.stderr);
    assert_eq!(bulk.bookings().len(), 30);

    // more credits; who was left comes from the file of those who were not booked
    credits(&bulk, 20);
    let left = run(machine, &["book", "--from", "left.xlsx", "--yes"]);
    assert_eq!(left.code, 0, "{}", left.stderr);
    bulk.assert_all_booked_once(CANDIDATES);
    // the first file does not know of them, and the portal does
    let again = run(machine, &BOOK);
    assert_eq!(again.code, 6, "{}", again.stderr);
    let count = again.stderr.lines().filter(|line| line.contains(" is booked already: booking ")).count();
    assert_eq!(count, CANDIDATES - 30, "{}", again.stderr);
    assert!(again.stderr.contains("error: 10 candidates are booked already; nothing was booked"), "{}", again.stderr);
    bulk.assert_all_booked_once(CANDIDATES);

    let calendar = run(machine, &["bookings", "export", "--from", "8/6/2026", "--format", "ics"]);
    assert_eq!(calendar.code, 0, "{}", calendar.stderr);
    assert_eq!(calendar.stdout.matches("BEGIN:VEVENT").count(), CANDIDATES);
    let timed = bulk
        .bookings()
        .into_iter()
        .filter(|it| it.start_date.as_ref().is_some_and(|it| it.to_string().contains("2026-06-24")));
    assert_eq!(timed.count(), 2, "those who had a date in the workbook");

    // they are trained, and the kits come back
    for booking in bulk.bookings() {
        bulk.portal.run(async |sandbox| sandbox.complete(booking.id.get()).await);
        bulk.portal.run(async |sandbox| sandbox.return_kit(booking.id.get()).await);
    }
    let saved = run(machine, &["certificates", "download", "--all-available", "--dir", "certificates"]);
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    assert_eq!(std::fs::read_dir(bulk.path("certificates")).unwrap().count(), CANDIDATES);
}
