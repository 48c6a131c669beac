//! On a terminal: width, colour, calendar and prompts.

use std::{
    io::Write as _,
    process::{Command, ExitStatus},
};

use hb_bls_sandbox::Fault;
use rustix::termios::LocalModes;

use crate::{
    built::{self, rest, talk, until},
    canned::{Answer, serve},
    machine::{Machine, Portal},
    snapshot,
};

fn modes(terminal: &pty_process::blocking::Pty) -> LocalModes {
    rustix::termios::tcgetattr(terminal).unwrap().local_modes
}

/// Runs it on a terminal of this width.
pub fn on_terminal(machine: &Machine, line: &str, width: u16) -> String {
    let (seen, status) = talk(&machine.command(&line.split(' ').collect::<Vec<_>>()), width, &[]);
    assert!(status.success(), "{seen}");
    seen
}

pub fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// How wide it is on the screen.
fn width(line: &str) -> usize {
    line.chars().count()
}

#[test]
fn tables_fit_the_width_and_have_a_line_a_row() {
    let portal = Portal::seeded(9);
    let machine = Machine::at(&portal);
    let bookings: Vec<serde_json::Value> =
        machine.run("bookings list --output json").json().as_array().unwrap().clone();
    for columns in [200, 80, 60, 40] {
        let text = on_terminal(&machine, "bookings list", columns);
        assert!(text.contains('\u{1b}'), "a terminal gets colour");
        let text = plain(&text);
        assert!(columns < 60 || text.lines().count() == 10, "{columns}:\n{text}");
        assert!(text.lines().all(|line| width(line) <= usize::from(columns)), "{columns}:\n{text}");
        // the names and the times are what the list is read for
        if columns >= 60 {
            for booking in &bookings {
                let name = booking["candidate"]["name"].as_str().unwrap();
                let row = text.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name}: {text}"));
                assert!(row.contains(" 2026, 09:00 "), "{row}");
            }
        }
        snapshot!(format!("terminal-{columns}"), text);
    }
    // what somebody asks for stands under the row rather than be cut
    let asked = "bookings list --columns id,candidate_name,candidate_email,candidate_phone,start_date";
    for columns in [60, 40] {
        let text = plain(&on_terminal(&machine, asked, columns));
        assert!(text.lines().all(|line| width(line) <= usize::from(columns)), "{columns}:\n{text}");
        for booking in &bookings {
            let candidate = &booking["candidate"];
            for whole in [&candidate["name"], &candidate["email"], &candidate["phone"]] {
                assert!(text.contains(whole.as_str().unwrap()), "{whole}:\n{text}");
            }
        }
        assert_eq!(text.matches(" 2026, 09:00").count(), 9, "{text}");
    }
    let machine = machine.with("NO_COLOR", "1");
    assert!(!on_terminal(&machine, "bookings list", 80).contains('\u{1b}'));
}

/// Of one thing everything is shown: what has no room is in more lines, and no word is cut.
#[test]
fn one_thing_fits_the_width() {
    let portal = Portal::seeded(3);
    let machine = Machine::at(&portal);
    let create = "webhooks create --name crm --url https://crm.agency.example/hooks/of/the/agency/and/more";
    for (columns, line) in [(80, "bookings get 3"), (40, "bookings get 3"), (80, create), (40, create)] {
        let text = plain(&on_terminal(&machine, line, columns));
        let columns = usize::from(columns);
        for shown in text.lines().filter(|shown| width(shown) > columns) {
            // a word that is wider than the terminal
            assert!(!shown.contains([' ', ',']), "{columns}: {shown}\n{text}");
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let whole = if line == create {
            "https://crm.agency.example/hooks/of/the/agency/and/more"
        } else {
            "candidate2@example.org"
        };
        assert!(words.contains(&whole), "{text}");
        snapshot!(format!("terminal-{}-{columns}", line.split(' ').take(2).collect::<Vec<_>>().join("-")), text);
    }
}

#[test]
fn the_doctor_s_report_fits_the_width() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    for columns in [80, 40] {
        let text = plain(&on_terminal(&machine, "doctor", columns));
        for line in text.lines().filter(|line| width(line) > usize::from(columns)) {
            assert!(!line.trim().contains(' '), "{columns}: {line}\n{text}");
        }
    }
}

#[test]
fn a_long_wait_for_the_quota_is_reported() {
    let machine = Machine::at_url(&serve(Answer::Say(429, "retry-after: 60\r\n", "{}")));
    let (seen, status) = talk(&machine.command(&["courses", "list", "--timeout", "5s"]), 80, &[]);
    assert!(seen.contains("rate limit reached; continuing in 60 s"), "{seen}");
    assert_eq!(status.code(), Some(8), "{seen}");
    let piped = machine.run("courses list --timeout 5s --verbose");
    assert!(piped.stderr.contains("waiting for the rate limit"), "{}", piped.stderr);
    assert!(
        !machine.run("courses list --timeout 5s").stderr.contains("waiting for the rate"),
        "a pipe is told with --verbose"
    );
}

#[test]
fn timeslots_are_a_calendar() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    for columns in [80, 40] {
        let text = plain(&on_terminal(&machine, "slots list --course 1 --months 1", columns));
        assert!(text.lines().all(|line| width(line) <= usize::from(columns)), "{text}");
        snapshot!(format!("calendar-{columns}"), text);
    }
}

#[test]
fn json_is_easy_to_read() {
    let portal = Portal::seeded(3);
    let text = on_terminal(&Machine::at(&portal), "bookings get 3 --output json", 80);
    assert!(text.lines().count() > 10, "{text}");
    assert!(serde_json::from_str::<serde_json::Value>(&text).unwrap().is_object());
}

