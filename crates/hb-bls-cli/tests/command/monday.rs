//! A Monday of somebody who books: forty starters in a workbook, from the first check to the certificates.

use std::{collections::BTreeMap, process::Command, time::Duration};

use calamine::{Data, Reader as _};
use hb_bls::Booking;
use hb_bls_sandbox::AccountPatch;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

use crate::{
    built,
    bulk::support::{Bulk, email},
    machine::Run,
};

const STARTERS: usize = 40;
const CREDITS: i64 = 36;
/// As people name them, below a title and an empty line.
const HEADER: [&str; 15] = [
    "Staff No",
    "First Name",
    "Surname",
    "E-mail Address",
    "Mobile",
    "Address Line 1",
    "Town/City",
    "Post Code",
    "NHS Job Title",
    "Course No",
    "Preferred Date",
    "Start Time",
    "Pay by",
    "Consultant",
    "Consultant Email",
];
/// The row of the first candidate, counted from 0.
const FIRST: u32 = 3;

/// What is wrong in the file at first, and how the check tells it.
const ERRORS: [(usize, &str, &str); 6] = [
    (3, "email", "is not an email address"),
    (8, "phone", "was rounded by a spreadsheet"),
    (12, "date", "does not exist: there is no 30 February 2026"),
    (17, "postcode", "is not a UK postcode"),
    (23, "last_name", "is missing"),
    (31, "email", "the same candidate and training as line"),
];

/// The line of a starter, as the spreadsheet program shows it.
fn line(number: usize) -> usize {
    number + FIRST as usize
}

/// Every other starter has a wish; the others take what is first.
fn wish(number: usize) -> Option<(u8, u8)> {
    let nth = u8::try_from(number / 2).unwrap();
    (number % 2 == 0).then(|| (8 + (nth - 1) / 8, 9 + (nth - 1) % 8))
}

fn write(bulk: &Bulk, errors: &[(usize, &str, &str)]) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "Starters, week 24").unwrap();
    for (column, name) in (0..).zip(HEADER) {
        sheet.write(FIRST - 1, column, name).unwrap();
    }
    for number in 1..=STARTERS {
        let wrong = errors.iter().find(|(wrong, ..)| *wrong == number).map(|(_, column, _)| *column);
        starter(sheet, number, wrong);
    }
    book.save(bulk.path("starters.xlsx")).unwrap();
}

/// A row with the types that Excel gives to what is typed: numbers, dates, times and text.
fn starter(sheet: &mut Worksheet, number: usize, wrong: Option<&str>) {
    let row = FIRST + u32::try_from(number).unwrap() - 1;
    // the copied row of the neighbour has everything of it
    let copied = wrong == Some("email") && number == 31;
    let number = if copied { 30 } else { number };
    let mut text = |column: u16, text: &str| {
        sheet.write(row, column, text).unwrap();
    };
    text(1, &format!("Name{number}"));
    text(2, if wrong == Some("last_name") { "" } else { "Quill" });
    text(3, &if wrong == Some("email") && !copied { "quill.3 at example.com".to_owned() } else { email(number) });
    text(5, &format!("{number} Harbour Street"));
    text(6, "Porthaven");
    text(7, if wrong == Some("postcode") { "12345" } else { "ph1 2ab" });
    text(8, "Nurse");
    text(12, "Credits");
    text(13, "Jo Harbour");
    text(14, "jo@agency.example");
    sheet.write(row, 0, u32::try_from(number).unwrap() + 4700).unwrap();
    sheet.write(row, 9, 1).unwrap();
    match wrong {
        Some("phone") => sheet.write(row, 4, "4.4770E+11").unwrap(),
        // Excel takes the 0 away
        _ => sheet.write(row, 4, 7_700_900_000.0 + f64::from(u32::try_from(number).unwrap())).unwrap(),
    };
    match wish(number) {
        _ if wrong == Some("date") => drop(sheet.write(row, 10, "30/02/2026").unwrap()),
        None => drop(sheet.write(row, 10, "earliest").unwrap()),
        Some((day, _)) => {
            let day = ExcelDateTime::from_ymd(2026, 6, day).unwrap();
            sheet.write_datetime_with_format(row, 10, &day, &Format::new().set_num_format("dd/mm/yyyy")).unwrap();
        }
    }
    if let Some((_, hour)) = wish(number) {
        let time = ExcelDateTime::from_hms(u16::from(hour), 0, 0.0).unwrap();
        sheet.write_datetime_with_format(row, 11, &time, &Format::new().set_num_format("hh:mm")).unwrap();
    }
}

