//! The Monday of whoever books for an agency: forty starters in a workbook, with what is wrong in such files.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use futures::TryStreamExt as _;
use hb_bls::Booking;
use hb_bls_sandbox::AccountPatch;

use crate::{
    built,
    machine::{Machine, Portal, Run},
    sheets,
};

const STARTERS: usize = 40;
const HEADER: [&str; 10] =
    ["First name", "Surname", "Email", "Mobile", "Address", "Town", "Postcode", "NHS job title", "Date", "Time"];
const FLAGS: &str = "--course 1 --pay-option credits --agency-contact-name Jo --agency-contact-email jo@agency.example";
/// What is wrong, in which row and column, and the level and the field of what is said about it.
const WRONG: [(usize, &str, &str, &str); 6] = [
    (3, "Email", "starter3.example.com", "email"),
    (9, "Mobile", "4.4770E+11", "phone"),
    (14, "Postcode", "12345", "postcode"),
    (21, "Date", "30/02/2026", "date"),
    (28, "Time", "9", "time"),
    (35, "NHS job title", "", "job_role"),
];
/// The row that only the portal refuses.
const REFUSED: usize = 17;

fn column(name: &str) -> usize {
    HEADER.iter().position(|other| *other == name).unwrap()
}

/// Most of them want the earliest timeslot, and two a certain one.
fn starters() -> Vec<Vec<String>> {
    let starter = |number: usize| {
        let (date, time) = match number {
            21 => ("15/06/2026", "10:00"),
            28 => ("16/06/2026", "9am"),
            _ => ("earliest", ""),
        };
        let (email, mobile) = (format!("starter{number}@example.com"), format!("07700 9{number:05}"));
        let texts =
            ["Ada", &format!("Quill{number}"), &email, &mobile, "4, Harbour Street", "Leeds", "LS1 4AP", "Nurse"];
        texts.into_iter().chain([date, time]).map(str::to_owned).collect()
    };
    let mut rows = vec![HEADER.map(str::to_owned).to_vec()];
    rows.extend((1..=STARTERS).map(starter));
    rows[REFUSED][column("NHS job title")] = "Nurse ".repeat(60);
    rows
}

struct Monday {
    portal: Portal,
    home: tempfile::TempDir,
    runs: usize,
}

impl Monday {
    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A minute later. The clock of the portal stands still meanwhile, and that of the command does not go with it, so it must
    /// know nothing of the requests before.
    fn later(&mut self) -> Machine {
        self.portal.run(async |sandbox| sandbox.advance(Duration::from_secs(61)).await);
        self.runs += 1;
        let folder = self.path(&format!("config{}", self.runs));
        Machine::at(&self.portal).with("HB_BLS_CONFIG_DIR", folder.to_str().unwrap())
    }

    fn command(&mut self, line: &str) -> Command {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        let mut command = self.later().command(&words);
        command.current_dir(self.home.path());
        command
    }

    fn run(&mut self, line: &str) -> Run {
        let output = self.command(line).output().unwrap();
        Run::of(line, &output)
    }

    fn bookings(&self) -> Vec<Booking> {
        self.portal.run(async |sandbox| sandbox.advance(Duration::from_secs(61)).await);
        self.portal.wait(self.portal.client().bookings().list().per_page(100).items().try_collect()).unwrap()
    }
}

