//! Tokens are kept from one run to the next.

use std::process::Stdio;

use hb_bls::{
    Credentials,
    state::{AccountKey, FileState, TokenStore as _},
};
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
    assert_eq!(machine.run("auth status").code, 0);
    assert_eq!(machine.run("doctor").code, 0);
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
fn state_that_cannot_be_kept_or_read_is_done_without() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    let folder = machine.config().join("state");
    std::fs::create_dir_all(machine.config()).unwrap();
    std::fs::write(&folder, "a file where a folder should be").unwrap();
    let run = machine.run("courses list");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("cannot keep files in ") && run.stderr.contains("hb-bls/state: "), "{}", run.stderr);
    assert!(run.stderr.contains("going on without sharing"), "{}", run.stderr);
    std::fs::remove_file(&folder).unwrap();
    assert_eq!(machine.run("courses list").code, 0);
    for entry in std::fs::read_dir(&folder).unwrap() {
        std::fs::write(entry.unwrap().path(), "{rubbish").unwrap();
    }
    assert_eq!(machine.run("courses list").code, 0);
}

/// Another process was suspended at the moment at which it had the file locked.
#[test]
fn a_lock_that_is_never_given_up_holds_nobody_up() {
    let portal = Portal::start();
    let machine = Machine::at(&portal);
    assert_eq!(machine.run("courses list").code, 0);
    let locks = std::fs::read_dir(machine.config().join("state")).unwrap().map(|entry| entry.unwrap().path());
    let locks = locks.filter(|path| path.extension().is_some_and(|extension| extension == "lock"));
    let locked: Vec<_> = locks.map(|path| std::fs::File::options().write(true).open(path).unwrap()).collect();
    assert!(locked.len() > 1);
    locked.iter().for_each(|file| file.lock().unwrap());
    let run = machine.run("courses list --timeout 500ms");
    assert_eq!(run.code, 8, "{}", run.stderr);
    assert!(run.stderr.contains("nothing was sent"), "{}", run.stderr);
    drop(locked);
    assert_eq!(machine.run("courses list").code, 0);
}

fn keys(portal: &Portal, given: &hb_bls_sandbox::SandboxCredentials) -> (Credentials, AccountKey) {
    let credentials = Credentials::new(&given.hb_client_id, given.api_key.as_str());
    let account = AccountKey::new(portal.sandbox.base_url(), &credentials);
    (credentials, account)
}

/// Whether a token of this account is saved on this machine.
pub fn is_token_saved(portal: &Portal, given: &hb_bls_sandbox::SandboxCredentials, machine: &Machine) -> bool {
    let (credentials, account) = keys(portal, given);
    let store = FileState::new(machine.config().join("state")).token_store(&credentials);
    portal.wait(store.load(&account)).unwrap().is_some()
}

#[test]
fn logging_out_revokes_and_removes_the_token() {
    let portal = Portal::start();
    let given = portal.sandbox.credentials();
    let machine = Machine::new().with("HB_BLS_BASE_URL", portal.sandbox.base_url());
    let login = "auth login --client-id hb_sandbox_client";
    assert_eq!(machine.run_with_input(login, "hb_sandbox_key_not_a_secret").code, 0);
    // nothing to revoke yet
    assert_eq!(machine.run("auth logout").code, 0);
    assert_eq!(portal.count("POST", "/api/v1/auth/revoke"), 0);
    assert_eq!(machine.run_with_input(login, "hb_sandbox_key_not_a_secret").code, 0);
    assert_eq!(machine.run("courses list").code, 0);
    assert!(is_token_saved(&portal, given, &machine));
    assert_eq!(machine.run("auth logout").code, 0);
    assert_eq!(portal.count("POST", "/api/v1/auth/revoke"), 1);
    assert!(!is_token_saved(&portal, given, &machine));
    // a portal that is down does not keep anybody logged in
    assert_eq!(machine.run_with_input(login, "hb_sandbox_key_not_a_secret").code, 0);
    assert_eq!(machine.run("courses list").code, 0);
    portal.inject(Fault::status("revokeToken", 500).times(9));
    let run = machine.run("auth logout");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!is_token_saved(&portal, given, &machine));
    assert_eq!(machine.run("courses list").code, 3);
}

/// Earlier versions kept tokens beside the API key.
#[test]
fn tokens_of_earlier_versions_are_not_used_and_go_with_the_account() {
    let portal = Portal::start();
    let machine = Machine::new().with("HB_BLS_BASE_URL", portal.sandbox.base_url());
    let login = "auth login --client-id hb_sandbox_client";
    assert_eq!(machine.run_with_input(login, "hb_sandbox_key_not_a_secret").code, 0);
    let (_, account) = keys(&portal, portal.sandbox.credentials());
    let old = format!("tokens.{}", &account.as_str()[..16]);
    let files = [old.clone(), old + ".lock"].map(|name| machine.config().join("secrets").join(name));
    let token = r#"{"access_token":"old","refresh_token":null,"access_expires_at":"2030-01-01T00:00:00Z","refresh_expires_at":"2030-01-01T00:00:00Z"}"#;
    files.iter().for_each(|file| std::fs::write(file, token).unwrap());
    assert_eq!(machine.run("courses list").code, 0);
    assert_eq!(portal.count("GET", "/api/v1/courses"), 1);
    assert_eq!(machine.run("auth logout").code, 0);
    assert!(files.iter().all(|file| !file.exists()));
}
