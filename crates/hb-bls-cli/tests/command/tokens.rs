//! Tokens are kept from one run to the next.

use std::process::Stdio;

use hb_bls_sandbox::Fault;

use crate::machine::{Machine, Portal};

fn token_requests(portal: &Portal) -> usize {
    portal.count("POST", "/api/v1/auth/token") + portal.count("POST", "/api/v1/auth/refresh")
}

fn run_at_once(machine: &Machine) {
    let start = || machine.command(&["courses", "list"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let children: Vec<_> = (0..8).map(|_| start()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn runs_share_a_token() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    for _ in 0..3 {
        assert_eq!(machine.run("courses list").code, 0);
    }
    assert_eq!(token_requests(&portal), 1);
    // other credentials get their own
    assert_eq!(machine.with("HB_BLS_API_KEY", "sesame").run("courses list").code, 3);
}

/// Eight at once, all of which find no token, while the portal takes its time: one asks, the others wait for it.
#[test]
fn processes_at_once_ask_once() {
    let portal = Portal::start();
    portal.inject(Fault::latency("createToken", 300));
    let machine = Machine::at(&portal);
    run_at_once(&machine);
    assert_eq!(token_requests(&portal), 1);
}

/// The same when the token they have is refused, and is to be renewed: a refresh token works once.
#[test]
fn processes_at_once_refresh_once() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    assert_eq!(machine.run("courses list").code, 0);
    // for the portal an hour has passed, for the command hardly any time
    portal.run(async |sandbox| sandbox.advance(std::time::Duration::from_secs(3601)).await);
    portal.inject(Fault::latency("refreshToken", 300));
    run_at_once(&machine);
    assert_eq!(portal.count("POST", "/api/v1/auth/refresh"), 1);
    assert_eq!(portal.count("POST", "/api/v1/auth/token"), 1);
}

#[test]
fn tokens_that_cannot_be_kept_or_read_are_done_without() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    std::fs::create_dir_all(machine.config()).unwrap();
    std::fs::write(machine.config().join("secrets"), "a file where a folder should be").unwrap();
    assert_eq!(machine.run("courses list").code, 0);
    std::fs::remove_file(machine.config().join("secrets")).unwrap();
    assert_eq!(machine.run("courses list").code, 0);
    for entry in std::fs::read_dir(machine.config().join("secrets")).unwrap() {
        std::fs::write(entry.unwrap().path(), "{rubbish").unwrap();
    }
    assert_eq!(machine.run("courses list").code, 0);
}

/// Another process has the lock, and is suspended.
#[test]
fn a_lock_that_is_never_given_up_holds_nobody_up() {
    let portal = Portal::start_with(|builder| builder.rate_limit(false));
    let machine = Machine::at(&portal);
    assert_eq!(machine.run("courses list").code, 0);
    let secrets = std::fs::read_dir(machine.config().join("secrets")).unwrap();
    let (locks, tokens): (Vec<_>, Vec<_>) = secrets
        .map(|entry| entry.unwrap().path())
        .partition(|path| path.extension().is_some_and(|extension| extension == "lock"));
    let lock = std::fs::File::options().write(true).open(&locks[0]).unwrap();
    lock.lock().unwrap();
    tokens.iter().for_each(|file| std::fs::remove_file(file).unwrap());
    for format in ["table", "json"] {
        let run = machine.run(&format!("courses list --timeout 1s --output {format}"));
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(!tokens.iter().any(|file| file.exists()), "without the lock, nothing is saved");
        let named = format!("another hb-bls has had {} locked for 0.5 s", locks[0].display());
        assert!(run.stderr.contains(&named) && run.stderr.contains("going on without"), "{}", run.stderr);
    }
}

#[test]
fn logging_out_revokes_the_token() {
    let portal = Portal::start();
    let machine = Machine::new().with("HB_BLS_BASE_URL", portal.sandbox.base_url());
    let login = "auth login --client-id hb_sandbox_client";
    assert_eq!(machine.run_with_input(login, "hb_sandbox_key_not_a_secret").code, 0);
    // nothing to revoke yet
    assert_eq!(machine.run("auth logout").code, 0);
    assert_eq!(portal.count("POST", "/api/v1/auth/revoke"), 0);
    assert_eq!(machine.run_with_input(login, "hb_sandbox_key_not_a_secret").code, 0);
    assert_eq!(machine.run("courses list").code, 0);
    assert_eq!(machine.run("auth logout").code, 0);
    assert_eq!(portal.count("POST", "/api/v1/auth/revoke"), 1);
    // a portal that is down does not keep anybody logged in
    assert_eq!(machine.run_with_input(login, "hb_sandbox_key_not_a_secret").code, 0);
    assert_eq!(machine.run("courses list").code, 0);
    portal.inject(Fault::status("revokeToken", 500).times(9));
    let run = machine.run("auth logout");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(machine.run("courses list").code, 3);
}