/// The texts of a file that is there.
fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn forty_starters_are_booked_however_it_goes() {
    let portal = Portal::start();
    let credits = AccountPatch::default().credits([(1, 50)]);
    portal.run(async |sandbox| sandbox.set_account(credits).await);
    let mut monday = Monday { portal, home: tempfile::tempdir().unwrap(), runs: 0 };
    let file = monday.path("starters.xlsx");

    // as it comes: every error is told at once, with its line
    let mut wrong = starters();
    for (row, name, value, _) in WRONG {
        wrong[row][column(name)] = value.to_owned();
    }
    sheets::write(&file, &wrong);
    let check = monday.run(&format!("book --from starters.xlsx {FLAGS} --check -o json"));
    assert_eq!(check.code, 2, "{}", check.stderr);
    let found: serde_json::Value = serde_json::from_str(&check.stdout).unwrap();
    let found: Vec<_> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            (finding["line"].as_u64().unwrap(), finding["level"].as_str().unwrap(), finding["column"].as_str().unwrap())
        })
        .collect();
    let told: Vec<_> = WRONG.iter().map(|(row, _, _, field)| (*row as u64 + 1, "error", *field)).collect();
    assert_eq!(found, told);
    let refused = monday.run(&format!("book --from starters.xlsx {FLAGS} --yes"));
    assert_eq!((refused.code, monday.bookings().len()), (2, 0), "{}", refused.stderr);

    // corrected in the same file
    sheets::write(&file, &starters());
    let check = monday.run(&format!("book --from starters.xlsx {FLAGS} --check"));
    assert_eq!(check.code, 0, "{}", check.stderr);
    assert!(check.stderr.contains("Basic Life Support: 40 credits needed, 50 available"), "{}", check.stderr);

    // booked at the quota, and stopped while it waits
    let line = format!("book --from starters.xlsx {FLAGS} --failed left.xlsx --yes");
    let (terminal, mut child) = built::on_terminal(&monday.command(&line), 120);
    let mut seen = built::until_seen(&terminal, "rate limit reached, continuing in ");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    seen += &built::rest(&terminal);
    assert_eq!(child.wait().unwrap().code(), Some(130), "{seen}");
    let before = monday.bookings().len();
    assert!((20..STARTERS - 1).contains(&before), "{before} booked: {seen}");
    assert!(seen.contains("run the same command again to continue"), "{seen}");

    // the same command goes on, and the row that the portal refuses is left
    let rest = monday.run(&line);
    assert_eq!(rest.code, 6, "{}", rest.stderr);
    assert!(rest.stderr.contains("39 of 40 candidates booked, 1 rejected, 0 left"), "{}", rest.stderr);
    let mut left = sheets::read(&monday.path("left.xlsx"));
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(left[1][column("Email")], format!("starter{REFUSED}@example.com"));
    assert!(left[1].last().unwrap().contains("must not be greater than 255 characters"), "{left:?}");

    // corrected there, and fed back
    left[1][column("NHS job title")] = "Nurse".to_owned();
    sheets::write(&monday.path("left.xlsx"), &left);
    let fed_back = monday.run(&format!("book --from left.xlsx {FLAGS} --yes"));
    assert_eq!(fed_back.code, 0, "{}", fed_back.stderr);
    let bookings = monday.bookings();
    let emails = bookings.iter().map(|booking| booking.candidate.as_ref().unwrap().email.clone().unwrap());
    assert_eq!((emails.collect::<BTreeSet<_>>().len(), bookings.len()), (STARTERS, STARTERS));
    let starts: BTreeSet<_> = bookings.iter().map(|booking| booking.start_date.clone().unwrap().to_string()).collect();
    assert_eq!(starts.len(), STARTERS, "nobody shares a timeslot");
    for wanted in ["2026-06-15T10:00:00+01:00", "2026-06-16T09:00:00+01:00"] {
        assert!(starts.iter().any(|start| start.starts_with(wanted)), "{starts:?}");
    }

    // the calendar, and the certificates of the first two, which the agenda reminds of
    let export = monday.run("bookings export --format ics --out trainings.ics");
    assert_eq!(export.code, 0, "{}", export.stderr);
    assert_eq!(text(&monday.path("trainings.ics")).matches("BEGIN:VEVENT").count(), STARTERS);
    for id in [1, 2] {
        monday.portal.run(async |sandbox| sandbox.complete(id).await);
        monday.portal.run(async |sandbox| sandbox.return_kit(id).await);
    }
    let agenda = "agenda --from 8/6/2026 --certificates certificates --exit-status -o json";
    let about = |run: &Run, what: &str| run.stdout.matches(&format!(r#""about":"{what}""#)).count();
    let before = monday.run(agenda);
    assert_eq!((before.code, about(&before, "certificate")), (10, 2), "{}", before.stderr);
    let saved = monday.run("certificates download --all-available --dir certificates -o json");
    assert_eq!(saved.code, 0, "{}", saved.stderr);
    for file in std::fs::read_dir(monday.path("certificates")).unwrap().map(Result::unwrap) {
        assert!(std::fs::read(file.path()).unwrap().starts_with(b"%PDF-"), "{:?}", file.path());
    }
    assert_eq!(std::fs::read_dir(monday.path("certificates")).unwrap().count(), 2);
    let after = monday.run(agenda);
    assert_eq!((after.code, about(&after, "certificate")), (0, 0), "{}", after.stderr);
    assert!(about(&after, "training") >= STARTERS - 2, "{}", after.stdout);
}