/// Pays for everybody in a file of rows that were not booked from the balance. Gives the number of rows.
fn pay_from_balance(bulk: &Bulk, file: &str) -> usize {
    let mut book = calamine::open_workbook_auto(bulk.path(file)).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let column = range.rows().next().unwrap().iter().position(|name| name.to_string() == "Pay by").unwrap();
    let mut mended = Workbook::new();
    let sheet = mended.add_worksheet();
    for (row, cells) in (0..).zip(range.rows()) {
        for (at, cell) in cells.iter().enumerate() {
            let text = if row > 0 && at == column { "Balance".to_owned() } else { cell.to_string() };
            if *cell != Data::Empty {
                sheet.write(row, u16::try_from(at).unwrap(), text).unwrap();
            }
        }
    }
    mended.save(bulk.path(file)).unwrap();
    range.height() - 1
}

/// What the portal has, asked in a minute of its own: who shares the rate limit with others goes slowly.
fn bookings(bulk: &Bulk) -> Vec<Booking> {
    a_minute_later(bulk);
    let bookings = bulk.bookings();
    a_minute_later(bulk);
    bookings
}

/// A minute later, by the portal's clock, and with a command that has forgotten what it sent before.
fn a_minute_later(bulk: &Bulk) {
    bulk.portal.run(async |sandbox| sandbox.advance(Duration::from_secs(61)).await);
    let state = bulk.machine.config().join("state");
    if state.exists() {
        std::fs::remove_dir_all(state).unwrap();
    }
}

fn set_credits(bulk: &Bulk, credits: i64) {
    let patch = AccountPatch { credits: BTreeMap::from([(1, credits)]), ..AccountPatch::default() };
    bulk.portal.run(async |sandbox| sandbox.set_account(patch).await);
}

fn contains(run: &Run, part: &str) {
    assert!(run.stdout.contains(part) || run.stderr.contains(part), "{part}: {}", run.transcript());
}

