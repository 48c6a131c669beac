//! `hb-bls sandbox`.

use std::{
    io::{Read as _, Write as _},
    process::Command,
};

use crate::{
    built,
    canned::{Answer, serve},
    machine::Machine,
    running::Running,
    snapshot,
};

const START: [&str; 3] = ["sandbox", "--port", "0"];

fn start(more: &[&str]) -> Running {
    start_with(&[&["--output", "json"], more].concat(), |command| command)
}

fn start_with(more: &[&str], change: impl FnOnce(Command) -> Command) -> Running {
    let machine = Machine::new();
    let command = change(machine.command(&[&START, more].concat()));
    Running::start(machine, command)
}

impl Running {
    fn field(&self, name: &str) -> String {
        self.object()[name].as_str().unwrap().to_owned()
    }

    /// What it responds with at a path below one of its URLs.
    fn get(&self, url: &str, path: &str) -> String {
        let (_, base) =
            self.field(url).rsplit_once(self.host()).map(|(host, base)| (host.to_owned(), base.to_owned())).unwrap();
        let mut stream = self.connect();
        write!(stream, "GET {base}{path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.host()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }
}

#[test]
fn the_first_line_tells_where_it_is_and_how_to_get_in() {
    let portal = start(&[]);
    assert!(portal.field("base_url").starts_with("http://127.0.0.1:"));
    assert!(portal.field("base_url").ends_with("/api/v1"));
    assert!(portal.field("control_url").ends_with("/_sandbox"));
    assert!(!portal.field("hb_client_id").is_empty() && !portal.field("api_key").is_empty());
    let refused = portal.get("base_url", "/courses");
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
    let clock = portal.get("control_url", "/clock");
    assert!(clock.starts_with("HTTP/1.1 200"), "{clock}");
}

#[cfg(unix)]
#[test]
fn people_and_programs_are_told_what_it_is_and_signals_end_it() {
    let mut told = String::new();
    for (format, signal) in [("table", "-INT"), ("json", "-TERM")] {
        let portal = start_with(&["--output", format, "--clock", "frozen"], |command| command);
        let first = portal.first.clone();
        portal.signal(signal);
        let (code, rest, errors) = portal.end();
        assert_eq!(code, Some(0), "{signal}");
        told += &format!("{first}{rest}{errors}\n");
    }
    snapshot!("sandbox", told);
}

#[test]
fn a_port_that_is_taken_is_an_error_that_names_it() {
    let portal = start(&[]);
    let (_, port) = portal.host().split_once(':').unwrap();
    let run = Machine::new().run(&format!("sandbox --port {port}"));
    assert_eq!(run.code, 1);
    assert!(run.stderr.starts_with(&format!("error: no sandbox at 127.0.0.1:{port}: ")), "{}", run.stderr);
}

#[test]
fn a_database_that_cannot_be_opened_is_reported_once_with_what_to_do() {
    let run = Machine::new().run("sandbox --port 0 --db missing/sandbox.db");
    assert_eq!(run.code, 1);
    assert_eq!(run.stderr.matches("unable to open").count(), 1, "{}", run.stderr);
    for part in ["missing/sandbox.db", "hint: --db names a file that you can write, in a folder that exists"] {
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
}

#[test]
fn ready_distinguishes_a_sandbox_from_nobody_and_from_others() {
    let ready = |address: &str| Machine::new().run(&format!("sandbox ready {address}"));
    let portal = start(&[]);
    let address = portal.field("control_url").strip_suffix("/_sandbox").unwrap().to_owned();
    assert_eq!(ready(&address).code, 0);
    drop(portal);
    let gone = ready(&address);
    assert_eq!(gone.code, 8);
    assert!(gone.stderr.starts_with(&format!("error: no sandbox responds at {address}")), "{}", gone.stderr);
    assert_eq!(ready(&serve(Answer::Say(200, "", "{}"))).code, 8);
}

#[test]
fn beyond_this_machine_the_credentials_are_generated() {
    let here = start(&[]);
    let everywhere = start(&["--bind", "0.0.0.0"]);
    assert_ne!(here.field("api_key"), everywhere.field("api_key"));
    assert_ne!(everywhere.field("api_key"), start(&["--bind", "0.0.0.0"]).field("api_key"));
}

/// What `nohup` does.
#[cfg(unix)]
#[test]
fn it_outlives_its_terminal_if_told_to() {
    let portal = start_with(&["--output", "json"], |command| built::ignoring("HUP", &command));
    portal.signal("-HUP");
    assert!(portal.get("base_url", "/courses").starts_with("HTTP/1.1 401"));
}
