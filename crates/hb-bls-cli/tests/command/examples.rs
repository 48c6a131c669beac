//! Every example in the help works, one after the other, as a person types them.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use hb_bls::{BookRequest, CourseId, PayOption};
use hb_bls_sandbox::ClockMode;

use crate::{
    canned,
    machine::{Machine, Portal},
};

const EXAMPLES: &str = include_str!("../../src/examples.txt");

const CANDIDATES: &str = "\
First name,Last name,Email,Phone,Address,City,Postcode,Job title
Ada,Lovelace,ada@example.com,07700 900101,1 Mill Lane,London,SW1A 1AA,Nurse
";

/// The commands and their lines.
fn examples() -> Vec<(&'static str, Vec<&'static str>)> {
    let blocks = EXAMPLES.trim_end().split("\n\n").map(|block| {
        let (title, lines) = block.split_once('\n').unwrap();
        let path = title.strip_prefix('[').unwrap().strip_suffix(']').unwrap();
        (path, lines.lines().filter(|line| !line.starts_with('#')).collect())
    });
    blocks.collect()
}

/// A line in a shell, with what its environment lacks on this machine.
fn shell(machine: &Machine, line: &str) -> Command {
    let plain = machine.command(&[]);
    let folder = Path::new(plain.get_program()).parent().unwrap().to_owned();
    let path = std::env::join_paths([machine.home.path().join("bin"), folder, "/usr/bin".into(), "/bin".into()]);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]).env_clear().current_dir(machine.home.path()).stdin(Stdio::null());
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", path.unwrap());
    command
}

#[test]
fn each_command_has_examples_that_fit_on_a_line() {
    let machine = Machine::new();
    assert_eq!(machine.run("man --dir pages").code, 0);
    let pages = std::fs::read_dir(machine.home.path().join("pages")).unwrap();
    let mut without = BTreeSet::new();
    for page in pages.map(Result::unwrap) {
        let text = std::fs::read_to_string(page.path()).unwrap();
        let is_group = text.contains(".SH SUBCOMMANDS");
        if !is_group && !text.contains(".SH EXAMPLES") {
            without.insert(page.file_name());
        }
    }
    assert!(without.is_empty(), "add these to src/examples.txt: {without:?}");
    for line in EXAMPLES.lines() {
        assert!(line.chars().count() <= 78, "{line}");
    }
    for (path, lines) in examples() {
        let help = machine.run(&format!("{path} --help"));
        assert_eq!(help.code, 0, "there is no command {path}");
        for line in lines {
            assert!(help.stdout.contains(&format!("\n  {line}\n")), "{path} does not show: {line}");
            let is_its_own = line.strip_prefix("hb-bls ").is_some_and(|rest| rest.starts_with(path));
            assert!(is_its_own, "{path}: {line}");
        }
    }
}

/// Eight bookings, of which the second has a certificate and the third is to be paid.
fn portal() -> Portal {
    let clock = ClockMode::Frozen("2026-06-05T10:00:00Z".parse().unwrap());
    let portal = Portal::start_with(|builder| builder.rate_limit(false).clock(clock));
    let client = portal.client();
    for number in 1..=8 {
        let mut details = hb_bls::testing::booking_details();
        if number == 3 {
            details.pay_option = PayOption::CandidatePays;
        }
        let request = BookRequest::earliest(CourseId::new(1), details);
        assert_eq!(portal.wait(client.book(&request)).unwrap().id.get(), number);
    }
    portal.run(async |sandbox| sandbox.complete(2).await);
    portal.run(async |sandbox| sandbox.return_kit(2).await);
    portal
}

/// Runs what goes on until Ctrl-C: it has printed its first line, and when `meanwhile` has happened, another.
fn until_stopped(mut command: Command, meanwhile: Option<&dyn Fn()>) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().expect("it did not start").unwrap();
    if let Some(meanwhile) = meanwhile {
        meanwhile();
        lines.next().expect("it has ended").unwrap();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}

#[test]
fn each_example_works() {
    let portal = portal();
    let receiver = canned::serve(canned::Answer::Say(200, "", "{}")).replace("/api/v1", "/");
    let machine = Machine::at(&portal).with("HB_BLS_CONTROL_URL", portal.sandbox.control_url());
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/compose/seed.yaml");
    std::fs::copy(seed, machine.home.path().join("seed.yaml")).unwrap();
    // no browser is to be started
    let bin = machine.home.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    for name in ["xdg-open", "open"] {
        std::fs::write(bin.join(name), "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(bin.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    }

    let mut hold = String::new();
    for (path, lines) in examples() {
        for example in lines {
            let line = example
                .replace("HASH", &hold)
                .replace("7f3c9a", &portal.sandbox.credentials().hb_client_id)
                .replace("http://127.0.0.1:3000/", &receiver);
            match path {
                "listen" => {
                    let book = || drop(machine.run("trigger booking.created"));
                    until_stopped(shell(&machine, &format!("exec {line}")), Some(&book));
                    continue;
                }
                "watch" if !line.contains("--once") => {
                    until_stopped(shell(&machine, &format!("exec {line}")), None);
                    continue;
                }
                "sandbox" => {
                    until_stopped(shell(&machine, &format!("exec {line} --port 0")), None);
                    continue;
                }
                _ => {}
            }
            let line = match path {
                // without the pauses
                "watch" | "reconcile" => format!("{line} --requests-per-minute 60000"),
                "sandbox ready" => format!("{line} {}", portal.sandbox.page_url()),
                _ => line,
            };
            let output = shell(&machine, &line).output().unwrap();
            let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            if example == "hb-bls book --course 1" {
                // without a terminal nobody can be asked
                assert!(output.status.code() == Some(2) && stderr.contains("missing"), "{example}: {stderr}");
                continue;
            }
            assert!(output.status.success(), "{example}\n{stdout}\n{stderr}");
            match path {
                "holds create" => {
                    let is_hash = |word: &&str| word.len() == 32 && word.chars().all(char::is_alphanumeric);
                    hold = stdout.split_whitespace().find(is_hash).unwrap().to_owned();
                }
                "book" if line.contains("--template") => {
                    let file = machine.home.path().join("candidates.csv");
                    assert!(file.exists());
                    std::fs::write(file, CANDIDATES).unwrap();
                }
                _ => {}
            }
        }
    }
    for (file, is_there) in [("bookings.xlsx", true), ("man/hb-bls-bookings-list.1", true)] {
        assert_eq!(machine.home.path().join(file).exists(), is_there, "{file}");
    }
}
