//! The same candidates, whatever LibreOffice saves them as. `tests/spreadsheets` says how the files were made.

use std::path::Path;

use serde_json::{Value, json};

use crate::machine::{Machine, Portal};

const FILES: [&str; 6] =
    ["source.csv", "starters.ods", "starters.xlsx", "semicolon.csv", "utf-16.csv", "windows-1252.csv"];
const FLAGS: &str = "--course 1 --pay-option credits --agency-contact-name Jo --agency-contact-email jo@agency.example";

/// What the portal is told of each candidate.
fn expected() -> [Value; 3] {
    [
        json!({
            "first_name": "Zoë", "last_name": "O’Neill", "email": "zoe@example.com", "phone": "+447700900101",
            "address": "12, St James’s Square", "city": "London", "postcode": "SW1Y 4JH", "job_role": "Nurse",
            "at": "2026-06-08 09:00",
        }),
        json!({
            "first_name": "René", "last_name": "Brontë-Smith", "email": "rene@example.com", "phone": "+447700900102",
            "address": "Flat 3; 4 Harbour Street", "city": "Leeds", "postcode": "LS1 4AP", "job_role": "Nurse",
            "at": "2026-06-09 14:00",
        }),
        json!({
            "first_name": "Siân", "last_name": "Fañez", "email": "sian@example.com", "phone": "+447700900103",
            "address": "The \"Old\" Mill", "city": "Bletchley", "postcode": "MK3 6EB",
            "job_role": "Healthcare Assistant", "at": "2026-06-08 10:00",
        }),
    ]
}

/// The bodies of the requests that were sent to an operation.
fn sent(portal: &Portal, operation: &str) -> Vec<Value> {
    let requests = portal.run(async |sandbox| sandbox.requests().await);
    let of_it = requests.into_iter().filter(|request| request.operation_id == Some(operation));
    of_it.map(|request| serde_json::from_str(&request.body.unwrap()).unwrap()).collect()
}

/// The candidates as the portal was told of them, each with the timeslot that was held for them.
fn told(portal: &Portal) -> Vec<Value> {
    let holds = sent(portal, "holdTimeslot");
    let booked = sent(portal, "createBooking");
    assert_eq!(holds.len(), booked.len());
    let candidate = |(hold, mut booking): (Value, Value)| {
        let fields = booking.as_object_mut().unwrap();
        fields.retain(|name, _| expected()[0].get(name).is_some());
        let [date, time] = ["date", "time"].map(|name| hold[name].as_str().unwrap().to_owned());
        fields.insert("at".to_owned(), format!("{date} {time}").into());
        booking
    };
    holds.into_iter().zip(booked).map(candidate).collect()
}

#[test]
fn every_file_is_checked_and_booked_alike() {
    for file in FILES {
        let portal = Portal::start_with(|builder| builder.rate_limit(false).capture(true));
        let machine = Machine::at(&portal);
        let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spreadsheets").join(file);
        std::fs::copy(original, machine.home.path().join(file)).unwrap();
        let check = machine.run(&format!("book --from {file} --check --output json {FLAGS}"));
        assert_eq!(check.code, 0, "{file}: {}", check.stdout);
        let found: Value = serde_json::from_str(&check.stdout).unwrap();
        assert_eq!((&found["rows"], &found["findings"]), (&json!(3), &json!([])), "{file}");
        let run = machine.run(&format!("book --from {file} --results results.csv {FLAGS}"));
        assert_eq!(run.code, 0, "{file}: {}", run.stderr);
        assert_eq!(told(&portal), expected(), "{file}");
        // a column that the portal does not get keeps its zeros
        let results = std::fs::read_to_string(machine.home.path().join("results.csv")).unwrap();
        let lines: Vec<_> = results.lines().collect();
        let numbers = ["0071", "0072", "0073"];
        assert!(
            lines[1..].iter().zip(numbers).all(|(line, number)| line.ends_with(&format!(",{number}"))),
            "{file}: {results}"
        );
    }
}
