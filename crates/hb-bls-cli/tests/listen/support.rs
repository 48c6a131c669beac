//! The built command, a portal for it, and requests written by hand.

#[path = "../built/mod.rs"]
pub mod built;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use hb_bls::{Client, Clock as _, Credentials, SystemClock, WebhookId, webhook::Signer};
use hb_bls_sandbox::Sandbox;
use serde_json::Value;

pub use self::built::command;

/// Longer than anything takes, and short of hanging for ever.
pub const PATIENCE: Duration = Duration::from_secs(30);
pub const SECRET: &str = "whsec_test_0123456789";

/// Runs it to its end: exit code, stdout, stderr.
pub fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let home = tempfile::tempdir().unwrap();
    let output = command(home.path(), args).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A portal, with a client for its account.
pub struct Portal {
    runtime: tokio::runtime::Runtime,
    pub sandbox: Sandbox,
    pub client: Client,
}

impl Portal {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::start()).unwrap();
        let credentials = sandbox.credentials();
        let client = Client::builder()
            .credentials(Credentials::new(&credentials.hb_client_id, credentials.api_key.as_str()))
            .base_url(sandbox.base_url())
            .without_rate_limit()
            .build()
            .unwrap();
        Self { runtime, sandbox, client }
    }

    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub fn listen(&self, args: &[&str]) -> Listen {
        let credentials = self.sandbox.credentials();
        Listen::start_with(args, |command| {
            command
                .env("HB_BLS_BASE_URL", self.sandbox.base_url())
                .env("HB_BLS_CLIENT_ID", &credentials.hb_client_id)
                .env("HB_BLS_API_KEY", credentials.api_key.as_str());
        })
    }

    /// The ids and URLs of all endpoints.
    pub fn endpoints(&self) -> Vec<(WebhookId, String)> {
        let webhooks = self.wait(self.client.webhooks().list()).unwrap();
        webhooks.into_iter().map(|webhook| (webhook.id, webhook.url.unwrap())).collect()
    }

    /// Sends `webhook.test` to the only endpoint.
    pub fn test(&self) {
        let id = self.endpoints()[0].0;
        self.wait(self.client.webhooks().test(id)).unwrap();
    }
}

/// `hb-bls listen --output jsonl`.
pub struct Listen {
    child: Child,
    pub output: Option<BufReader<ChildStdout>>,
    pub first: Value,
    _home: tempfile::TempDir,
}

impl Listen {
    pub fn start(args: &[&str]) -> Self {
        Self::start_with(args, |_| {})
    }

    /// With a file that holds [`SECRET`].
    pub fn with_secret(args: &[&str]) -> Self {
        Self::with_secrets(&[SECRET], args)
    }

    pub fn with_secrets(secrets: &[&str], args: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("secrets");
        std::fs::write(&file, secrets.join("\r\n") + "\n\n").unwrap();
        Self::start(&[args, &["--secret-file", file.to_str().unwrap()]].concat())
    }

    pub fn start_with(args: &[&str], set: impl FnOnce(&mut Command)) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = command(home.path(), &[&["listen", "--output", "jsonl"], args].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        set(&mut command);
        let mut child = command.spawn().unwrap();
        let (output, line) = next_line(BufReader::new(child.stdout.take().unwrap()));
        if line.is_empty() {
            let mut error = String::new();
            child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
            panic!("it did not start: {error}");
        }
        Self { child, output: Some(output), first: serde_json::from_str(&line).unwrap(), _home: home }
    }

    pub fn url(&self) -> &str {
        self.first["url"].as_str().unwrap()
    }

    pub fn host(&self) -> &str {
        self.url().strip_prefix("http://").unwrap().strip_suffix('/').unwrap()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next delivery that is shown.
    pub fn line(&mut self) -> Value {
        let (output, line) = next_line(self.output.take().unwrap());
        self.output = Some(output);
        serde_json::from_str(&line).unwrap()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.host()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends this; gives the status of the answer.
    pub fn raw(&self, bytes: &[u8]) -> u16 {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        status(&mut stream)
    }

    pub fn post(&self, headers: &[(&str, String)], body: &[u8]) -> u16 {
        self.raw(&request(headers, body))
    }

    #[cfg(unix)]
    pub fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.pid().to_string()]).status().unwrap().success());
    }

    /// Its exit code, what else it printed, and what it complained of.
    pub fn end(mut self) -> (Option<i32>, String, String) {
        let mut rest = String::new();
        if let Some(mut output) = self.output.take() {
            output.read_to_string(&mut rest).unwrap();
        }
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap().code(), rest, errors)
    }

    /// As [`end`](Self::end), with a limit.
    pub fn end_within(self, limit: Duration) -> (Option<i32>, String, String) {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(self.end()));
        receiver.recv_timeout(limit).expect("it still runs")
    }

    #[cfg(unix)]
    pub fn interrupt(self) -> (Option<i32>, String, String) {
        self.signal("-INT");
        self.end_within(PATIENCE)
    }
}

/// A line that is printed in time, or nothing at the end.
fn next_line(mut output: BufReader<ChildStdout>) -> (BufReader<ChildStdout>, String) {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        sender.send((output, line))
    });
    receiver.recv_timeout(PATIENCE).expect("a line is printed")
}

impl Drop for Listen {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub fn request(headers: &[(&str, String)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("POST / HTTP/1.1\r\nhost: here\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    [text.as_bytes(), b"\r\n", body].concat()
}

pub fn status(stream: &mut TcpStream) -> u16 {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or_else(|| panic!("{line:?}")).parse().unwrap()
}

/// A `webhook.test` event with an id that ends in this number. Its spacing is nobody's but its own.
pub fn event(number: u32) -> Vec<u8> {
    format!(
        "{{ \"event_id\":\"018f4a2b-1234-7000-8abc-{number:012}\",\"event_type\" : \"webhook.test\",\r\n\
         \"occurred_at\":\"2026-06-05T10:00:00+00:00\",\"data\":{{\"message\":\"Zo\u{eb}\"}} }}\n"
    )
    .into_bytes()
}

pub fn signed(secret: &str, body: &[u8]) -> Vec<(&'static str, String)> {
    signed_at(secret, body, SystemClock.now())
}

pub fn signed_at(secret: &str, body: &[u8], at: jiff::Timestamp) -> Vec<(&'static str, String)> {
    Signer::new(secret).unwrap().headers(body, 7, at).unwrap().to_vec()
}

/// A server under development: answers with one status after the other, the last one from then on.
pub struct Target {
    pub url: String,
    requests: mpsc::Receiver<(Vec<String>, Vec<u8>)>,
}

impl Target {
    pub fn start(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hooks/bls?key=sesame", listener.local_addr().unwrap());
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            for (index, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let request = read(&mut stream);
                let status = statuses.get(index).or(statuses.last()).unwrap();
                let answer = format!(
                    "HTTP/1.1 {status} x\r\nlocation: /other\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                stream.write_all(answer.as_bytes()).unwrap();
                if sender.send(request).is_err() {
                    break;
                }
            }
        });
        Self { url, requests }
    }

    /// The head's lines and the body of the next request.
    pub fn request(&self) -> (Vec<String>, Vec<u8>) {
        self.requests.recv_timeout(PATIENCE).unwrap()
    }

    pub fn has_no_more(&self) -> bool {
        self.requests.try_recv().is_err()
    }
}

fn read(stream: &mut TcpStream) -> (Vec<String>, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    let length = head.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    (head, body)
}
