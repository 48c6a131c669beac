//! `hb-bls replay`.

use std::{path::PathBuf, process::Stdio};

use crate::{
    built,
    listen::support::{Listen, SECRET, Target, event, run, signed},
    machine::Machine,
    snapshot,
};
use serde_json::{Value, json};

struct Recorded {
    _folder: tempfile::TempDir,
    file: PathBuf,
    headers: Vec<Vec<(&'static str, String)>>,
}

impl Recorded {
    /// Events 1 to this, recorded by `listen`.
    fn new(count: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.jsonl");
        let listen = Listen::with_secret(&["--record", file.to_str().unwrap()]);
        let mut all = Vec::new();
        for number in 1..=count {
            let body = event(number);
            let mut headers = signed(SECRET, &body);
            headers.extend([("accept", "*/*".to_owned()), ("x-twice", "1".to_owned()), ("x-twice", "2".to_owned())]);
            assert_eq!(listen.post(&headers, &body), 200);
            all.push(headers);
        }
        listen.interrupt();
        Self { _folder: folder, file, headers: all }
    }

    fn replay(&self, to: &str, more: &[&str]) -> (Option<i32>, String, String) {
        run(&[&["replay", self.file.to_str().unwrap(), "--to", to], more].concat())
    }

    /// As if it had been recorded this long ago.
    fn age(&self, seconds: i64) {
        let mut lines = objects(&std::fs::read_to_string(&self.file).unwrap());
        for header in lines.iter_mut().flat_map(|line| line["headers"].as_array_mut().unwrap()) {
            if header[0] == "x-tdta-timestamp" {
                let sent_at: i64 = header[1].as_str().unwrap().parse().unwrap();
                header[1] = (sent_at - seconds).to_string().into();
            }
        }
        std::fs::write(&self.file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    }
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn headers_and_bodies_are_sent_as_they_were_recorded_in_their_order() {
    let recorded = Recorded::new(3);
    let target = Target::start(&[200]);
    let (code, stdout, stderr) = recorded.replay(&target.url, &["--output", "jsonl"]);
    assert_eq!((code, &*stderr), (Some(0), ""));
    for number in 1..=3 {
        let (mut head, body) = target.request();
        assert_eq!(body, event(number));
        assert_eq!(head.remove(0), "POST /hooks/bls?key=sesame HTTP/1.1");
        let headers = &recorded.headers[number as usize - 1];
        let mut expected: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        expected.push(format!("host: {}", target.url.split('/').nth(2).unwrap()));
        expected.push(format!("content-length: {}", body.len()));
        expected.sort();
        head.sort();
        assert_eq!(head, expected);
    }
    assert_eq!(
        objects(&stdout)[1],
        json!({
            "line": 2, "event_id": "018f4a2b-1234-7000-8abc-000000000002", "event_type": "webhook.test",
            "status": 200, "reason": null,
        })
    );
    assert_eq!(objects(&stdout).len(), 3);
}

#[test]
fn old_deliveries_are_refused_unless_they_are_signed_afresh() {
    let recorded = Recorded::new(2);
    recorded.age(3600);
    let mut listen = Listen::with_secret(&[]);
    let (code, stdout, stderr) = recorded.replay(&listen.url(), &["--output", "jsonl"]);
    assert_eq!(code, Some(6));
    assert!(objects(&stdout).iter().all(|line| line["status"] == 401));
    assert!(stderr.contains("2 of 2 deliveries failed") && stderr.contains("--secret-file"), "{stderr}");
    assert_eq!((listen.line()["verified"].clone(), listen.line()["verified"].clone()), (false.into(), false.into()));

    let secret = recorded.file.with_extension("secret");
    std::fs::write(&secret, SECRET).unwrap();
    let (code, _, stderr) = recorded.replay(&listen.url(), &["--secret-file", secret.to_str().unwrap()]);
    assert_eq!((code, &*stderr), (Some(0), ""));
    for number in 1..=2 {
        let line = listen.line();
        assert_eq!((&line["verified"], &line["duplicate"]), (&true.into(), &false.into()), "{line}");
        assert_eq!(line["event_id"], format!("018f4a2b-1234-7000-8abc-{number:012}"));
    }
}

#[test]
fn every_delivery_is_tried_and_the_exit_code_tells_of_failures() {
    let recorded = Recorded::new(3);
    let target = Target::start(&[200, 500, 200]);
    let (code, stdout, stderr) = recorded.replay(&target.url, &[]);
    assert_eq!(code, Some(6));
    let target_again = Target::start(&[200, 500, 200]);
    let (_, output, error) = recorded.replay(&target_again.url, &["--output", "json"]);
    snapshot!("replay-json", output + &error);
    snapshot!("replay", stdout + &stderr);

    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, stdout, stderr) = recorded.replay(&format!("http://{free}/?key=sesame"), &["--output", "jsonl"]);
    assert_eq!(code, Some(8));
    assert_eq!(objects(&stdout).len(), 3);
    let reason = format!("cannot reach {free}: connection refused");
    assert!(objects(&stdout).iter().all(|line| line["reason"] == reason), "{stdout}");
    assert!(!(stdout + &stderr).contains("sesame"));
}

#[test]
fn a_line_that_was_cut_off_is_left_out_and_a_wrong_one_is_reported() {
    let recorded = Recorded::new(2);
    let whole = std::fs::read_to_string(&recorded.file).unwrap();
    let target = Target::start(&[200]);
    std::fs::write(&recorded.file, whole.trim_end().strip_suffix("}").unwrap()).unwrap();
    let (code, stdout, stderr) = recorded.replay(&target.url, &[]);
    assert_eq!((code, stdout.lines().count()), (Some(0), 1), "{stdout}");
    assert!(stderr.contains("line 2 was cut off"), "{stderr}");

    std::fs::write(&recorded.file, format!("{{}}\n\n{whole}")).unwrap();
    let (code, stdout, stderr) = recorded.replay(&target.url, &["--output", "jsonl"]);
    assert_eq!(code, Some(1), "{stderr}");
    let lines: Vec<_> = objects(&stdout).iter().map(|line| (line["line"].clone(), line["status"].clone())).collect();
    assert_eq!(lines, [(1.into(), Value::Null), (3.into(), 200.into()), (4.into(), 200.into())]);
    assert_eq!(objects(&stdout)[0]["reason"], "not a recorded delivery");
}

/// Nobody reads on, and all is sent; what was refused is told all the same.
#[test]
fn a_closed_pipe_does_not_cut_it_short() {
    let recorded = Recorded::new(3);
    for format in ["table", "jsonl"] {
        let target = Target::start(&[200, 200, 500]);
        let args = ["replay", recorded.file.to_str().unwrap(), "--to", &target.url, "--output", format];
        let machine = Machine::new();
        let mut child = machine.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        drop(child.stdout.take());
        for number in 1..=3 {
            assert_eq!(target.request().1, event(number));
        }
        assert_eq!(child.wait().unwrap().code(), Some(6));
    }
}

#[test]
fn a_narrow_terminal_has_whole_ids_in_more_lines() {
    let recorded = Recorded::new(1);
    let target = Target::start(&[500]);
    let args = ["replay", recorded.file.to_str().unwrap(), "--to", &target.url];
    let (seen, _) = built::talk(&Machine::new().command(&args), 44, &[]);
    let seen = anstream::adapter::strip_str(&seen).to_string();
    assert!(seen.lines().all(|line| line.chars().count() <= 44), "{seen}");
    assert!(seen.contains("018f4a2b-1234-7000-8abc-000000000001") && seen.contains("500 refused"), "{seen}");
}

#[test]
fn other_formats_are_those_of_every_list() {
    let recorded = Recorded::new(2);
    let target = Target::start(&[200]);
    let (_, stdout, _) = recorded.replay(&target.url, &["--output", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap().as_array().unwrap().len(), 2);
    let (_, stdout, _) = recorded.replay(&target.url, &["--output", "csv"]);
    assert_eq!(stdout.lines().next(), Some("line,event_id,event_type,status,reason"));
    assert_eq!(stdout.lines().count(), 3);
}

#[test]
fn candidates_data_goes_over_https_or_stays_on_this_machine() {
    let (code, _, stderr) = run(&["replay", "x", "--to", "http://agency.example/"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("must be https"), "{stderr}");
    let (code, _, stderr) = run(&["replay", "/missing/run.jsonl", "--to", "http://127.0.0.1:1/"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("cannot read /missing/run.jsonl"), "{stderr}");
}
