//! Logging in, and what is kept.

use crate::{
    machine::{Machine, Portal},
    snapshot,
    tokens::is_token_saved,
};

const LOGIN: &str = "auth login --client-id hb_sandbox_client";
const KEY: &str = "hb_sandbox_key_not_a_secret";

fn machine(portal: &Portal) -> Machine {
    Machine::new().with("HB_BLS_BASE_URL", portal.sandbox.base_url())
}

/// Every file below, with what it holds.
fn files(folder: &std::path::Path) -> Vec<(std::path::PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push((entry.path(), std::fs::read_to_string(entry.path()).unwrap()));
        }
    }
    found
}

#[test]
fn a_profile_is_saved_used_and_forgotten() {
    let portal = Portal::start();
    let logging_in = machine(&portal);
    let mut session = logging_in.run("auth status").transcript();
    session += &logging_in.run_with_input(LOGIN, &format!("{KEY}\n")).transcript();
    session += &logging_in.run_with_input(&format!("{LOGIN} --profile second --output json"), KEY).transcript();
    // from here on nothing is in the environment
    let machine = Machine { home: logging_in.home, ..Machine::new() };
    session += &machine.session(&[
        "auth status",
        "auth status --output json",
        "courses list --profile second",
        "courses list --profile third",
        "courses list --profile ../third",
        "auth logout",
        "auth logout",
        "courses list",
        "courses list --output json",
        "auth logout --profile second --output json",
    ]);
    snapshot!("auth", session);
    let mut others = files(&machine.config());
    others.retain(|(path, _)| !path.starts_with(machine.config().join("state")));
    assert!(others.iter().all(|(_, text)| text.is_empty()), "{others:?}");
    assert!(!is_token_saved(&portal, portal.sandbox.credentials(), &machine));
}

#[cfg(unix)]
#[test]
fn what_is_kept_is_for_the_user_alone_and_the_key_is_in_one_place() {
    use std::os::unix::fs::PermissionsExt as _;
    let portal = Portal::start();
    let machine = machine(&portal);
    assert_eq!(machine.run_with_input(LOGIN, KEY).code, 0);
    assert_eq!(machine.run("courses list").code, 0);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let files = files(&machine.config());
    for (path, _) in &files {
        assert_eq!(mode(path), 0o600, "{}", path.display());
    }
    assert_eq!(mode(&machine.config()), 0o700);
    assert_eq!(mode(&machine.config().join("secrets")), 0o700);
    assert_eq!(mode(&machine.config().join("state")), 0o700);
    assert!(files.iter().any(|(path, _)| path.starts_with(machine.config().join("state"))));
    let with_key: Vec<_> = files.iter().filter(|(_, text)| text.contains(KEY)).map(|(path, _)| path).collect();
    assert_eq!(with_key, [&machine.config().join("secrets/api-key.default")]);
    let config = std::fs::read_to_string(machine.config().join("config.toml")).unwrap();
    assert!(config.contains("kept_in = \"file\""), "{config}");
}

#[test]
fn a_key_that_is_refused_is_not_saved_and_nothing_saved_is_lost() {
    let portal = Portal::start();
    let machine = machine(&portal);
    assert_eq!(machine.run_with_input(LOGIN, KEY).code, 0);
    let kept = || {
        let files = files(&machine.config()).into_iter();
        files.filter(|(path, _)| !path.starts_with(machine.config().join("state"))).collect::<Vec<_>>()
    };
    let before = kept();
    let refused = machine.run_with_input(LOGIN, "sesame\n");
    snapshot!("auth-refused", refused.transcript());
    assert_eq!(kept(), before);
    assert_eq!(machine.run("courses list").code, 0);
}

