//! Saving certificates.

use std::process::{Command, Stdio};

use hb_bls_sandbox::{Fault, FaultKind};

use crate::{
    built,
    machine::{Machine, Portal},
    snapshot,
};

/// Bookings 1 (cancelled) and 2 (no show) have no certificate, 3 to 5 have one.
fn portal() -> Portal {
    Portal::seeded(5)
}

/// Those of 5, 4 and 3.
const NAMES: [&str; 3] = [
    "2026-05-31 Priya Evans (booking 5).pdf",
    "2026-06-01 Ștefan Desai (booking 4).pdf",
    "2026-06-02 Grace Kowalski (booking 3).pdf",
];

fn saved(machine: &Machine, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(machine.home.path().join(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn by_id_or_all_that_there_are() {
    let portal = portal();
    let machine = Machine::at(&portal);
    let session = machine.session(&[
        "certificates download 3 --dir some/folder",
        "certificates download 3 4 --dir some/folder --output json",
        "certificates download --all-available --dir some/folder",
        "certificates download --all-available --dir some/folder --output jsonl",
        "certificates download --all-available --dir some/folder --output csv",
        "certificates download --all-available --dir some/folder --since 1/6/2026",
        "certificates download 1",
        "certificates download 1 --output json",
        "certificates download",
        "certificates download 3 --all-available",
        "certificates download 3 --since today",
        "certificates download 3 --name-template {date}",
    ]);
    snapshot!("certificates", session);
    assert_eq!(saved(&machine, "some/folder"), NAMES);
    let pdf = std::fs::read(machine.home.path().join("some/folder").join(NAMES[0])).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &str| machine.home.path().join(path).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("some/folder"), mode(&format!("some/folder/{}", NAMES[0]))), (0o700, 0o600));
    }
    // what is there already is not asked for again
    assert_eq!(portal.count("GET", "/api/v1/bookings/5/certificate"), 1);
}

#[test]
fn one_that_fails_leaves_the_rest() {
    let portal = portal();
    let machine = Machine::at(&portal);
    let session = machine.session(&["certificates download 1 3 99 5 --dir here", "certificates download 99 3"]);
    snapshot!("certificates-some-fail", session);
    assert_eq!(saved(&machine, "here"), [NAMES[0], NAMES[2]]);
}

#[test]
fn a_failure_of_the_portal_over_one_leaves_the_rest() {
    let portal = portal();
    let machine = Machine::at(&portal);
    // with all attempts of the client
    portal.inject(Fault::status("downloadCertificate", 500).times(4));
    let run = machine.run("certificates download --all-available --dir here");
    assert_eq!(run.code, 9, "{}", run.stderr);
    assert!(run.stderr.starts_with("error: cannot save the certificate of booking "), "{}", run.stderr);
    assert_eq!(saved(&machine, "here").len(), 2);
    assert_eq!(machine.run("certificates download --all-available --dir here").code, 0);
    assert_eq!(saved(&machine, "here").len(), 3);
}

#[test]
fn failures_in_a_row_end_the_work_and_name_what_is_not_saved() {
    let portal = portal();
    let machine = Machine::at(&portal);
    let line = "certificates download 3 4 1 5 6 7 8 9 --dir here --timeout 300ms";
    let fault = Fault::new("downloadCertificate", FaultKind::ResetBefore).times(99);
    portal.inject(fault);
    let run = machine.run(&format!("{line} --output json"));
    assert_eq!(run.code, 8, "{}", run.stderr);
    let error = run.error();
    let fields: Vec<_> = error["fields"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields, ["booking 1", "booking 3", "booking 4"]);
    assert_eq!(portal.count("GET", "/api/v1/bookings/5/certificate"), 0);
    assert!(error["message"].as_str().unwrap().contains("no others were tried after 3 failures in a row"), "{error}");
}

/// Nobody reads on, and all is saved; what fails is not hidden by that.
#[test]
fn a_closed_pipe_does_not_cut_the_work_short() {
    let portal = portal();
    let machine = Machine::at(&portal);
    let closed = |line: &str| {
        let mut command = machine.command(&line.split(' ').collect::<Vec<_>>());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for format in ["table", "json", "jsonl", "csv"] {
        let ended = closed(&format!("certificates download --all-available --dir {format} --output {format}"));
        assert_eq!(ended, (Some(0), String::new()), "{format}");
        assert_eq!(saved(&machine, format).len(), 3, "{format}");
    }
    let (code, error) = closed("certificates download 3 1 4 --dir some --output csv");
    assert_eq!(code, Some(6), "{error}");
    assert_eq!(saved(&machine, "some").len(), 2);
}

#[test]
fn a_file_that_is_there_is_not_half_replaced() {
    let portal = portal();
    let machine = Machine::at(&portal);
    let file = machine.home.path().join("certificate-3.pdf");
    std::fs::write(&file, "as before").unwrap();
    portal.inject(Fault::new("downloadCertificate", FaultKind::Truncate).times(9));
    let run = machine.run("certificates download 3 --timeout 2s --name-template certificate-{id}");
    assert_ne!(run.code, 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "as before");
    assert_eq!(saved(&machine, ".").len(), 2, "only it and the configuration");
}

/// A line says how far it is and what it waits for, and after Ctrl-C what is saved and what is left.
#[cfg(unix)]
#[test]
fn a_terminal_shows_how_far_it_is_also_after_ctrl_c() {
    let portal = Portal::seeded(60);
    let machine = Machine::at(&portal);
    let mut refused = Fault::status("downloadCertificate", 429);
    refused.retry_after = Some(60);
    let line = ["certificates", "download", "--all-available", "--dir", "here"];
    portal.inject(Fault::latency("downloadCertificate", 200).times(1));
    let (terminal, mut child) = built::on_terminal(&machine.command(&line), 80);
    let mut seen = built::until_seen(&terminal, "1 saved · 0 failed · ");
    portal.inject(refused);
    seen += &built::until_seen(&terminal, "rate limit reached, continuing in ");
    let there = saved(&machine, "here").len();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    seen += &built::rest(&terminal);
    assert_eq!(child.wait().unwrap().code(), Some(130), "{seen}");
    assert_eq!(saved(&machine, "here").len(), there, "nothing is half saved");
    assert!(!seen.contains("rate limit reached; "), "the bar says it: {seen}");
    let told = anstream::adapter::strip_str(&seen).to_string();
    assert!(told.contains(&format!("error: stopped: {there} saved, ")), "{told}");
    assert!(told.contains(" left\n") && told.contains("run the same command again to continue"), "{told}");
}
