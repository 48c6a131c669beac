//! A portal that cannot be checked, or not all of it.

use hb_bls_sandbox::Fault;

use super::support::{about, findings, portal_with, rows};
use crate::machine::{Machine, Portal};

fn operation<'a>(rows: &'a [serde_json::Value], id: &str) -> &'a serde_json::Value {
    about(rows, "operation").into_iter().find(|row| row["operation"] == id).unwrap()
}

#[test]
fn without_an_answer_there_is_only_the_error() {
    let portal = Portal::start();
    let machine = Machine::at(&portal).with("HB_BLS_API_KEY", "sesame");
    let run = machine.run("doctor --output json");
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    assert_eq!(run.error()["kind"], "authentication");
    assert_eq!(Machine::new().run("doctor").code, 3);
    let nowhere = Machine::at(&portal).with("HB_BLS_BASE_URL", "http://127.0.0.1:1/api/v1");
    let run = nowhere.run("doctor --timeout 0.2s");
    assert_eq!((run.code, run.stdout.as_str()), (8, ""), "{}", run.stderr);
}

/// What was found until then is told.
#[test]
fn an_operation_that_fails_leaves_the_rest() {
    let (portal, machine) = portal_with(1);
    portal.inject(Fault::status("getCredits", 503).times(20));
    let run = machine.run("doctor --output json");
    assert_eq!(run.code, 9, "{}", run.stderr);
    assert_eq!(run.error()["status"], 503);
    let all = rows(&run);
    assert_eq!(findings(&all), Vec::<String>::new(), "a server that is down is no change of the API");
    assert_eq!(operation(&all, "getCredits")["verdict"], "failed");
    assert_eq!(operation(&all, "getWebhook")["verdict"], "matches");
}

#[test]
fn when_the_account_is_closed_meanwhile_the_calls_end() {
    let (portal, machine) = portal_with(1);
    portal.inject(Fault::status("listCourses", 401).times(20));
    let run = machine.run("doctor --output json");
    assert_eq!(run.code, 3, "{}", run.stderr);
    let all = rows(&run);
    assert_eq!(operation(&all, "getCredits")["verdict"], "matches");
    assert_eq!(operation(&all, "listCourses")["verdict"], "failed");
    assert_eq!(operation(&all, "listBookings")["verdict"], "not_asked");
    assert_eq!(portal.count("GET", "/api/v1/webhooks"), 0);
}

#[test]
fn what_passes_is_no_finding() {
    let (portal, machine) = portal_with(1);
    portal.inject(Fault::status("listCourses", 503));
    let run = machine.run("doctor --output json");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(findings(&rows(&run)), Vec::<String>::new());
}

#[test]
fn a_status_that_is_not_in_the_document_is_a_violation() {
    let (portal, machine) = portal_with(1);
    portal.inject(Fault::status("listCourses", 404));
    let run = machine.run("doctor --output json");
    assert_eq!(run.code, 1);
    let all = rows(&run);
    assert_eq!(findings(&all), ["violation listCourses .: the status is 404, which the document does not have here"]);
    assert_eq!(operation(&all, "listTimeslots")["text"], "not asked: there is no course to ask for");
}
