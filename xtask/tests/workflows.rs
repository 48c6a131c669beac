//! What the workflows run is shell that parses, and calls commands that are there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
// the scripts are for the tools of GNU
#[cfg(target_os = "linux")]
#[path = "workflows/running.rs"]
mod running;

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use clap::Parser as _;
use serde_json::Value;
use xtask::cli::Cli;

/// The workflows by file name.
fn workflows() -> Vec<(String, Value)> {
    let folder = common::root().join(".github/workflows");
    let mut found: Vec<(String, Value)> = fs::read_dir(folder)
        .unwrap()
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let value = openapi_drift::parse(&name, &fs::read(path).unwrap()).unwrap();
            (name, value)
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// A step with what messages call it.
struct Step<'a> {
    place: String,
    job: &'a Value,
    value: &'a Value,
}

impl<'a> Step<'a> {
    fn script(&self) -> Option<&'a str> {
        self.value["run"].as_str()
    }
}

fn steps(workflows: &[(String, Value)]) -> Vec<Step<'_>> {
    let mut found = Vec::new();
    for (file, workflow) in workflows {
        for (name, job) in workflow["jobs"].as_object().unwrap() {
            for (index, value) in job["steps"].as_array().unwrap().iter().enumerate() {
                let named = value["name"].as_str().map_or_else(|| index.to_string(), str::to_owned);
                found.push(Step { place: format!("{file}: {name}: {named}"), job, value });
            }
        }
    }
    found
}

#[test]
fn every_script_is_shell() {
    let workflows = workflows();
    let mut count = 0;
    for step in steps(&workflows) {
        let Some(script) = step.script() else { continue };
        count += 1;
        let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = bash.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.is_empty(), "{}: {told}", step.place);
        // what comes from outside is passed by `env`, or it could be code
        assert!(!script.contains("${{"), "{}: an expression is part of the script", step.place);
    }
    assert!(count >= 10, "only {count} scripts are seen");
    let shells: Vec<&Value> = workflows.iter().map(|(_, workflow)| &workflow["defaults"]["run"]["shell"]).collect();
    assert!(shells.iter().all(|shell| shell.is_null() || *shell == "bash"), "{shells:?}");
}

/// The words of each call of a command in a script, up to what redirects or follows it.
fn calls<'a>(script: &'a str, command: &str) -> Vec<Vec<&'a str>> {
    let code = script.lines().filter(|line| !line.trim_start().starts_with('#'));
    let starts = code.flat_map(|line| line.match_indices(command).map(|(at, _)| &line[at + command.len()..]));
    let is_word = |word: &&str| !["|", "||", "&&", ";", "<", ">", ">>", "2>&1", "then", "\\"].contains(word);
    starts.map(|rest| rest.split_whitespace().map_while(|word| Some(word).filter(is_word)).collect()).collect()
}

#[test]
fn our_own_commands_are_understood() {
    let workflows = workflows();
    let mut seen = Vec::new();
    for step in steps(&workflows) {
        for words in calls(step.script().unwrap_or_default(), "cargo xtask ") {
            let mut line = vec!["cargo xtask"];
            line.extend(&words);
            // read from the environment there
            if words.first() == Some(&"pull") && step.value["env"].get("BLS_PORTAL").is_some() {
                line.extend(["--from", "https://portal.example/"]);
            }
            if let Err(error) = Cli::try_parse_from(&line) {
                panic!("{}: {error}", step.place);
            }
            seen.push(words.join(" "));
        }
    }
    assert_eq!(seen, ["drift --base HEAD --format markdown --fail-on never", "pull --format markdown"]);
}

#[test]
fn what_is_called_by_name_is_there() {
    let workflows = workflows();
    let mut seen = Vec::new();
    for step in steps(&workflows) {
        let script = step.script().unwrap_or_default();
        let packages =
            script.match_indices("-p ").filter_map(|(at, _)| script[at + 3..].split([' ', '"', '\n']).next());
        for package in packages.filter(|name| name.starts_with(|letter: char| letter.is_ascii_lowercase())) {
            let manifest = ["crates", ""].map(|folder| common::root().join(folder).join(package).join("Cargo.toml"));
            assert!(manifest.iter().any(|path| path.exists()), "{}: there is no package {package}", step.place);
            seen.push(package);
        }
        for file in script.split_whitespace().filter(|word| word.starts_with(".ci/")) {
            assert!(common::root().join(file).exists(), "{}: there is no {file}", step.place);
            seen.push(file);
        }
        // outputs of steps and jobs that do not exist are empty, and nothing says so
        let told = step.value.to_string();
        for id in told.match_indices("steps.").filter_map(|(at, _)| told[at + 6..].split('.').next()) {
            let all = step.job["steps"].as_array().unwrap();
            assert!(all.iter().any(|step| step["id"] == id), "{}: there is no step {id}", step.place);
            seen.push("a step");
        }
        let needed = step.value["env"].to_string();
        for id in needed.match_indices("needs.").filter_map(|(at, _)| needed[at + 6..].split('.').next()) {
            assert_eq!(step.job["needs"], id, "{}", step.place);
            seen.push("a job");
        }
    }
    for expected in ["openapi-drift", "xtask", "hb-bls-gen", ".ci/run", "a step", "a job"] {
        assert!(seen.contains(&expected), "{expected} is not among {seen:?}");
    }
}
