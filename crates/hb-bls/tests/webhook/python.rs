//! Compares with a second implementation, Python's `hmac`. The test needs `python3`.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use hb_bls::webhook::Signer;

use crate::vector::{BODY, EVENT_ID, SECRET, TIME, builder};

/// Reads lines of JSON `[secret, timestamp, body]`, and writes the signature of each.
const SCRIPT: &str = r#"
import hashlib, hmac, json, sys
for line in sys.stdin:
    secret, timestamp, body = json.loads(line)
    signed = f"{timestamp}.{body}".encode()
    print("sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest())
"#;

#[test]
fn pythons_hmac_agrees_both_ways() {
    let spawned = Command::new("python3")
        .args(["-I", "-c", SCRIPT])
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = spawned else { return };
    let secrets = [SECRET, "short", "schlüssel mit leerzeichen", &"long".repeat(40)];
    let mut bodies = vec![String::new(), BODY.to_owned(), "\u{0}\u{1f600}\r\n\"\\".to_owned()];
    let filled = |length| {
        let text = "ä€".repeat(length);
        format!(r#"{{"event_id":"{EVENT_ID}","event_type":"webhook.test","data":{{"message":"{text}"}}}}"#)
    };
    bodies.extend((0..200).map(filled));
    let cases = || secrets.iter().flat_map(|secret| bodies.iter().map(move |body| (*secret, body)));
    let lines: String =
        cases().map(|(secret, body)| serde_json::json!([secret, TIME, body]).to_string() + "\n").collect();
    let mut stdin = python.stdin.take().unwrap();
    let feed = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = python.wait_with_output().unwrap();
    feed.join().unwrap();
    assert!(output.status.success());
    let output = String::from_utf8(output.stdout).unwrap();
    let signatures: Vec<&str> = output.lines().collect();
    assert_eq!(signatures.len(), cases().count());

    let at = jiff::Timestamp::from_second(TIME).unwrap();
    for ((secret, body), theirs) in cases().zip(signatures) {
        let signer = Signer::new(secret).unwrap();
        assert_eq!(signer.signature(body.as_bytes(), at), theirs);
        let Ok(mut headers) = signer.headers(body.as_bytes(), 1, at) else { continue };
        headers[4].1 = theirs.to_owned();
        builder().secret(secret).build().unwrap().verify_pairs(headers, body.as_bytes()).unwrap();
    }
}
