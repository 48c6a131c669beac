//! A server that answers what it is told, byte by byte, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use hb_bls::{Client, ClientBuilder, Credentials, RetryPolicy};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::clock::TestClock;

pub struct Canned {
    url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// What was asked.
#[derive(Clone)]
pub struct Request {
    /// Request line and headers, in lower case.
    pub head: String,
    /// Request line as it came.
    pub line: String,
    pub body: String,
}

const TOKEN: &str = r#"{"access_token":"tok_canned","refresh_token":"ref_canned"}"#;

/// A whole answer with a length.
pub fn answer(status: &str, content_type: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

pub fn json(body: &str) -> String {
    answer("200 OK", "application/json", body)
}

impl Canned {
    /// Answers token requests with a token and anything else with these bytes, then closes the connection.
    pub async fn start(bytes: impl Into<String>) -> Self {
        let bytes: Arc<str> = bytes.into().into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&bytes), Arc::clone(&seen)));
            }
        });
        Self { url, requests }
    }

    pub fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    pub fn builder(&self) -> ClientBuilder {
        let clock = TestClock::at("2026-06-05T10:00:00Z".parse().unwrap());
        Client::builder()
            .credentials(Credentials::new("client", "key"))
            .base_url(&self.url)
            .clock(Arc::new(clock))
            .retry(RetryPolicy::none())
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Request line and headers of each request, in lower case.
    pub fn heads(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.head).collect()
    }
}

async fn serve(mut stream: TcpStream, bytes: Arc<str>, seen: Arc<Mutex<Vec<Request>>>) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    let asked = loop {
        let Ok(read @ 1..) = stream.read(&mut piece).await else { return };
        request.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let line = head.lines().next().unwrap_or_default().to_owned();
            let head = head.to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                break Request { head, line, body: body.to_owned() };
            }
        }
    };
    let reply = if asked.head.contains("/auth/token ") { json(TOKEN) } else { bytes.to_string() };
    seen.lock().unwrap().push(asked);
    // the client may be gone already
    drop(stream.write_all(reply.as_bytes()).await);
    drop(stream.shutdown().await);
}
