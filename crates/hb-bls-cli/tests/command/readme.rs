//! What the README quotes is what the command prints.

use std::{path::Path, process::Command};

use crate::{
    machine::{Machine, Portal},
    sheets,
};

const README: &str = include_str!("../../README.md");

/// The commands of a text that begin so, and the output that stands below each.
fn quoted(text: &str, beginning: &str) -> Vec<(String, String)> {
    let blocks = text.split("\n$ ").skip(1).filter(|block| block.starts_with(beginning));
    let block = |block: &str| {
        let block = block.split("\n```").next().unwrap().replace("\\\n", "");
        let (command, output) = block.split_once('\n').unwrap();
        (command.to_owned(), output.trim_end().to_owned())
    };
    blocks.map(block).collect()
}

/// A line in a shell, and all that it prints.
fn in_shell(machine: &Machine, line: &str) -> String {
    let plain = machine.command(&[]);
    let folder = Path::new(plain.get_program()).parent().unwrap().to_owned();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("exec 2>&1; {line}")]).env_clear().current_dir(machine.home.path());
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", folder);
    String::from_utf8(command.output().unwrap().stdout).unwrap().trim_end().to_owned()
}

/// The lines of the tour, each with what stands below it.
fn tour() -> Vec<(&'static str, String)> {
    let (_, tour) = README.split_once("## A Monday\n").unwrap();
    let blocks = tour.split("\n## ").next().unwrap().split("```console\n").skip(1);
    let blocks = blocks.map(|block| block.split("\n```").next().unwrap());
    let lines = blocks.flat_map(|block| format!("\n{block}").leak().split("\n$ ").skip(1));
    lines
        .map(|step| step.split_once('\n').unwrap_or((step, "")))
        .map(|(line, output)| (line, output.to_owned()))
        .collect()
}

/// In a pipe what a log would have, without the names of candidates.
#[test]
fn a_monday() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let file = machine.home.path().join("starters.xlsx");
    let starters = |email: &str| {
        let rows = [
            "First name,Last name,Email,Phone,Address,City,Postcode,Job role",
            "Ada,Lovelace,ada@example.com,07700 900101,12 St James's Square,London,SW1Y 4JH,Nurse",
            &format!("Grace,Hopper,{email},07700 900102,4 Harbour Street,Leeds,LS1 4AP,Nurse"),
            "Joan,Clarke,joan@example.com,07700 900103,9 Mill Lane,Bletchley,MK3 6EB,Healthcare Assistant",
        ];
        rows.map(|row| row.split(',').map(str::to_owned).collect::<Vec<_>>())
    };
    let steps = tour();
    assert_eq!(steps.len(), 10);
    let (mut printed, mut written) = (String::new(), String::new());
    for (line, output) in steps {
        sheets::write(&file, &starters(if line.ends_with("--check") { "grace" } else { "grace@example.com" }));
        if line.contains("certificates") {
            portal.run(async |sandbox| sandbox.complete(1).await);
            portal.run(async |sandbox| sandbox.return_kit(1).await);
        }
        printed += &format!("$ {line}\n{}\n", in_shell(&machine, line));
        written += &format!("$ {line}\n{output}\n");
    }
    assert_eq!(printed, written);
    assert!(machine.home.path().join("trainings.ics").exists());
}

/// One after the other, since each finds what the ones before have booked. The README was written on another day.
#[test]
fn bookings() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let (_, csv) = README.split_once("```csv\n").unwrap();
    let candidates = csv.split("```").next().unwrap();
    std::fs::write(machine.home.path().join("candidates.csv"), candidates).unwrap();
    std::fs::write(machine.home.path().join("broken.csv"), candidates.replace("grace@", "grace")).unwrap();
    let run = |line: &str| in_shell(&machine, line);
    let (_, after) = README.split_once("## Book\n").unwrap();
    let quoted = quoted(after, "hb-bls book ");
    assert_eq!(quoted.len(), 3);
    for (line, output) in quoted {
        assert_eq!(run(&line), output, "{line}");
        if line.contains(" --dry-run") {
            // of the booking itself the names of the fields
            let names = |text: &str| text.lines().map(|line| line[..23.min(line.len())].to_owned()).collect::<Vec<_>>();
            let (_, rest) = README.split_once("without `--dry-run`:\n\n```console\n").unwrap();
            assert_eq!(names(&run(&line.replace(" --dry-run", ""))), names(rest.split("\n```").next().unwrap()));
        }
    }
}
