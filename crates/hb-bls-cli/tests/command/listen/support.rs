//! A command that listens, requests written by hand, and a server to send them on to.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
};

use hb_bls::{Clock as _, SystemClock, WebhookId, webhook::Signer};
use hb_bls_sandbox::ClockMode;

use crate::machine::{Machine, Portal};
pub use crate::running::{PATIENCE, Running as Listen};

pub const SECRET: &str = "whsec_test_0123456789";

/// Runs it to its end: exit code, stdout, stderr.
pub fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let run = Machine::new().run_args(args);
    (Some(run.code), run.stdout, run.stderr)
}

impl Portal {
    /// A portal whose deliveries are of this day.
    pub fn live() -> Self {
        Self::start_with(|builder| builder.clock(ClockMode::Real))
    }

    pub fn listen(&self, args: &[&str]) -> Listen {
        let machine = Machine::at(self);
        let command = machine.command(&[&["listen", "--output", "jsonl"], args].concat());
        Listen::start(machine, command)
    }

    /// The ids and URLs of all endpoints.
    pub fn endpoints(&self) -> Vec<(WebhookId, String)> {
        let webhooks = self.wait(self.client().webhooks().list()).unwrap();
        webhooks.into_iter().map(|webhook| (webhook.id, webhook.url.unwrap())).collect()
    }

    /// Sends `webhook.test` to the only endpoint.
    pub fn test(&self) {
        let id = self.endpoints()[0].0;
        self.wait(self.client().webhooks().test(id)).unwrap();
    }
}

impl Listen {
    /// With a file that holds [`SECRET`].
    pub fn with_secret(args: &[&str]) -> Self {
        Self::with_secrets(&[SECRET], args)
    }

    pub fn with_secrets(secrets: &[&str], args: &[&str]) -> Self {
        Self::with_file(secrets, &[&["--output", "jsonl"], args].concat())
    }

    /// In the format that the arguments name.
    pub fn printing(args: &[&str]) -> Self {
        Self::with_file(&[SECRET], args)
    }

    fn with_file(secrets: &[&str], args: &[&str]) -> Self {
        let machine = Machine::new();
        let file = machine.home.path().join("secrets");
        std::fs::write(&file, secrets.join("\r\n") + "\n\n").unwrap();
        let command = machine.command(&[&["listen", "--secret-file", file.to_str().unwrap()], args].concat());
        Self::start(machine, command)
    }

    /// Sends this; gives the status of the response.
    pub fn raw(&self, bytes: &[u8]) -> u16 {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        status(&mut stream)
    }

    pub fn post(&self, headers: &[(&str, String)], body: &[u8]) -> u16 {
        self.raw(&request(headers, body))
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

/// A server under development: responds with one status after the other, the last one from then on.
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
                let response = format!(
                    "HTTP/1.1 {status} x\r\nlocation: /other\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                stream.write_all(response.as_bytes()).unwrap();
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
