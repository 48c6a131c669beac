//! What holds for every output.

use std::{io::Read as _, process::Stdio};

use hb_bls_sandbox::Seed;
use serde_json::Value;

use crate::{
    canned::{Answer, serve},
    machine::{Machine, Portal},
};

const HOSTILE: &str =
    r#"{"data":[{"id":1,"name":"a\u001b[2J\u009b31m\nb\u202e=","price":1.5},{"id":2,"name":"=HYPERLINK(1)"}]}"#;

fn hostile() -> Machine {
    let url = serve(Answer::Say(200, "", HOSTILE));
    Machine::at_url(&url)
}

#[test]
fn no_format_passes_on_what_a_terminal_obeys() {
    let machine = hostile();
    for format in ["table", "json", "jsonl", "csv"] {
        let run = machine.run(&format!("courses list --output {format}"));
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(!run.stdout.chars().any(|char| char.is_control() && char != '\n'), "{:?}", run.stdout);
    }
    let names: Value = machine.run("courses list --output json").json();
    assert_eq!(names[0]["name"], "a\u{1b}[2J\u{9b}31m\nb\u{202e}=");
    let table = machine.run("courses list").stdout;
    assert_eq!(table.lines().count(), 3, "{table}");
}

#[test]
fn no_csv_is_a_formula() {
    let csv = hostile().run("courses list --output csv").stdout;
    assert!(csv.lines().any(|line| line == "2,'=HYPERLINK(1),,"), "{csv}");
}

#[test]
fn output_is_plain_when_piped_unless_colour_is_asked_for() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let escapes = |run: &crate::machine::Run| run.stdout.contains('\u{1b}') || run.stderr.contains('\u{1b}');
    for line in ["courses list", "bookings get 99", "courses list --output json", "--help", "demo --dir demo"] {
        assert!(!escapes(&machine.run(line)), "{line}");
    }
    for line in ["courses list --color always", "bookings get 99 --color always"] {
        assert!(escapes(&machine.run(line)), "{line}");
    }
    let forced = machine.with("CLICOLOR_FORCE", "1");
    assert!(escapes(&forced.run("courses list")));
    assert!(!escapes(&forced.run("courses list --color never")));
    let no_color = forced.with("NO_COLOR", "1");
    assert!(!escapes(&no_color.run("courses list")));
}

#[test]
fn the_same_question_gets_the_same_answer() {
    let portal = Portal::seeded(250);
    let machine = Machine::at(&portal);
    for format in ["table", "json", "jsonl", "csv"] {
        let line = format!("bookings list --output {format}");
        let first = machine.run(&line);
        assert_eq!(first.code, 0, "{}", first.stderr);
        assert_eq!(first.stdout, machine.run(&line).stdout);
    }
    let array = machine.run("bookings list --output json").json();
    assert_eq!(array.as_array().unwrap().len(), 250);
    let lines = machine.run("bookings export --format jsonl").stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Value::from(lines), array);
    assert!(machine.run("bookings get 7 --output json").json().is_object());
}

/// A list that breaks off leaves what came before, and a document that can be read.
#[test]
fn a_list_that_breaks_off_keeps_what_came() {
    let page = r#"{"data":[{"id":1}],"meta":{"current_page":1,"last_page":9},"links":{"next":"x"}}"#;
    let url = serve(Answer::Say(200, "", page));
    let machine = Machine::at_url(&url);
    for format in ["table", "json", "jsonl", "csv"] {
        let run = machine.run(&format!("bookings list --output {format}"));
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(run.stdout.contains('1'), "{format}");
        if format == "json" {
            assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap().as_array().unwrap().len(), 1);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_quietly() {
    let portal = Portal::seeded(2000);
    let machine = Machine::at(&portal);
    for format in ["table", "json", "jsonl", "csv"] {
        let mut command = machine.command(&["bookings", "list", "--sort", "portal", "--output", format]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut some = [0; 10];
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut some).unwrap();
        drop(stdout);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{format}");
    }
    // nobody reads it from the start
    for line in ["--help", "completions bash", "man", "courses list"] {
        let args: Vec<&str> = line.split(' ').collect();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = machine.command(&args).stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output();
        let output = output.unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{line}");
    }
}

/// The most memory that a process had so far, in KiB.
#[cfg(target_os = "linux")]
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_long_list_streams_in_constant_memory() {
    use std::io::{BufRead as _, BufReader};

    const ROWS: usize = 10_000;
    let portal = Portal::start_with(|builder| builder.rate_limit(false));
    portal.run(async |sandbox| sandbox.seed(Seed::default().bookings(10_000)).await);
    let machine = Machine::at(&portal);
    let mut command = machine.command(&["bookings", "list", "--output", "jsonl", "--sort", "portal"]);
    // an allocator that starts another arena for another thread says nothing about the rows
    let mut child = command.env("MALLOC_ARENA_MAX", "1").stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.by_ref().take(ROWS / 10).all(|line| line.is_ok()));
    let early = peak(child.id());
    // the rest does not fit into the pipe, so it is still at work
    assert!(lines.by_ref().take(ROWS * 8 / 10).all(|line| line.is_ok()));
    let late = peak(child.id());
    assert!(lines.count() >= ROWS / 10 - 1);
    assert!(child.wait().unwrap().success());
    assert!(late < early + 1024, "{early} KiB after a tenth, {late} KiB after nine");
}