/// Tokens that another key was used for are of no use any more.
#[test]
fn another_login_takes_the_place_of_the_first_and_of_its_tokens() {
    let portal = Portal::start();
    let other = portal.run(async |sandbox| sandbox.add_account().await);
    let machine = machine(&portal);
    assert_eq!(machine.run_with_input(LOGIN, KEY).code, 0);
    assert_eq!(machine.run("courses list").code, 0);
    assert!(is_token_saved(&portal, portal.sandbox.credentials(), &machine));
    let line = format!("auth login --client-id {}", other.hb_client_id);
    assert_eq!(machine.run_with_input(&line, &other.api_key).code, 0);
    assert_eq!(machine.run("auth status --output json").json()["client_id"], other.hb_client_id);
    assert!(!is_token_saved(&portal, portal.sandbox.credentials(), &machine));
    assert!(is_token_saved(&portal, &other, &machine));
}

#[test]
fn what_is_missing_is_said_and_nothing_is_waited_for() {
    let machine = Machine::new();
    for (line, input) in [("auth login", KEY), (LOGIN, ""), (LOGIN, "\n"), ("auth login --client-id ", KEY)] {
        let run = machine.run_with_input(line, input);
        assert_eq!(run.code, 2, "{line} {input:?}: {}", run.stderr);
        assert!(run.stderr.contains("hint: "), "{}", run.stderr);
    }
}

#[test]
fn a_key_on_the_command_line_is_refused_and_not_repeated() {
    let machine = Machine::new();
    for line in ["auth login --api-key sesame", "--api-key=sesame courses list", "courses list --api-key sesame"] {
        for format in ["", " --output json"] {
            let run = machine.run(&format!("{line}{format}"));
            assert_eq!(run.code, 2, "{line}");
            assert!(run.stderr.contains("HB_BLS_API_KEY"), "{}", run.stderr);
            assert!(!format!("{}{}", run.stdout, run.stderr).contains("sesame"), "{}", run.stderr);
        }
    }
    snapshot!(
        "api-key-refused",
        machine.session(&["courses list --api-key sesame", "courses list --api-key sesame --output json"])
    );
}

#[test]
fn one_folder_can_hold_everything() {
    let portal = Portal::start();
    let machine = machine(&portal);
    let elsewhere = machine.home.path().join("elsewhere");
    let machine = machine.with("HB_BLS_CONFIG_DIR", elsewhere.to_str().unwrap());
    assert_eq!(machine.run_with_input(LOGIN, KEY).code, 0);
    assert!(elsewhere.join("config.toml").exists());
    assert!(!machine.config().exists());
}

/// A session bus is announced, but there is none, or one that takes connections and never says a word.
#[cfg(target_os = "linux")]
#[test]
fn a_keyring_that_does_not_answer_gives_way_to_the_file() {
    let portal = Portal::start();
    for name in ["none", "silent"] {
        let machine = machine(&portal);
        let socket = machine.home.path().join(name);
        let _bus = (name == "silent").then(|| std::os::unix::net::UnixListener::bind(&socket).unwrap());
        let machine = machine.with("DBUS_SESSION_BUS_ADDRESS", &format!("unix:path={}", socket.display()));
        let run = machine.run_with_input(LOGIN, KEY);
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
        assert!(run.stderr.contains("secrets/api-key.default"), "{name}: {}", run.stderr);
    }
}

#[test]
fn a_key_that_holds_a_control_character_is_refused() {
    let run = Machine::new().run_with_input(LOGIN, "ses\u{1a}ame\n");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("control character") && !run.stderr.contains("ame"), "{}", run.stderr);
}

/// Somebody may have thought that keys go into the file.
#[test]
fn a_configuration_that_cannot_be_read_is_not_quoted() {
    let machine = Machine::new();
    std::fs::create_dir_all(machine.config()).unwrap();
    let lines = ["[profiles.default]\nclient_id = \"ada\"\napi_key = \"sesame\"\n", "api_key = \"sesame\n"];
    for text in lines {
        std::fs::write(machine.config().join("config.toml"), text).unwrap();
        for line in ["courses list", "auth logout", "auth login --client-id ada"] {
            let run = machine.run_with_input(line, "key\n");
            assert_eq!(run.code, 2, "{}", run.stderr);
            assert!(run.stderr.contains("config.toml") && !run.stderr.contains("sesame"), "{}", run.stderr);
        }
    }
}

