//! Flag before environment before profile.

use crate::machine::{Machine, Portal};

/// Three portals, of which each has a different first webhook, tell which one was asked.
fn portal(name: &str) -> Portal {
    let portal = Portal::start();
    let line = format!("webhooks create --name {name} --url https://{name}.agency.example/");
    assert_eq!(Machine::at(&portal).run(&line).code, 0);
    portal
}

fn asked(machine: &Machine, line: &str) -> String {
    machine.run(&format!("webhooks list --output json {line}")).json()[0]["name"].as_str().unwrap().to_owned()
}

#[test]
fn the_address_of_the_portal() {
    let [flag, environment, profile] = ["flag", "environment", "profile"].map(portal);
    let machine = Machine::new();
    let login = format!("auth login --client-id hb_sandbox_client --base-url {}", profile.sandbox.base_url());
    assert_eq!(machine.run_with_input(&login, "hb_sandbox_key_not_a_secret").code, 0);
    assert_eq!(asked(&machine, ""), "profile");
    let empty = Machine { home: machine.home, ..Machine::new().with("HB_BLS_BASE_URL", "") };
    assert_eq!(asked(&empty, ""), "profile");
    let machine =
        Machine { home: empty.home, ..Machine::new().with("HB_BLS_BASE_URL", environment.sandbox.base_url()) };
    assert_eq!(asked(&machine, ""), "environment");
    assert_eq!(asked(&machine, &format!("--base-url {}", flag.sandbox.base_url())), "flag");
}

/// Each portal has an account of its own, and refuses those of others.
#[test]
fn a_profile_named_by_the_flag_brings_its_account_and_address() {
    let [flag, environment, profile] = ["flag", "environment", "profile"].map(portal);
    let others = [&environment, &profile].map(|portal| portal.run(async |sandbox| sandbox.add_account().await));
    let [of_environment, of_profile] = &others;
    let machine = Machine::new();
    let url = profile.sandbox.base_url();
    let login = format!("auth login --client-id {} --base-url {url} --profile mine", of_profile.hb_client_id);
    assert_eq!(machine.run_with_input(&login, &of_profile.api_key).code, 0);
    let in_environment = [
        ("HB_BLS_BASE_URL", environment.sandbox.base_url()),
        ("HB_BLS_CLIENT_ID", of_environment.hb_client_id.as_str()),
        ("HB_BLS_API_KEY", of_environment.api_key.as_str()),
    ];
    let set = |home, variables: &[(&str, &str)]| {
        let machine = Machine { home, ..Machine::new() };
        variables.iter().fold(machine, |machine, (name, value)| machine.with(name, value))
    };
    let tokens = |portal: &Portal| portal.count("POST", "/api/v1/auth/token");
    let status = |machine: &Machine, line: &str| {
        let status = machine.run(&format!("auth status --output json {line}")).json();
        let text = |field: &str| status[field].as_str().unwrap().to_owned();
        (text("client_id"), text("base_url"), text("api_key_from"))
    };
    let saved = (of_profile.hb_client_id.clone(), url.to_owned(), "file".to_owned());

    // the flag is before every variable
    let mut home = machine.home;
    for count in 0..=in_environment.len() {
        let machine = set(home, &in_environment[..count]);
        assert_eq!(status(&machine, "--profile mine"), saved, "{count}");
        home = machine.home;
    }
    // a profile that the environment names is behind its other variables
    let machine = set(home, &in_environment).with("HB_BLS_PROFILE", "mine");
    assert_eq!(status(&machine, "").1, environment.sandbox.base_url());
    assert_eq!(status(&machine, "").0, of_environment.hb_client_id);
    // without a key in the environment, its address counts; and the flag's before that
    let machine = set(machine.home, &in_environment[..1]).with("HB_BLS_PROFILE", "mine");
    for (portal, line) in
        [(&environment, ""), (&flag, &*format!("--profile mine --base-url {}", flag.sandbox.base_url()))]
    {
        let before = tokens(portal);
        let run = machine.run(&format!("courses list {line}"));
        assert_eq!(run.code, 3, "another portal does not know the account: {}", run.stderr);
        assert_eq!(tokens(portal), before + 1);
    }
}

#[test]
fn the_profile() {
    let [first, second] = ["first", "second"].map(portal);
    let machine = Machine::new();
    for (name, portal) in [("first", &first), ("second", &second)] {
        let url = portal.sandbox.base_url();
        let login = format!("auth login --client-id hb_sandbox_client --base-url {url} --profile {name}");
        assert_eq!(machine.run_with_input(&login, "hb_sandbox_key_not_a_secret").code, 0);
    }
    assert_eq!(machine.run("courses list").code, 3);
    let machine = machine.with("HB_BLS_PROFILE", "first");
    assert_eq!(asked(&machine, ""), "first");
    assert_eq!(asked(&machine, "--profile second"), "second");
}

#[test]
fn the_account() {
    let portal = Portal::start();
    let other = portal.run(async |sandbox| sandbox.add_account().await);
    let machine = Machine::new();
    let login = format!("auth login --client-id hb_sandbox_client --base-url {}", portal.sandbox.base_url());
    assert_eq!(machine.run_with_input(&login, "hb_sandbox_key_not_a_secret").code, 0);
    let status = |machine: &Machine| machine.run("auth status --output json").json();
    assert_eq!(status(&machine)["client_id"], "hb_sandbox_client");
    assert_eq!(status(&machine)["api_key_from"], "file");
    let url = portal.sandbox.base_url();
    let both = Machine::new()
        .with("HB_BLS_BASE_URL", url)
        .with("HB_BLS_CLIENT_ID", &other.hb_client_id)
        .with("HB_BLS_API_KEY", &other.api_key);
    let both = Machine { home: machine.home, ..both };
    assert_eq!(status(&both)["client_id"], other.hb_client_id);
    assert_eq!(status(&both)["api_key_from"], "environment");
    // the key of the profile is not sent for another account
    let id_only = Machine { home: both.home, ..Machine::new().with("HB_BLS_CLIENT_ID", &other.hb_client_id) };
    let run = id_only.run("courses list");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("HB_BLS_API_KEY"), "{}", run.stderr);
    let key_only = Machine::new().with("HB_BLS_API_KEY", "sesame");
    let run = key_only.run("courses list");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("HB_BLS_CLIENT_ID") && !run.stderr.contains("sesame"), "{}", run.stderr);
}
