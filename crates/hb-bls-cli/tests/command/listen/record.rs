use serde_json::Value;

use super::support::{Listen, SECRET, event, signed};
use crate::machine::{Machine, Portal};

fn lines(path: &std::path::Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_got_a_response_is_in_the_file_whatever_happens_then() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    let args = ["--record", path.to_str().unwrap()];
    // killed as soon as each got its response, and started again with the same file
    for number in 1..=5 {
        let listen = Listen::with_secret(&args);
        let body = event(number);
        assert_eq!(listen.post(&signed("whsec_other_0123456789", &body), &body), 401);
        let headers = signed(SECRET, &body);
        assert_eq!(listen.post(&headers, &body), 200);
        listen.signal("-KILL");
        let recorded = lines(&path);
        assert_eq!(recorded.len(), number as usize);
        let last = recorded.last().unwrap();
        assert_eq!(last["body"].as_str().unwrap().as_bytes(), body);
        for (name, value) in headers {
            assert!(last["headers"].as_array().unwrap().contains(&serde_json::json!([name, value])), "{last}");
        }
        assert_eq!(listen.end().0, None);
    }
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn duplicates_are_recorded_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    let listen = Listen::with_secret(&["--record", path.to_str().unwrap()]);
    let body = event(1);
    for _ in 0..2 {
        assert_eq!(listen.post(&signed(SECRET, &body), &body), 200);
    }
    assert_eq!(lines(&path).len(), 2);
}

#[test]
fn a_file_that_cannot_be_opened_is_named_before_anything_is_registered() {
    let portal = Portal::live();
    let machine = Machine::at(&portal);
    let path = machine.home.path().join("missing/run.jsonl");
    let run = machine.run_args(&["listen", "--record", path.to_str().unwrap()]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains(&format!("cannot record to {}", path.display())), "{}", run.stderr);
    assert_eq!(portal.wait(portal.sandbox.requests()).unwrap().len(), 0);
}