#[test]
fn saved_accounts_are_listed_and_login_needs_no_group() {
    let portal = Portal::start();
    let none = Machine::new().run("auth list");
    assert!(none.stderr.contains("no account is saved; `hb-bls auth login` saves one"), "{}", none.stderr);
    let machine = Machine::at(&portal);
    for line in ["login", "login --profile north"] {
        assert_eq!(machine.run(line).code, 0, "{line}");
    }
    let listed = |machine: &Machine, line: &str| {
        let list = machine.run(&format!("auth list -o json {line}")).json();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
        let row = |account: &serde_json::Value| {
            let used = if account["used"] == true { " used" } else { "" };
            format!("{} {}{used}", text(&account["profile"]), text(&account["api_key_in"]))
        };
        list.as_array().unwrap().iter().map(row).collect::<Vec<_>>()
    };
    assert_eq!(listed(&machine, "--profile north"), ["default file", "north file used"]);
    // the environment is before the default profile, and also without any profile
    assert_eq!(listed(&machine, ""), ["default file", "north file", "- environment used"]);
    assert_eq!(listed(&Machine::at(&portal), ""), ["- environment used"]);
    let saved = Machine { home: machine.home, ..Machine::new() };
    assert_eq!(listed(&saved, ""), ["default file used", "north file"]);
    // with half an account in the environment no command works, and the list says so
    let half = Machine { home: saved.home, ..Machine::new().with("HB_BLS_CLIENT_ID", "hb_other") };
    assert_eq!(listed(&half, ""), ["default file", "north file"]);
    assert!(half.run("auth list").stderr.contains("no account is used: HB_BLS_CLIENT_ID is hb_other"));
    let machine = Machine { home: half.home, ..Machine::new() };
    assert_eq!(machine.run("logout --profile north").code, 0);
    let left = machine.run("auth ls");
    assert!(left.stdout.contains("default") && !left.stdout.contains("north"), "{}", left.stdout);
    assert!(!left.stdout.contains("not_a_secret"), "no key is shown");
}

/// Who logs out and in again has not to set everything anew.
#[test]
fn logging_out_keeps_the_defaults_until_they_are_removed() {
    let portal = Portal::start();
    let machine = machine(&portal);
    let login = format!("{LOGIN} --profile north");
    let logged_in = machine.run_with_input(&login, KEY);
    let next = "next: `hb-bls account balances --profile north` shows what you can pay with";
    assert!(logged_in.stderr.contains(next), "{}", logged_in.stderr);
    assert_eq!(machine.run("config set course 1 --profile north").code, 0);
    let out = machine.run("auth logout --profile north");
    assert!(out.stderr.contains("the defaults of its profile are kept"), "{}", out.stderr);
    assert!(machine.run("config list --profile north").stdout.contains("course  1"));
    let refused = machine.run("courses list --profile north");
    assert!(refused.code == 3 && refused.stderr.contains("`hb-bls auth login --profile north`"), "{}", refused.stderr);
    assert_eq!(machine.run("auth logout --profile north").code, 3, "there is nothing to log out of");
    let kept =
        files(&machine.config()).into_iter().filter(|(_, text)| text.contains(KEY) || text.contains("client_id"));
    assert_eq!(kept.count(), 0, "the credentials are gone");
    assert_eq!(machine.run_with_input(&login, KEY).code, 0);
    assert!(machine.run("config list --profile north").stdout.contains("course  1"), "they are there again");
    assert_eq!(machine.run("auth logout --profile north").code, 0);
    assert_eq!(machine.run("config unset course --profile north").code, 0);
    let gone = machine.run("config list --profile north");
    assert!(gone.stderr.contains("there is no profile `north`"), "{}", gone.stderr);
}

#[test]
fn defaults_are_not_set_for_a_profile_that_does_not_exist() {
    let portal = Portal::start();
    let machine = machine(&portal);
    assert_eq!(machine.run("config set course 1").code, 0, "the default profile needs no account");
    assert_eq!(machine.run_with_input(&format!("{LOGIN} --profile north"), KEY).code, 0);
    let refused = machine.run("config set course 1 --profile nroth");
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("there is no profile `nroth`; there are: default, north"), "{}", refused.stderr);
    assert!(!machine.run("auth list").stdout.contains("nroth"));
}