#[test]
fn credentials_are_asked_for_and_the_key_is_not_shown() {
    let portal = Portal::start();
    let machine = Machine::new().with("HB_BLS_BASE_URL", portal.sandbox.base_url());
    let typing = [("Client id:", "hb_sandbox_client"), ("API key (input hidden):", "hb_sandbox_key_not_a_secret")];
    let (text, _) = talk(&machine.command(&["auth", "login", "--quick"]), 80, &typing);
    assert!(text.contains("logged in as hb_sandbox_client"), "{text}");
    assert!(!text.contains("key_not_a_secret"), "{text}");
    assert_eq!(machine.run("courses list").code, 0);
    assert_eq!(machine.run("config list -o json").json(), serde_json::json!([]));
}

/// Each answer is checked when it is given. A later login leaves them as they are.
#[test]
fn the_first_login_asks_what_bookings_have_by_default() {
    let portal = Portal::start();
    let machine = Machine::new().with("HB_BLS_BASE_URL", portal.sandbox.base_url());
    let credentials = [("Client id:", "hb_sandbox_client"), ("API key (input hidden):", "hb_sandbox_key_not_a_secret")];
    let answers = [
        ("Course:", "99"),
        ("Course:", "1"),
        ("candidate_pays):", "cash"),
        ("candidate_pays):", ""),
        ("name:", "Jo Bell"),
        ("email:", "jo.bell@agency.example"),
        ("(optional):", ""),
    ];
    let typing: Vec<_> = credentials.into_iter().chain(answers).collect();
    let (text, _) = talk(&machine.command(&["auth", "login"]), 80, &typing);
    let (_, asked) = text.split_once("logged in as hb_sandbox_client").expect("logged in before");
    snapshot!("login-defaults", &asked[asked.find("What should").unwrap()..]);
    let list = || machine.run("config list -o csv").stdout;
    snapshot!("login-defaults-list", list());
    let before = list();
    let (text, _) = talk(&machine.command(&["auth", "login"]), 80, &credentials);
    assert!(text.contains("next:") && !text.contains("Course:"), "{text}");
    assert_eq!(list(), before);
}

/// Each answer is saved when it is given, beside what another command has set meanwhile.
#[test]
fn answers_are_kept_if_the_questions_end_early() {
    let portal = Portal::start();
    let machine = Machine::new().with("HB_BLS_BASE_URL", portal.sandbox.base_url());
    let machine = machine.with("HB_BLS_API_KEY", "hb_sandbox_key_not_a_secret");
    let login = machine.command(&["auth", "login", "--client-id", "hb_sandbox_client"]);
    let (mut terminal, mut child) = built::on_terminal(&login, 80);
    until(&terminal, "Course:");
    assert_eq!(machine.run("config set warn-below-balance 100").code, 0);
    terminal.write_all(b"1\r").unwrap();
    until(&terminal, "candidate_pays):");
    terminal.write_all(b"\x03").unwrap();
    rest(&terminal);
    assert!(!child.wait().unwrap().success());
    assert_eq!(machine.run("config list -o csv").stdout, "key,value\ncourse,1\nwarn-below-balance,100.00\n");
    assert_eq!(machine.run("courses list").code, 0);
}

#[test]
fn a_login_succeeds_even_if_the_questions_cannot_be_asked() {
    let portal = Portal::start();
    portal.inject(Fault::status("listCourses", 403));
    let machine = Machine::new().with("HB_BLS_BASE_URL", portal.sandbox.base_url());
    let machine = machine.with("HB_BLS_API_KEY", "hb_sandbox_key_not_a_secret");
    let login = ["auth", "login", "--client-id", "hb_sandbox_client"];
    let (text, status) = talk(&machine.command(&login), 80, &[]);
    assert!(status.success() && text.contains("ended early: cannot list courses") && text.contains("next:"), "{text}");
    // programs that happen to have a terminal are not asked
    let (text, status) = talk(&machine.command(&[&login[..], &["-o", "json"]].concat()), 80, &[]);
    assert!(status.success() && !text.contains("Course"), "{text}");
    assert_eq!(machine.run("courses list").code, 0);
}

/// Presses Ctrl-C at the key; gives how the command ended, and what was on the terminal.
fn interrupted(command: &Command) -> (ExitStatus, String) {
    // one of its own: the command may have begun by the time that its terminal is looked at
    let (fresh, _other_end) = pty_process::blocking::open().unwrap();
    let before = modes(&fresh);
    assert!(before.contains(LocalModes::ECHO));
    let (mut terminal, mut child) = built::on_terminal(command, 80);
    until(&terminal, "API key (input hidden):");
    assert!(!modes(&terminal).contains(LocalModes::ECHO));
    terminal.write_all(b"half a k\x03").unwrap();
    let seen = rest(&terminal);
    let status = child.wait().unwrap();
    assert_eq!(modes(&terminal), before);
    (status, seen)
}

/// Also as scripts have it in the background, where the signal is ignored.
#[test]
fn ctrl_c_at_the_key_ends_the_command_and_leaves_the_terminal_as_it_was() {
    let machine = Machine::new().with("HB_BLS_BASE_URL", "http://127.0.0.1:9");
    let plain = machine.command(&["auth", "login", "--client-id", "x"]);
    let ignoring = built::ignoring("INT", &plain);
    for command in [plain, ignoring] {
        let (status, seen) = interrupted(&command);
        assert_eq!(status.code(), Some(1), "{status} {seen}");
        assert!(seen.contains("cannot read the API key: Operation was interrupted"), "{seen}");
    }
}
