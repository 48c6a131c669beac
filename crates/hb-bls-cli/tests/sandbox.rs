//! `hb-bls sandbox`, by the built binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod built;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::Value;

struct Portal {
    child: Child,
    output: BufReader<ChildStdout>,
    first: Value,
    _home: tempfile::TempDir,
}

const START: [&str; 5] = ["sandbox", "--port", "0", "--output", "json"];

impl Portal {
    fn start(more: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let command = built::command(home.path(), &[&START, more].concat());
        Self::of(command, home)
    }

    fn of(mut command: Command, home: tempfile::TempDir) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        Self { child, output, first: serde_json::from_str(&line).unwrap(), _home: home }
    }

    fn field(&self, name: &str) -> &str {
        self.first[name].as_str().unwrap()
    }

    fn get(&self, url: &str) -> String {
        let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn the_first_line_tells_where_it_is_and_how_to_get_in() {
    let portal = Portal::start(&[]);
    assert!(portal.field("base_url").starts_with("http://127.0.0.1:"));
    assert!(portal.field("base_url").ends_with("/api/v1"));
    assert!(portal.field("control_url").ends_with("/_sandbox"));
    assert!(!portal.field("hb_client_id").is_empty() && !portal.field("api_key").is_empty());
    let refused = portal.get(&format!("{}/courses", portal.field("base_url")));
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
    let clock = portal.get(&format!("{}/clock", portal.field("control_url")));
    assert!(clock.starts_with("HTTP/1.1 200"), "{clock}");
}

#[cfg(unix)]
#[test]
fn people_and_programs_are_told_what_it_is() {
    let mut told = String::new();
    for format in ["table", "json"] {
        let home = tempfile::tempdir().unwrap();
        let mut command = built::command(home.path(), &["sandbox", "--port", "0", "--output", format]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        output.read_line(&mut first).unwrap();
        // by then it listens for signals
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        output.read_to_string(&mut first).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut first).unwrap();
        assert!(child.wait().unwrap().success());
        told += &format!("{first}\n");
    }
    insta::with_settings!({filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT")],
        prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("sandbox", told);
    });
}

#[cfg(unix)]
#[test]
fn signals_end_it_cleanly() {
    for signal in ["-INT", "-TERM"] {
        let mut portal = Portal::start(&["--clock", "frozen"]);
        let sent = Command::new("kill").args([signal, &portal.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(portal.child.wait().unwrap().code(), Some(0), "{signal}");
        let mut rest = String::new();
        portal.output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }
}

#[test]
fn a_port_that_is_taken_is_an_error_that_names_it() {
    let portal = Portal::start(&[]);
    let port = portal.field("base_url").rsplit(':').next().unwrap().split('/').next().unwrap().to_owned();
    let home = tempfile::tempdir().unwrap();
    let output = built::command(home.path(), &["sandbox", "--port", &port]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with(&format!("error: no sandbox at 127.0.0.1:{port}: ")), "{error}");
}

#[test]
fn ready_tells_a_sandbox_from_nobody_and_from_others() {
    let home = tempfile::tempdir().unwrap();
    let ready = |url: &str| built::command(home.path(), &["sandbox", "ready", url]).output().unwrap();
    let portal = Portal::start(&[]);
    let address = portal.field("control_url").strip_suffix("/_sandbox").unwrap().to_owned();
    assert!(ready(&address).status.success());
    drop(portal);
    let gone = ready(&address);
    assert_eq!(gone.status.code(), Some(8));
    let error = String::from_utf8(gone.stderr).unwrap();
    assert!(error.starts_with(&format!("error: no sandbox answers at {address}")), "{error}");

    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", other.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        let mut request = [0; 1024];
        assert!(stream.read(&mut request).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").unwrap();
    });
    assert_eq!(ready(&address).status.code(), Some(8));
    server.join().unwrap();
}

#[test]
fn beyond_this_machine_the_credentials_are_generated() {
    let here = Portal::start(&[]);
    let everywhere = Portal::start(&["--bind", "0.0.0.0"]);
    assert_ne!(here.field("api_key"), everywhere.field("api_key"));
    assert_ne!(everywhere.field("api_key"), Portal::start(&["--bind", "0.0.0.0"]).field("api_key"));
}

/// What `nohup` does.
#[cfg(unix)]
#[test]
fn it_outlives_its_terminal_if_told_to() {
    let home = tempfile::tempdir().unwrap();
    let portal = Portal::of(built::ignoring("HUP", &built::command(home.path(), &START)), home);
    let id = portal.child.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    assert!(portal.get(&format!("{}/courses", portal.field("base_url"))).starts_with("HTTP/1.1 401"));
}
