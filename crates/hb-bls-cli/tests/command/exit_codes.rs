//! Each exit code, and that errors say what failed, why, and what to do.

use hb_bls_sandbox::Fault;

use crate::{
    canned::{Answer, serve},
    machine::{Machine, Portal},
    snapshot,
};

/// Runs it for people and for programs; both must end with the code.
pub fn fail(machine: &Machine, line: &str, code: i32, kind: &str) -> String {
    let run = machine.run(line);
    assert_eq!(run.code, code, "{}", run.stderr);
    let text = run.transcript();
    let run = machine.run(&format!("{line} --output json"));
    assert_eq!(run.code, code);
    let error = run.error();
    assert_eq!(error["kind"], kind);
    let mut names: Vec<_> = error.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["fields", "kind", "message", "status"]);
    format!("{text}{}", run.transcript())
}

#[test]
fn one_for_each_kind_of_failure() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    assert_eq!(machine.run("courses list").code, 0);
    std::fs::write(machine.home.path().join("taken"), "").unwrap();
    let say = |status, headers| Machine::at_url(&serve(Answer::Say(status, headers, "{}")));
    let wrong_key = Machine::at(&portal).with("HB_BLS_API_KEY", "sesame");
    let (nobody, refusing, failing) = (Machine::new(), say(429, "retry-after: 0\r\n"), say(500, ""));
    let (reset, silent) = [Answer::Reset, Answer::Silence].map(|answer| Machine::at_url(&serve(answer))).into();
    let hold = "holds create --course 1 --date 2026-06-08 --time 09:00";
    assert_eq!(machine.run(hold).code, 0);
    let session = [
        fail(&machine, "certificates download 1 --dir taken", 1, "other"),
        fail(&machine, "courses lst", 2, "usage"),
        fail(&machine, "courses list --timeout soon", 2, "usage"),
        fail(&machine, "courses list --base-url http://agency.example", 2, "configuration"),
        fail(&nobody, "courses list", 3, "authentication"),
        fail(&wrong_key, "courses list", 3, "authentication"),
        fail(&machine, "bookings get 99", 4, "not_found"),
        fail(&machine, "holds create --course 1 --date 2026-06-08 --time 10:00", 5, "conflict"),
        fail(&machine, "webhooks create --name x --url ftp://agency.example", 6, "rejected"),
        fail(&refusing, "courses list", 7, "rate_limited"),
        fail(&reset, "webhooks test 1", 8, "network"),
        fail(&silent, "courses list --timeout 3s", 8, "timeout"),
        fail(&failing, "webhooks test 1", 9, "server"),
    ];
    snapshot!("exit-codes", session.concat());
}

/// Otherwise it would look as if the booking did not exist, and scripts may act on that.
#[test]
fn a_wrong_path_in_the_base_url_is_reported() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    for wrong in ["/api/v2", "/", "/api/v1/courses"] {
        let line = format!("bookings get 7 --base-url {}{wrong}", portal.sandbox.page_url().trim_end_matches('/'));
        let run = machine.run(&line);
        let error = "cannot get booking 7: the base URL does not lead to the API: it has no address for tokens\n";
        assert!(run.code == 2 && run.stderr.starts_with(&format!("error: {error}")), "{wrong}: {}", run.stderr);
        assert_eq!(machine.run(&format!("{line} --output json")).error()["kind"], "configuration");
    }
}

/// It is waited for as often as anything is tried, and then the wait is told.
#[test]
fn a_quota_that_stays_used_up_tells_how_long_to_wait() {
    let run = Machine::at_url(&serve(Answer::Say(429, "retry-after: 1\r\n", "{}"))).run("courses list");
    assert_eq!(run.code, 7, "{}", run.stderr);
    assert!(run.stderr.contains("too many requests; the portal says to wait 1 s"), "{}", run.stderr);
}

#[test]
fn responses_that_make_no_sense_are_errors() {
    for answer in [
        Answer::Say(200, "", "<html>Ada Lovelace</html>"),
        Answer::Say(200, "", r#"{"data":[{"id":"Ada Lovelace"}]}"#),
        Answer::Say(302, "location: https://example.com/\r\n", ""),
    ] {
        let run = Machine::at_url(&serve(answer)).run("webhooks list --timeout 5s");
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(run.stderr.contains("cannot read the response"), "{}", run.stderr);
        assert!(!run.stderr.contains("Lovelace"), "{}", run.stderr);
    }
}

#[test]
fn no_log_holds_personal_data_and_no_error_a_secret() {
    let body = r#"{"message":"Ada Lovelace, ada@example.com, is not known.","errors":{"search":["Ada Lovelace is not known."]}}"#;
    let machine = Machine::at_url(&serve(Answer::Say(422, "", body)));
    for format in ["table", "json"] {
        let args = ["bookings", "list", "--search", "Ada Lovelace", "--verbose", "--output", format];
        let output = machine.command(&args).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(6));
        assert!(text.contains("is not known") && !text.contains("sesame"), "{text}");
        let log: Vec<_> = text.lines().filter(|line| line.starts_with("* ")).collect();
        assert!(log.iter().any(|line| line.contains("GET /bookings")), "{text}");
        for personal in ["Ada", "Lovelace", "example.com"] {
            assert!(log.iter().all(|line| !line.contains(personal)), "{personal}: {text}");
        }
    }
}

#[test]
fn verbose_shows_calls_without_values() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let session = machine.session(&[
        "bookings list --search Lovelace --verbose",
        "bookings list --search Lovelace --verbose --output json",
        "bookings get 99 --verbose",
        "courses list --verbose --quiet",
    ]);
    snapshot!("verbose", session);
}

#[test]
fn quiet_leaves_the_results_and_the_errors() {
    let portal = Portal::start();
    let session = Machine::at(&portal).session(&[
        "bookings list --quiet",
        "webhooks create --quiet --name crm --url https://crm.agency.example/",
        "webhooks rotate 1 --yes --quiet",
        "webhooks delete 1 --yes --quiet",
        "webhooks delete 1 --yes --quiet",
    ]);
    snapshot!("quiet", session);
}

#[test]
fn what_passes_is_tried_again() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    portal.inject(Fault::status("listCourses", 503));
    assert_eq!(machine.run("courses list").code, 0);
    assert_eq!(portal.count("GET", "/api/v1/courses"), 2);
}
