//! `hb-bls renewals`: whose certificate lapses, and the way back into `book --from`.

use serde_json::{Value, json};

use crate::{
    machine::{Machine, Portal},
    snapshot,
};

/// The portal's day, which is not that of the machine on which the tests run.
const RENEWALS: &str = "renewals --from 5/6/2026";

/// The file from which they were booked a year ago, as the agency has it.
const CANDIDATES: &str = "\
Forename,Surname,Email address,Mobile,Street,Town,Postcode,Role
Ada,Lovelace,ADA@example.org,07700 900101,12 St James's Square,London,SW1Y 4JH,Nurse
Mary Jane,van der Berg,mary@example.org,07700 900102,4 Harbour Street,Leeds,LS1 4AP,Midwife
Joan,Clarke,joan@example.org,07700 900103,9 Mill Lane,Bletchley,MK3 6EB,Nurse
";

fn booking(date: &str, name: (&str, &str), email: &str, state: &str) -> Value {
    let kit = if state == "attended" { "back" } else { "out" };
    json!({ "course": 1, "date": date, "time": "09:00", "first_name": name.0, "last_name": name.1, "email": email,
        "phone": "+447700900123", "state": state, "kit": kit })
}

fn portal() -> Portal {
    let portal = Portal::start();
    let bookings = [
        booking("2025-06-09", ("Ada", "Lovelace"), "ada@example.org", "attended"),
        booking("2025-07-01", ("Mary Jane", "van der Berg"), "Mary@Example.org", "attended"),
        // booked again, once by her address and once by his name
        booking("2025-07-02", ("Joan", "Clarke"), "joan@example.org", "attended"),
        booking("2026-06-10", ("Joan", "Murray"), "JOAN@example.org", "booked"),
        booking("2025-07-03", ("Alan", "Turing"), "alan@example.org", "attended"),
        booking("2026-06-11", ("Alan", "Turing"), "alan@work.example", "pending"),
        // later than in 60 days, lapsed already, and never trained
        booking("2025-08-11", ("Grace", "Hopper"), "grace@example.org", "attended"),
        booking("2025-06-02", ("Hedy", "Lamarr"), "hedy@example.org", "attended"),
        booking("2025-07-04", ("No", "Show"), "no@example.org", "no-show"),
    ];
    portal.run(async |sandbox| sandbox.add_contents(json!({ "bookings": bookings })).await);
    portal
}

fn names(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|item| format!("{} {}", item["first_name"].as_str().unwrap(), item["last_name"].as_str().unwrap()))
        .collect()
}

#[test]
fn they_are_those_whose_certificate_lapses_and_who_are_not_booked_again() {
    let portal = portal();
    let machine = Machine::at(&portal);
    let run = machine.run(&format!("{RENEWALS} --output json"));
    assert!(run.stderr.contains("bookings 3 and 4 have one email address and different names"), "{}", run.stderr);
    assert_eq!(run.stderr.matches("have one email address").count(), 1, "{}", run.stderr);
    let list = run.json();
    assert_eq!(names(&list), ["Ada Lovelace", "Mary Jane van der Berg"]);
    assert_eq!((&list[0]["trained_on"], &list[0]["lapses_on"]), (&json!("2025-06-09"), &json!("2026-06-09")));
    let listed = |line: &str| names(&machine.run(&format!("{line} --output json")).json());
    assert_eq!(listed(&format!("{RENEWALS} --within 10w")).last().unwrap(), "Grace Hopper");
    assert_eq!(listed(&format!("{RENEWALS} --within 4d")), ["Ada Lovelace"]);
    assert_eq!(listed("renewals --from 1/6/2026")[0], "Hedy Lamarr", "from a day that has been");
    assert_eq!(listed("renewals --from 5/6/2027 --valid 2y").len(), 2);
    assert_eq!(listed(&format!("{RENEWALS} --course 2")), Vec::<String>::new());
    for (line, why) in [
        ("renewals --within soon", "write it as 60d, 8w, 12mo or 1y"),
        ("renewals --valid 12h", "write it as 60d, 8w, 12mo or 1y"),
        ("renewals --out renewals.txt", "--out must end in .csv or .xlsx"),
        ("renewals --valid 9999y", "the calendar does not go that far"),
    ] {
        let run = machine.run(line);
        assert!(run.code == 2 && run.stderr.contains(why), "{line}: {}", run.stderr);
    }
}

