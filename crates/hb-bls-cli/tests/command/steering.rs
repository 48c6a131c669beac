//! `hb-bls sandbox VERB`, `hb-bls trigger` and `hb-bls open`: what is done to a sandbox that runs.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
};

use hb_bls_sandbox::Fault;
use serde_json::json;

use crate::{machine::Machine, machine::Portal, running::Running, snapshot};

/// A machine on which a portal is the sandbox that is meant.
fn at(portal: &Portal) -> Machine {
    Machine::at(portal).with("HB_BLS_CONTROL_URL", portal.sandbox.control_url())
}

#[test]
fn staff_candidate_and_time_have_verbs() {
    let portal = Portal::start();
    let machine = at(&portal);
    let session = machine.session(&[
        "trigger booking.created",
        "sandbox no-show 1",
        "trigger booking.confirmed",
        "sandbox reschedule 2 2026-06-09 14:00",
        "sandbox reschedule 2 2026-06-04 14:00",
        "sandbox complete 2",
        "sandbox return-kit 2 --output jsonl",
        "sandbox cancel 2",
        "sandbox pay 77",
        "sandbox advance 1d",
        "sandbox advance",
        "sandbox fault getBooking status --status 503 --times 2",
        "sandbox fault getBooking rain",
        "sandbox clear-faults",
        "sandbox deliveries list",
        "trigger booking.imagined",
        "sandbox reset",
        "bookings list",
    ]);
    snapshot!(
        "commands",
        "sandbox-verbs",
        session,
        [
            (r"\b\d{11}\b", "ZOOM_ID"),
            (r#"(zoom password +|zoom_password":")\w{8}"#, "${1}PASSWORD"),
            (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "EVENT_ID")
        ]
    );
}

#[test]
fn each_event_can_be_triggered() {
    let portal = Portal::start();
    let machine = at(&portal);
    for (event, state) in [
        ("booking.created", json!(["booked", "out", null])),
        ("booking.confirmed", json!(["booked", "out", null])),
        ("booking.rescheduled", json!(["booked", "out", null])),
        ("booking.cancelled", json!(["cancelled", "out", null])),
        ("booking.attendance_marked", json!(["booked", "out", "attended"])),
        ("booking.certificate_available", json!(["booked", "in", "attended"])),
        ("booking.equipment_late", json!(["booked", "late", null])),
    ] {
        let booking = machine.run(&format!("trigger {event} --output json")).json();
        let found = json!([booking["booking_status"], booking["equipment_status"], booking["attendance"]]);
        assert_eq!(found, state, "{event}");
    }
    assert_eq!(machine.run("trigger webhook.test").code, 0);
}

#[test]
fn deliveries_are_shown_and_sent_again() {
    let portal = Portal::start();
    let machine = at(&portal);
    let create = "webhooks create --name x --url http://127.0.0.1:9/ --events booking.created";
    assert_eq!(machine.run(create).code, 0, "{}", machine.run(create).stderr);
    machine.run("trigger booking.created");
    machine.run("sandbox advance 0s");
    let list = machine.run("sandbox deliveries list --output json").json();
    assert_eq!((&list[0]["attempt"], &list[0]["state"]), (&json!(1), &json!("failed")));
    let shown = machine.run("sandbox deliveries show 1 --output json").json();
    assert_eq!(shown["body"]["event_type"], "booking.created");
    let again = machine.run("sandbox deliveries resend 1 --output json").json();
    assert_eq!(again["attempt"], 2);
    assert_eq!(machine.run("sandbox deliveries show 77").code, 4);
}

#[test]
fn requests_are_printed_as_they_come() {
    let portal = Portal::start();
    let machine = at(&portal);
    let known = || machine.run("sandbox requests tail --once --output jsonl").stdout;
    machine.run("courses list");
    assert_eq!(known().lines().count(), 2, "{}", known());
    let command = machine.command(&["sandbox", "requests", "tail", "--output", "jsonl"]);
    let mut tail = Running::start(Machine::new(), command);
    assert!(tail.first.contains("\"operationId\":\"createToken\""), "{}", tail.first);
    assert_eq!(tail.line()["operationId"], "listCourses");
    // A request that its caller gave up must not hold up those after it.
    portal.inject(Fault::latency("getCredits", 60_000));
    let address = portal.sandbox.page_url().replace("http://", "").replace('/', "");
    let mut caller = TcpStream::connect(&address).unwrap();
    write!(caller, "GET /api/v1/credits HTTP/1.1\r\nhost: {address}\r\n\r\n").unwrap();
    while portal.count("GET", "/api/v1/credits") == 0 {
        std::thread::yield_now();
    }
    drop(caller);
    let given_up = tail.line();
    assert_eq!((&given_up["operationId"], &given_up["status"]), (&json!("getCredits"), &json!(null)));
    machine.run("bookings get 77");
    let last = loop {
        let line = tail.line();
        if line["operationId"] == "getBooking" {
            break line;
        }
    };
    assert_eq!((&last["status"], &last["message"]), (&json!(404), &json!("Booking not found.")));
}

#[test]
fn a_sandbox_is_found_by_the_note_that_it_leaves() {
    let machine = Machine::new();
    let start = ["sandbox", "--port", "0", "--output", "json", "--bind", "127.0.0.1", "--clock", "frozen"];
    let running = Running::start(Machine::new(), machine.command(&start));
    let told = machine.run("sandbox advance 2h --output json").json();
    assert_eq!(told["mode"], "frozen");
    for (verb, mode) in [("unfreeze", "real"), ("freeze", "frozen")] {
        assert_eq!(machine.run(&format!("sandbox {verb} --output json")).json()["mode"], mode);
    }
    let printed = machine.run("open --print --output json").json();
    assert_eq!(printed["url"], running.object()["page_url"]);
    assert_eq!(machine.run("open docs --print --output json").json()["url"], "https://github.com/hb-bls/hb-bls#readme");
    assert_eq!(machine.run("sandbox ready").code, 0);
    #[cfg(unix)]
    {
        // of those that run, the last that was started, however others have ended
        let newer = Running::start(Machine::new(), machine.command(&start));
        let url = machine.run("open --print --output json").json()["url"].clone();
        assert_eq!(url, newer.object()["page_url"]);
        assert_eq!(newer.interrupt().0, Some(0));
        let mut killed = machine.command(&start);
        let mut killed =
            killed.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
        BufReader::new(killed.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        killed.kill().unwrap();
        killed.wait().unwrap();
        assert_eq!(std::fs::read_dir(machine.config().join("sandboxes")).unwrap().count(), 2);
        assert_eq!(machine.run("open --print --output json").json()["url"], running.object()["page_url"]);

        assert_eq!(running.interrupt().0, Some(0));
        let gone = machine.run("sandbox reset --control-url http://127.0.0.1:9/_sandbox");
        assert_eq!(gone.code, 8);
        assert_eq!(std::fs::read_dir(machine.config().join("sandboxes")).unwrap().count(), 1);
    }
}

#[test]
fn the_booking_url_is_a_page_that_is_there() {
    let portal = Portal::start();
    let printed = Machine::at(&portal).run("open booking-url --print --output json").json();
    // a sandbox also names it to those who have no account there
    let steered = Machine::new().with("HB_BLS_CONTROL_URL", portal.sandbox.control_url());
    assert_eq!(steered.run("open booking-url --print --output json").json(), printed);
    let another = portal.run(async |sandbox| sandbox.add_account().await);
    let theirs = Machine::with_account(portal.sandbox.base_url(), &another.hb_client_id, &another.api_key);
    let theirs_by_api = theirs.run("open booking-url --print --output json").json();
    assert_ne!(theirs_by_api, printed);
    let theirs = theirs.with("HB_BLS_CONTROL_URL", portal.sandbox.control_url());
    assert_eq!(theirs.run("open booking-url --print --output json").json(), theirs_by_api);
    let nowhere = Machine::new().run("open booking-url --control-url http://127.0.0.1:9/_sandbox");
    assert_eq!(nowhere.code, 8, "{}", nowhere.stderr);

    let url: reqwest::Url = printed["url"].as_str().unwrap().parse().unwrap();
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect(&host).unwrap();
    write!(stream, "GET {} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n", url.path()).unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Book a training"), "{page}");
}

#[test]
fn a_seed_file_is_yaml_or_json_and_the_example_is_one() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/compose/seed.yaml");
    let machine = Machine::new();
    let start =
        ["sandbox", "--port", "0", "--output", "json", "--clock", "frozen", "--seed", example.to_str().unwrap()];
    let running = Running::start(Machine::new(), machine.command(&start));
    let fields = running.object();
    assert_eq!((&fields["hb_client_id"], &fields["api_key"]), (&json!("agency"), &json!("key-of-the-agency")));
    let agency = Machine::with_account(fields["base_url"].as_str().unwrap(), "agency", "key-of-the-agency");
    let names: Vec<String> = agency
        .run("bookings list --output json")
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|booking| booking["candidate"]["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["Priya Desai", "Łukasz Kowalski"]);

    let more = machine.home.path().join("more.json");
    std::fs::write(&more, r#"{"accounts": [{"hb_client_id": "south", "api_key": "k"}]}"#).unwrap();
    for file in [more.to_str().unwrap(), example.to_str().unwrap(), more.to_str().unwrap()] {
        let added = machine.run(&format!("sandbox seed {file}"));
        assert_eq!(added.code, 0, "{}", added.stderr);
    }
    assert_eq!(agency.run("bookings list --output json").json().as_array().unwrap().len(), 2, "none twice");
    std::fs::write(&more, r#"{"accounts": [{"hb_client_id": "south", "api_key": "other"}]}"#).unwrap();
    let other = machine.run(&format!("sandbox seed {}", more.display()));
    assert_eq!(other.code, 6);
    assert!(other.stderr.contains("There is an account south already, with another API key."), "{}", other.stderr);
    std::fs::write(&more, "accounts: [").unwrap();
    let broken = machine.run(&format!("sandbox --port 0 --seed {}", more.display()));
    assert_eq!(broken.code, 1);
    assert!(broken.stderr.contains("neither YAML nor JSON"), "{}", broken.stderr);
}

#[test]
fn beyond_this_machine_there_is_a_control_token() {
    let machine = Machine::new();
    let start = ["sandbox", "--port", "0", "--output", "json", "--bind", "0.0.0.0"];
    let everywhere = Running::start(Machine::new(), machine.command(&start)).object();
    assert!(everywhere["control_token"].as_str().unwrap().len() >= 32);
    let named = machine.command(&[&start[..], &["--control-token", "sesame"]].concat());
    assert_eq!(Running::start(Machine::new(), named).object()["control_token"], "sesame");
}

#[test]
fn ready_waits_for_a_sandbox_when_told_to() {
    let machine = Machine::new();
    let gone = machine.run("sandbox ready http://127.0.0.1:9 --wait=1s");
    assert_eq!(gone.code, 8);
    let running = Running::start(Machine::new(), machine.command(&["sandbox", "--port", "0", "--output", "json"]));
    let url = running.url();
    assert_eq!(machine.run(&format!("sandbox ready {url} --wait")).code, 0);
}

/// As from another container: 0.0.0.0 leads here, and is no name of loopback.
#[cfg(unix)]
#[test]
fn ready_shows_the_control_token() {
    let machine = Machine::new();
    let start = ["sandbox", "--port", "0", "--output", "json", "--control-token", "sesame"];
    let running = Running::start(Machine::new(), machine.command(&start));
    let there = running.url().replace("127.0.0.1", "0.0.0.0");
    let line = format!("sandbox ready {there}");
    assert_eq!(machine.run(&line).code, 8);
    assert_eq!(machine.run(&format!("{line} --control-token sesame")).code, 0);
}
