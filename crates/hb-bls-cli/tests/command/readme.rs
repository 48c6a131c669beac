//! What the README quotes is what the command prints.

use std::{path::Path, process::Command};

use crate::{
    machine::{Machine, Portal},
    terminal::{on_terminal, plain},
};

const README: &str = include_str!("../../README.md");

/// The commands of the README that begin so, and the output that stands below each.
fn quoted(beginning: &str) -> Vec<(String, String)> {
    let blocks = README.split("\n$ ").skip(1).filter(|block| block.starts_with(beginning));
    let block = |block: &str| {
        let block = block.split("\n```").next().unwrap().replace("\\\n", "");
        let (command, output) = block.split_once('\n').unwrap();
        (command.to_owned(), output.trim_end().to_owned())
    };
    blocks.map(block).collect()
}

/// The hash of a hold is another each time.
fn normalised(text: &str) -> String {
    let is_hash = |word: &str| word.len() == 32 && word.chars().all(|char| char.is_ascii_alphanumeric());
    let words = text.split(['`', ' ']).filter(|word| is_hash(word));
    words.fold(text.to_owned(), |text, hash| text.replace(hash, "HASH"))
}

#[test]
fn lists() {
    let portal = Portal::seeded(3);
    let machine = Machine::at(&portal);
    for beginning in ["account", "slots", "bookings list\n", "certificates"] {
        let (command, output) = quoted(&format!("hb-bls {beginning}")).remove(0);
        let printed = plain(&on_terminal(&machine, command.strip_prefix("hb-bls ").unwrap(), 120));
        // dots stand for what is left out
        match output.strip_suffix("\n...") {
            Some(first) => assert!(printed.starts_with(first), "{command}:\n{printed}"),
            None => assert_eq!(printed.trim_end(), output, "{command}"),
        }
    }
    assert_eq!(machine.run("holds create --course 1 --date 2026-06-08 --time 09:00").code, 0);
    let (command, output) = quoted("hb-bls holds").remove(0);
    let refused = machine.run(command.strip_prefix("hb-bls ").unwrap());
    assert_eq!(normalised(refused.stderr.trim_end()), normalised(&output));
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
    let run = |line: &str| {
        let plain = machine.command(&[]);
        let folder = Path::new(plain.get_program()).parent().unwrap().to_owned();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("exec 2>&1; {line}")]).env_clear().current_dir(machine.home.path());
        command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", folder);
        String::from_utf8(command.output().unwrap().stdout).unwrap().trim_end().to_owned()
    };
    let quoted = quoted("hb-bls book ");
    assert_eq!(quoted.len(), 3);
    for (line, output) in quoted {
        assert_eq!(run(&line), output.replace("2026-11-23", "2026-06-08"), "{line}");
        if line.contains(" --dry-run") {
            // of the booking itself the names of the fields
            let names = |text: &str| text.lines().map(|line| line[..23.min(line.len())].to_owned()).collect::<Vec<_>>();
            let (_, rest) = README.split_once("without `--dry-run`:\n\n```console\n").unwrap();
            assert_eq!(names(&run(&line.replace(" --dry-run", ""))), names(rest.split("\n```").next().unwrap()));
        }
    }
}