/// From the list to bookings and back: afterwards nobody is left on it.
#[test]
fn book_takes_the_file_as_it_is() {
    for end in ["csv", "xlsx"] {
        let portal = portal();
        let machine = Machine::at(&portal);
        std::fs::write(machine.home.path().join("candidates.csv"), CANDIDATES).unwrap();
        for (key, value) in
            [("pay-option", "credits"), ("agency-contact-name", "Jo"), ("agency-contact-email", "jo@agency.example")]
        {
            assert_eq!(machine.run(&format!("config set {key} {value}")).code, 0);
        }
        let list = format!("{RENEWALS} --candidates candidates.csv");
        let run = machine.run(&format!("{list} --out renewals.{end}"));
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
        assert!(run.stderr.contains(&format!("2 candidates written to renewals.{end}")), "{}", run.stderr);
        assert!(!run.stderr.contains("no address"), "{}", run.stderr);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let file = machine.home.path().join(format!("renewals.{end}"));
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        let booked = machine.run(&format!("book --from renewals.{end} --results results.jsonl"));
        assert_eq!(booked.code, 0, "{}", booked.stderr);
        let results = std::fs::read_to_string(machine.home.path().join("results.jsonl")).unwrap();
        let results: Vec<Value> = results.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(results.len(), 2);
        assert!(results.iter().all(|result| result["outcome"] == "booked"), "{results:?}");
        assert_eq!(results[0]["extra"]["Lapses on"], "2026-06-09");
        let bookings = machine.run("bookings list --from 5/6/2026 --search mary --output json").json();
        assert_eq!(bookings[0]["candidate"]["name"], "Mary Jane van der Berg");
        let left = machine.run(&format!("{list} --output json"));
        assert_eq!(left.json(), json!([]));
    }
}

/// What is printed for programs is a file for `book`, too.
#[test]
fn book_takes_the_csv_that_is_printed() {
    let portal = portal();
    let machine = Machine::at(&portal);
    std::fs::write(machine.home.path().join("candidates.csv"), CANDIDATES).unwrap();
    let csv = machine.run(&format!("{RENEWALS} --candidates candidates.csv --output csv")).stdout;
    std::fs::write(machine.home.path().join("renewals.csv"), csv).unwrap();
    let flags = "--pay-option credits --agency-contact-name Jo --agency-contact-email jo@agency.example";
    let run = machine.run(&format!("book --from renewals.csv {flags} --output json"));
    let outcomes: Vec<_> = run.json().as_array().unwrap().iter().map(|row| row["outcome"].clone()).collect();
    assert_eq!(outcomes, ["booked", "booked"]);
}

#[test]
fn what_the_portal_does_not_tell_is_said_to_lack() {
    let portal = portal();
    let machine = Machine::at(&portal);
    std::fs::write(machine.home.path().join("some.csv"), CANDIDATES.lines().take(2).collect::<Vec<_>>().join("\n"))
        .unwrap();
    snapshot!(
        "renewals",
        machine.session(&[
            RENEWALS,
            &format!("{RENEWALS} --candidates some.csv"),
            &format!("{RENEWALS} --candidates some.csv --output csv"),
            &format!("{RENEWALS} --candidates missing.csv"),
            "renewals --from 5/6/2030",
        ])
    );
}

#[cfg(unix)]
#[test]
fn it_fits_the_width() {
    use crate::terminal::{on_terminal, plain};
    let portal = portal();
    for columns in [60, 80, 120] {
        let text = plain(&on_terminal(&Machine::at(&portal), &format!("{RENEWALS} --quiet"), columns));
        assert!(text.lines().all(|line| line.chars().count() <= usize::from(columns)), "{text}");
        snapshot!(format!("renewals-{columns}"), text);
    }
}
