//! The examples run, and respond to real requests.

use std::{
    env,
    io::{BufRead as _, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

use hb_bls::{Clock as _, SystemClock, webhook::Signer};

use crate::{
    events::booking,
    plain_http::send,
    vector::{BODY, EVENT_ID, SECRET},
};

/// A running example, which is stopped when it is dropped.
struct Example {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    url: String,
}

impl Example {
    /// Cargo builds examples before tests, in a directory beside theirs.
    fn start(name: &str, variables: &[(&str, &str)]) -> Self {
        let mut path = env::current_exe().unwrap();
        path.pop();
        path.set_file_name("examples");
        let mut process = Command::new(path.join(name).with_extension(env::consts::EXE_EXTENSION))
            .arg("127.0.0.1:0")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("example {name}, built by `cargo test`: {error}"));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url = lines.next().unwrap().unwrap().strip_prefix("listening on ").unwrap().to_owned();
        Self { process, lines, url }
    }

    fn says(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn signed(secret: &str, body: &str) -> Vec<(&'static str, String)> {
    let headers = Signer::new(secret).unwrap().headers(body.as_bytes(), 1, SystemClock.now());
    headers.unwrap().to_vec()
}

#[test]
fn the_webhook_server_receives() {
    let variables = [("HB_BLS_WEBHOOK_SECRET", SECRET), ("HB_BLS_WEBHOOK_OLD_SECRET", "whsec_old")];
    let mut server = Example::start("webhook_server", &variables);
    let url = server.url.clone();
    let post = |headers: &[(&str, String)], body: &str| send("POST", &url, headers, body.as_bytes()).0;
    let created = serde_json::json!({
        "event_id": EVENT_ID, "event_type": "booking.created",
        "occurred_at": "2026-06-05T10:00:00+00:00", "data": booking(),
    })
    .to_string();
    assert_eq!(post(&signed(SECRET, &created), &created), 200);
    assert_eq!(server.says(), "booking 1042 is confirmed");
    assert_eq!(post(&signed("whsec_old", &created), &created), 200, "a duplicate");
    let other = BODY.replace("018f4a2b", "018f4a2c");
    assert_eq!(post(&signed("whsec_other", &other), &other), 401);
    assert_eq!(post(&[], &other), 400);
    assert_eq!(post(&signed("whsec_old", &other), &other), 200);
    assert_eq!(server.says(), "webhook.test", "and nothing for the others");
}

#[test]
fn the_portal_v1_server_receives() {
    let mut server = Example::start("portal_v1_server", &[("HB_PORTAL_V1_KEY", "agreed-on")]);
    let url = server.url.clone();
    let (status, head, _) = send("OPTIONS", &url, &[], b"");
    assert!(status == 200 && head.contains("allow: options, post, patch"), "{head}");
    let body = crate::portal_v1_payloads::completion().to_string();
    let headers = |key: &str| {
        [("api-key", key.to_owned()), ("api-version", "1.0".into()), ("content-type", "application/json".into())]
    };
    assert_eq!(send("PATCH", &url, &headers("guessed"), body.as_bytes()).0, 401);
    let (status, head, _) = send("PATCH", &url, &headers("agreed-on"), body.as_bytes());
    assert!(status == 202 && head.contains("content-type: text/plain"), "{head}");
    assert_eq!(server.says(), "course 7 completed at 2021-12-01T01:42:59Z: pass");
}
