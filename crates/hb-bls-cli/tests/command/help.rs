//! The help of the whole tree.

use crate::{machine::Machine, snapshot};

/// The help of a command and of all below it.
fn walk(machine: &Machine, path: &str, pages: &mut Vec<(String, String)>) {
    let run = machine.run(&format!("{path} --help"));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{path}");
    let below = run.stdout.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<String> = below
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|name| name != "help")
        .collect();
    pages.push((path.trim().to_owned(), run.stdout));
    for name in names {
        walk(machine, &format!("{path} {name}"), pages);
    }
}

#[test]
fn every_command_explains_itself() {
    let machine = Machine::new();
    let mut pages = Vec::new();
    walk(&machine, "", &mut pages);
    let paths: Vec<&str> = pages.iter().map(|(path, _)| path.as_str()).collect();
    snapshot!("tree", paths.join("\n"));
    for (path, page) in &pages {
        let name = if path.is_empty() { "hb-bls".to_owned() } else { path.replace(' ', "-") };
        snapshot!(format!("help-{name}"), page);
    }
}

/// Wherever a day is asked for, the help shows how one is written.
#[test]
fn every_date_has_an_example() {
    let mut pages = Vec::new();
    walk(&Machine::new(), "", &mut pages);
    let mut dates = 0;
    for (path, page) in &pages {
        // an option or an argument begins a paragraph
        for paragraph in page.split("\n\n").filter(|text| text.lines().any(is_date)) {
            dates += 1;
            assert!(paragraph.contains("/2026"), "{path}: {paragraph}");
        }
    }
    assert!(dates >= 10, "{dates}");
}

fn is_date(line: &str) -> bool {
    let line = line.trim();
    line == "<DATE>" || (line.starts_with("--") && line.ends_with(" <DATE>"))
}

/// What the environment holds is no part of the help.
#[test]
fn help_shows_no_value_of_the_environment() {
    let machine = Machine::new().with("HB_BLS_API_KEY", "sesame");
    let mut pages = Vec::new();
    walk(&machine, "", &mut pages);
    let mut variables = 0;
    for (path, page) in &pages {
        assert!(!page.contains("sesame"), "{path}: {page}");
        for shown in page.split("[env: ").skip(1).map(|rest| rest.split(']').next().unwrap()) {
            variables += 1;
            assert!(!shown.contains('='), "{path} would show the value of {shown}");
        }
    }
    assert!(variables >= 5, "{variables}");
}

#[test]
fn without_a_command_the_help_is_shown_and_nothing_done() {
    let machine = Machine::new();
    for line in ["", "bookings"] {
        let run = machine.run(line);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{line}");
        assert!(run.stderr.contains("Usage: hb-bls"), "{}", run.stderr);
        // what to do first on a new machine
        let first = ["# the first time on this machine: log in\n  hb-bls auth login\n", "hb-bls demo\n"];
        assert!(!line.is_empty() || first.iter().all(|first| run.stderr.contains(first)), "{}", run.stderr);
        let with_account = Machine::with_account("https://agency.example/api/v1", "poppy", "sesame").run(line);
        assert_eq!((with_account.code, with_account.stdout.as_str()), (2, ""), "{line}");
        assert_eq!(with_account.stderr, run.stderr, "{line}: whatever the environment holds");
    }
    let run = machine.run("bookings --output json");
    assert_eq!(run.code, 2);
    assert_eq!(run.error()["kind"], "usage");
}

#[test]
fn help_is_plain_when_piped_unless_colour_is_asked_for() {
    let machine = Machine::new();
    assert!(!machine.run("--help").stdout.contains('\u{1b}'));
    assert!(machine.run("--help --color always").stdout.contains('\u{1b}'));
    assert!(!machine.with("CLICOLOR_FORCE", "1").run("--help --color never").stdout.contains('\u{1b}'));
}
