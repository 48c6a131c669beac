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
