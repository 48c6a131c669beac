//! A portal that responds as a later version of the beta might.

use std::{fmt::Write as _, time::Duration};

use hb_bls_sandbox::{Fault, FaultKind};

use super::support::{READING, about, findings, portal_with, rows, verdict};
use crate::{machine::Machine, snapshot};

/// The response of each operation alone, and nothing is found elsewhere.
#[test]
fn it_is_found_in_every_response() {
    let (portal, _) = portal_with(1);
    let mut text = String::new();
    // a certificate is a PDF, which stays as it is
    for operation in READING.into_iter().filter(|operation| *operation != "downloadCertificate") {
        portal.inject(Fault::new(operation, FaultKind::LaterVersion));
        // or the quota would be used up, at the portal and on the machine, for which hardly any time has passed
        portal.run(async |sandbox| sandbox.advance(Duration::from_secs(60)).await);
        let run = Machine::at(&portal).run("doctor --output json");
        let all = rows(&run);
        let found = about(&all, "finding");
        assert!(!found.is_empty(), "{operation}");
        assert!(found.iter().all(|row| row["operation"] == operation), "{operation}: {:?}", findings(&all));
        let fields: Vec<_> = found.iter().filter(|row| row["verdict"] == "unknown_field").collect();
        assert!(fields.iter().any(|row| row["path"] == "beta_note"), "{operation}");
        assert!(fields.iter().all(|row| row["path"].as_str().unwrap().ends_with("beta_note")), "{operation}");
        let violated = found.iter().any(|row| row["verdict"] == "violation");
        assert_eq!(run.code, i32::from(violated), "{operation}: {}", run.stderr);
        writeln!(text, "{operation}: exit code {}\n  {}", run.code, findings(&all).join("\n  ")).unwrap();
        assert!(portal.run(async |sandbox| sandbox.faults().await).is_empty(), "{operation} was not called");
    }
    snapshot!("doctor", "later-version", text, []);
}

#[test]
fn each_kind_of_difference_is_told_apart() {
    let (portal, machine) = portal_with(1);
    portal.inject(Fault::new("getBooking", FaultKind::LaterVersion));
    portal.inject(Fault::new("listTransactions", FaultKind::LaterVersion));
    portal.inject(Fault::new("listCourses", FaultKind::LaterVersion));
    let run = machine.run("doctor --assumptions --output json");
    let all = rows(&run);
    let found = findings(&all);
    for expected in [
        "violation getBooking pay_option: the value `beta_",
        "unknown_value getBooking booking_status: the value `beta_cancelled`",
        "unknown_value listTransactions data[].type: the value `beta_deposit`",
        "unknown_field getBooking candidate.beta_note: ",
        "missing_field getBooking trainer: ",
        "missing_field listCourses data[].price: ",
    ] {
        assert!(found.iter().any(|line| line.starts_with(expected)), "{expected}: {found:#?}");
    }
    assert_eq!(run.code, 1);
    assert_eq!(run.error()["kind"], "other");
    assert_eq!(verdict(&all, "a listed course tells its price"), "refuted");
    assert_eq!(verdict(&all, "a movement is a deposit or a withdrawal"), "refuted");
    let person = machine.run("doctor");
    assert_eq!(person.code, 0, "the faults are used up: {}", person.stdout);
}

/// What the document says may grow, grows: no reason to fail.
#[test]
fn more_and_less_than_the_document_says_does_not_fail() {
    let (portal, machine) = portal_with(1);
    portal.inject(Fault::new("listCourses", FaultKind::LaterVersion));
    let run = machine.run("doctor --assumptions");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("Nothing contradicts the document; the responses have more or less"), "{}", run.stdout);
    snapshot!("doctor", "later-version-courses", run.transcript(), []);
}
