//! A portal that is as the document says.

use std::collections::BTreeSet;

use super::support::{READING, about, findings, portal, rows, verdict};
use crate::{
    machine::{Machine, Portal},
    snapshot,
};

#[test]
fn all_is_well_and_nothing_is_changed() {
    let (portal, machine) = portal();
    let before = portal.run(async |sandbox| sandbox.requests().await).len();
    let run = machine.run("doctor --assumptions");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.ends_with("All is well: every response is what the document says.\n"), "{}", run.stdout);
    snapshot!("doctor", "clean", run.transcript(), []);
    let requests = portal.run(async |sandbox| sandbox.requests().await);
    let made: Vec<_> =
        requests[before..].iter().map(|request| (request.method.as_str(), request.operation_id)).collect();
    let read: Vec<_> =
        made.iter().filter(|(method, _)| *method == "GET").filter_map(|(_, operation)| *operation).collect();
    assert_eq!(read, READING);
    let others: Vec<_> = made.iter().filter(|(method, _)| *method != "GET").collect();
    assert!(others.iter().all(|(_, operation)| *operation == Some("createToken")), "{others:?}");
}

#[test]
fn programs_are_told_everything() {
    let (_portal, machine) = portal();
    let all = rows(&machine.run("doctor --output json"));
    assert_eq!(about(&all, "operation").len(), all.len(), "assumptions are shown only when asked for");
    let run = machine.run("doctor --assumptions --output json");
    assert_eq!(run.code, 0);
    let all = rows(&run);
    assert_eq!(findings(&all), Vec::<String>::new());
    let operations = about(&all, "operation");
    assert_eq!(operations.len(), 22);
    for row in &operations {
        let reads = READING.contains(&row["operation"].as_str().unwrap());
        assert_eq!(row["verdict"], if reads { "matches" } else { "not_called" }, "{row}");
        assert_eq!(row["status"] == 200, reads, "{row}");
    }
    let assumptions = about(&all, "assumption");
    assert!(assumptions.iter().all(|row| row["verdict"] != "refuted"));
    for (begins, expected) in [
        ("a listed course tells its price", "confirmed"),
        ("courses, timeslots and webhook endpoints are not paged", "confirmed"),
        ("every response has Laravel's rate limit headers", "confirmed"),
        ("success is status 200", "confirmed"),
        ("a transaction looks as in the sister API", "confirmed"),
        ("an endpoint is shown with the fields", "confirmed"),
        ("a kit is with the candidate, or late", "not_met"),
        ("a movement is a deposit or a withdrawal", "partly"),
        ("errors have Laravel's body", "not_met"),
        ("the queries of lists are validated", "not_met"),
        ("a creation returns 201", "not_judged"),
        ("the page size is set with `per_page`", "not_judged"),
        ("the data of `webhook.test` is a message", "not_judged"),
    ] {
        assert_eq!(verdict(&all, begins), expected, "{begins}");
    }
    let reasons: BTreeSet<&str> = assumptions.iter().filter_map(|row| row["not_judged"].as_str()).collect();
    assert_eq!(reasons, BTreeSet::from(["deliveries", "other_responses", "requests"]));
    let lines = machine.run("doctor --assumptions --output jsonl");
    assert_eq!(lines.stdout.lines().count(), all.len());
    let table = machine.run("doctor --assumptions --output csv");
    assert_eq!(table.stdout.lines().next(), Some("about,verdict,operation,place,text"));
    assert_eq!(table.stdout.lines().count(), all.len() + 1);
}

/// An account that has nothing yet.
#[test]
fn what_there_is_nothing_to_ask_for_is_said() {
    let portal = Portal::start();
    let run = Machine::at(&portal).run("doctor --assumptions --output json");
    let all = rows(&run);
    assert_eq!(run.code, 0);
    assert_eq!(findings(&all), Vec::<String>::new());
    let skipped: Vec<_> = about(&all, "operation").into_iter().filter(|row| row["verdict"] == "not_asked").collect();
    let skipped: Vec<_> = skipped.iter().map(|row| row["operation"].as_str().unwrap()).collect();
    assert_eq!(skipped, ["getBooking", "downloadCertificate", "getWebhook"]);
    assert_eq!(verdict(&all, "a booking also tells how the training went"), "not_met");
}

#[test]
fn no_output_holds_a_candidates_data() {
    let (portal, machine) = portal();
    let names = portal.run(async |_| Ok(machine.run("bookings list --output json").json()));
    for format in ["table", "json", "jsonl", "csv"] {
        let run = machine.run(&format!("doctor --assumptions --output {format}"));
        for booking in names.as_array().unwrap() {
            for field in ["name", "email", "phone"] {
                let value = booking["candidate"][field].as_str().unwrap();
                assert!(!run.stdout.contains(value), "{format}: {value}");
            }
        }
    }
}