#[test]
fn forty_starters_from_the_check_to_the_certificates() {
    const BOOK: &str = "book --from starters.xlsx --partial --failed left.xlsx";
    let bulk = Bulk::with(0, |builder| builder);
    set_credits(&bulk, CREDITS);

    // all that is wrong is told at once
    write(&bulk, &ERRORS);
    let check = bulk.machine.run("book --from starters.xlsx --check --output json");
    assert_eq!(check.code, 2, "{}", check.transcript());
    let told: serde_json::Value = serde_json::from_str(&check.stdout).unwrap();
    let findings = told["findings"].as_array().unwrap();
    for (number, column, problem) in ERRORS {
        let is_told = |finding: &serde_json::Value| {
            finding["line"] == line(number)
                && finding["column"] == column
                && finding["problem"].as_str().unwrap().starts_with(problem)
        };
        assert!(findings.iter().any(is_told), "{number} {problem}: {}", check.stdout);
    }
    let sums = ["rows", "errors", "warnings"].map(|name| told[name].as_u64().unwrap());
    assert_eq!(sums, [34, 6, 0], "{}", check.stdout);
    assert_eq!(bulk.machine.run(BOOK).code, 2, "it is not booked as it is");
    assert!(bulk.bookings().is_empty());

    // corrected in the same file
    write(&bulk, &[]);
    let check = bulk.machine.run("book --from starters.xlsx --check");
    assert_eq!(check.code, 0, "{}", check.transcript());
    contains(&check, "40 credits needed, 36 available (4 short)");
    contains(&check, "40 candidates without errors, 0 errors, 0 warnings; nothing was booked");

    // Ctrl-C while the rate limit is waited for
    a_minute_later(&bulk);
    let command = bulk.machine.command(&BOOK.split(' ').collect::<Vec<_>>());
    let (terminal, mut child) = built::on_terminal(&command, 120);
    let mut seen = built::until(&terminal, "Book 40 candidates? [y/N]");
    std::io::Write::write_all(&mut &terminal, b"y\r").unwrap();
    seen += &built::until_seen(&terminal, "rate limit reached, continuing in ");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    seen += &built::rest(&terminal);
    assert_eq!(child.wait().unwrap().code(), Some(130), "{seen}");
    let before = bookings(&bulk).len();
    assert!((20..30).contains(&before), "{before} in the first minute: {seen}");

    // the same command goes on, until the credits run out
    let run = bulk.machine.run(&format!("{BOOK} --yes"));
    assert_eq!(run.code, 6, "{}", run.transcript());
    contains(&run, "36 of 40 candidates booked, 4 rejected, 0 left");
    contains(&run, "There are not enough credits");
    // each wish is kept, whoever else took what was first
    let booked = bookings(&bulk);
    for number in (1..=STARTERS).filter(|number| wish(*number).is_some()) {
        let (day, hour) = wish(number).unwrap();
        let booking = booked.iter().find(|booking| booking.candidate.as_ref().unwrap().email == Some(email(number)));
        let start = booking.unwrap_or_else(|| panic!("starter {number} is not booked")).start_date.as_ref().unwrap();
        assert!(start.to_string().starts_with(&format!("2026-06-{day:02}T{hour:02}:00")), "{number}: {start}");
    }

    // who is left is mended and fed back
    assert_eq!(pay_from_balance(&bulk, "left.xlsx"), STARTERS - usize::try_from(CREDITS).unwrap());
    let run = bulk.machine.run("book --from left.xlsx --yes");
    assert_eq!(run.code, 0, "{}", run.transcript());
    a_minute_later(&bulk);
    bulk.assert_all_booked_once(STARTERS);

    // Tuesday, with new credits: the old file still has the four, and says that they are booked
    a_minute_later(&bulk);
    set_credits(&bulk, 10);
    let (seen, status) = built::talk(&command, 200, &[("Book 4 candidates? [y/N]", "n")]);
    assert_eq!(status.code(), Some(1), "{seen}");
    assert_eq!(seen.matches("is booked already: booking ").count(), 4, "{seen}");
    a_minute_later(&bulk);
    bulk.assert_all_booked_once(STARTERS);

    a_minute_later(&bulk);
    let calendar = bulk.machine.run("bookings export --format ics");
    assert_eq!(calendar.code, 0, "{}", calendar.stderr);
    assert_eq!(calendar.stdout.matches("BEGIN:VEVENT\r\n").count(), STARTERS, "{}", calendar.stdout);
    for number in 1..=STARTERS {
        assert!(calendar.stdout.contains(&format!("Name{number} Quill")), "{}", calendar.stdout);
    }

    // two weeks later all have come and sent back their kits, so there is a certificate for each
    bulk.portal.run(async |sandbox| {
        sandbox.advance(14 * 24 * Duration::from_secs(3600)).await?;
        for booking in 1..=i64::try_from(STARTERS).unwrap() {
            sandbox.complete(booking).await?;
            sandbox.return_kit(booking).await?;
        }
        Ok(())
    });
    a_minute_later(&bulk);
    let saved = bulk.machine.run("certificates download --all-available --dir certificates");
    assert_eq!(saved.code, 0, "{}", saved.transcript());
    assert_eq!(std::fs::read_dir(bulk.path("certificates")).unwrap().count(), STARTERS);
}
