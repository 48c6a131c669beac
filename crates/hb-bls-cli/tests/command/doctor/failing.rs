//! A portal that cannot be checked, or not all of it.

use hb_bls_sandbox::Fault;

use super::support::{about, findings, portal_with, rows};
use crate::machine::{Machine, Portal};

#[test]
fn without_a_response_there_is_only_the_error() {
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

/// What was found until then is told; that a server is down is no change of the API.
#[test]
fn an_operation_that_fails_leaves_what_can_be_checked() {
    let missing = "violation listCourses .: the status is 404, which the document does not have here";
    for (fault, code, found, verdicts) in [
        (Fault::status("getCredits", 503).times(20), 9, vec![], [("getCredits", "failed"), ("getWebhook", "matches")]),
        (
            Fault::status("listCourses", 401).times(20),
            3,
            vec![],
            [("listCourses", "failed"), ("listBookings", "not_asked")],
        ),
        // it passes
        (Fault::status("listCourses", 503), 0, vec![], [("listCourses", "matches"), ("getWebhook", "matches")]),
        (
            Fault::status("listCourses", 404),
            1,
            vec![missing],
            [("listCourses", "violates"), ("listTimeslots", "not_asked")],
        ),
    ] {
        let (portal, machine) = portal_with(1);
        portal.inject(fault.clone());
        let run = machine.run("doctor --output json");
        assert_eq!(run.code, code, "{fault:?}: {}", run.stderr);
        let all = rows(&run);
        assert_eq!(findings(&all), found, "{fault:?}");
        for (id, verdict) in verdicts {
            let row = about(&all, "operation").into_iter().find(|row| row["operation"] == id).unwrap();
            assert_eq!(row["verdict"], verdict, "{fault:?}: {row}");
        }
        if code == 3 {
            assert_eq!(portal.count("GET", "/api/v1/webhooks"), 0, "the calls end");
        }
    }
}
