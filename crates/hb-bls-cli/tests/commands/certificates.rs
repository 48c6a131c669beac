//! Saving certificates.

use hb_bls_sandbox::{Fault, FaultKind, Seed};

use crate::{
    machine::{Machine, Portal},
    snapshot,
};

/// Bookings 1 (cancelled) and 2 (no show) have no certificate, 3 to 5 have one.
fn portal() -> Portal {
    let portal = Portal::start();
    portal.run(async |sandbox| sandbox.seed(Seed { bookings: 5, ..Seed::default() }).await);
    portal
}

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
        "certificates download 1",
        "certificates download 1 --output json",
        "certificates download",
        "certificates download 3 --all-available",
    ]);
    snapshot!("certificates", session);
    assert_eq!(saved(&machine, "some/folder"), ["certificate-3.pdf", "certificate-4.pdf", "certificate-5.pdf"]);
    let pdf = std::fs::read(machine.home.path().join("some/folder/certificate-5.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &str| machine.home.path().join(path).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("some/folder"), mode("some/folder/certificate-5.pdf")), (0o700, 0o600));
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
    assert_eq!(saved(&machine, "here"), ["certificate-3.pdf", "certificate-5.pdf"]);
}

#[test]
fn a_file_that_is_there_is_not_half_replaced() {
    let portal = portal();
    let machine = Machine::at(&portal);
    let file = machine.home.path().join("certificate-3.pdf");
    std::fs::write(&file, "as before").unwrap();
    portal.run(async |sandbox| sandbox.inject(Fault::new("downloadCertificate", FaultKind::Truncate).times(9)).await);
    let run = machine.run("certificates download 3 --timeout 2s");
    assert_ne!(run.code, 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "as before");
    assert_eq!(saved(&machine, ".").len(), 2, "only it and the configuration");
}
