//! A portal of which most of what is assumed is wrong.

use super::support::{about, findings, rows, verdict};
use crate::{
    canned::{Answer, serve_by_path},
    machine::Machine,
    snapshot,
};

/// Everything that a person must not see in a report.
const PERSONAL: [&str; 5] = ["Lovelace", "ada@example.com", "7700900123", "https://", "sesame"];

fn unlike(path: &str) -> Answer {
    let (status, headers, body) = match path {
        "/auth/token-info" => (200, "", r#"{"account":"Ada Lovelace"}"#),
        "/booking-url" => (203, "", r#"{"booking_url":7}"#),
        "/credits" => (
            200,
            "content-type: application/json\r\nx-ratelimit-limit: 60\r\nx-ratelimit-remaining: many\r\n",
            r#"{"booking_credits":[{"course_id":1}],"booking_money_balance":"480.00","currency":"GBP"}"#,
        ),
        "/transactions" => (200, "", r#"{"data":[{"id":1,"type":"transfer","amount":"ten","wallet":7}]}"#),
        "/courses" => (200, "", r#"[{"id":1,"name":"BLS"}]"#),
        "/timeslots" => (
            200,
            "",
            r#"{"data":[{"date":"15 June","course":{"id":1}}],"meta":{"current_page":1},"links":{"next":"https://a.example/"}}"#,
        ),
        "/bookings" => (
            200,
            "",
            r#"{"data":[{"id":"Ada Lovelace","pay_option":"Ada Lovelace","booking_status":"Ada Lovelace","+447700900123":1,
                "candidate":{"ada@example.com":1},"trainer":"Ada Lovelace"}]}"#,
        ),
        "/webhooks" => (200, "content-type: text/html\r\n", "<html>Ada Lovelace</html>"),
        _ => (404, "", "{}"),
    };
    Answer::Say(status, headers, body)
}

#[test]
fn each_wrong_assumption_is_reported() {
    let machine = Machine::at_url(&serve_by_path(unlike));
    let run = machine.run("doctor --assumptions --output json --timeout 20s");
    assert_eq!(run.code, 1, "{}", run.stderr);
    let all = rows(&run);
    for (begins, expected) in [
        ("token-info names the account and the end of the token. Nothing", "refuted"),
        ("token-info names the account and the end of the token, for the response itself", "refuted"),
        ("the booking URL comes in a field of that name.", "refuted"),
        ("the booking URL comes in a field of that name, for the response itself", "refuted"),
        ("a money balance is an exact decimal", "refuted"),
        ("a movement is a deposit or a withdrawal", "refuted"),
        ("a transaction looks as in the sister API", "refuted"),
        ("courses, timeslots and webhook endpoints are not paged", "refuted"),
        ("a listed course tells its price", "refuted"),
        ("credits are of a course", "refuted"),
        ("a timeslot has its date and time", "refuted"),
        ("a list in an envelope has its `data`", "refuted"),
        ("every response has Laravel's rate limit headers", "refuted"),
        ("success is status 200", "refuted"),
        ("a booking also tells how the training went", "refuted"),
        ("a course has its id.", "confirmed"),
        ("a course has its id wherever it is named", "confirmed"),
        ("a booking has its id", "confirmed"),
        ("an endpoint is shown with the fields", "not_met"),
        ("a cancelled booking says so", "not_met"),
    ] {
        assert_eq!(verdict(&all, begins), expected, "{begins}");
    }
    for row in about(&all, "assumption") {
        assert_eq!(row["verdict"] == "refuted", row["refuted_by"] != serde_json::json!([]), "{row}");
    }
    snapshot!("doctor", "refuted-findings", findings(&all).join("\n"), []);
    snapshot!("doctor", "refuted", machine.run("doctor --assumptions --timeout 20s").transcript(), []);
}

#[test]
fn values_are_never_reported() {
    let machine = Machine::at_url(&serve_by_path(unlike));
    for format in ["table", "json", "csv"] {
        let run = machine.run(&format!("doctor --assumptions --verbose --timeout 20s --output {format}"));
        for personal in PERSONAL {
            assert!(!run.stdout.contains(personal), "{personal}: {}", run.stdout);
            assert!(!run.stderr.contains(personal), "{personal}: {}", run.stderr);
        }
    }
}
