//! A server that sends given bytes as responses, and records the requests.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use hb_bls::{Client, ClientBuilder, Clock as _, Credentials, RetryPolicy};
use jiff::Timestamp;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
};

use crate::clock::TestClock;

pub struct Canned {
    pub clock: TestClock,
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    clock: TestClock,
    script: Script,
    requests: watch::Sender<Vec<Request>>,
    /// How many bytes of responses the clients have read.
    taken: AtomicUsize,
    drip: Notify,
}

type Script = Mutex<Box<dyn FnMut(&Request) -> Reply + Send>>;

/// A recorded request.
#[derive(Clone)]
pub struct Request {
    /// The request line and headers, in lower case.
    pub head: String,
    /// The request line as it was received.
    pub line: String,
    pub body: String,
    /// When it was received, by the client's clock.
    pub at: Timestamp,
}

/// What the server does with a request.
pub enum Reply {
    /// Sends this response and closes the connection.
    Bytes(Vec<u8>),
    /// Starts a response, and sends this piece again and again while the client reads, up to [`FAR_TOO_MUCH`].
    Endless(Vec<u8>, Vec<u8>),
    /// Starts a response, and sends one more byte whenever the test says so.
    Drip(Vec<u8>),
}

impl<T: Into<Vec<u8>>> From<T> for Reply {
    fn from(bytes: T) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl Reply {
    /// Closes the connection instead of responding.
    pub fn lost() -> Self {
        Self::Bytes(Vec::new())
    }

    /// Never responds.
    pub fn silent() -> Self {
        Self::Drip(Vec::new())
    }
}

/// More than a client may read of all responses. A client that reads this much fails, instead of filling the memory.
const FAR_TOO_MUCH: usize = 128 * 1024 * 1024;

const TOKEN: &str = r#"{"access_token":"tok_canned","refresh_token":"ref_canned"}"#;

/// A complete response with a `Content-Length`.
pub fn answer(status: &str, content_type: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

pub fn json(body: &str) -> String {
    answer("200 OK", "application/json", body)
}

pub fn token() -> Reply {
    json(TOKEN).into()
}

impl Canned {
    /// Responds to token requests with a token, and to all others with these bytes; then closes the connection.
    pub async fn start(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::script(move |_| bytes.clone().into()).await
    }

    /// Responds to token requests with a token, and to all others by the script.
    pub async fn script(mut script: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        Self::all(move |asked| if asked.head.contains("/auth/token ") { token() } else { script(asked) }).await
    }

    /// Responds to all requests by the script.
    pub async fn all(script: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let clock = TestClock::at("2026-06-05T10:00:00Z".parse().unwrap());
        let shared = Arc::new(Shared {
            clock: clock.clone(),
            script: Mutex::new(Box::new(script)),
            requests: watch::Sender::default(),
            taken: AtomicUsize::new(0),
            drip: Notify::new(),
        });
        let server = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&server)));
            }
        });
        Self { clock, port, shared }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/api/v1", self.port)
    }

    pub fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    /// A client without retries, on this server's clock.
    pub fn builder(&self) -> ClientBuilder {
        Client::builder()
            .credentials(Credentials::new("client", "key"))
            .base_url(self.url())
            .clock(self.clock.clone())
            .retry(RetryPolicy::none())
    }

    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.borrow().clone()
    }

    /// The request line and headers of each request, in lower case.
    pub fn heads(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.head).collect()
    }

    /// Waits until this many requests have been received.
    pub async fn asked(&self, number: usize) {
        self.shared.requests.subscribe().wait_for(|requests| requests.len() >= number).await.unwrap();
    }

    /// Runs work that times out when this much time has passed after this many requests.
    pub async fn given_up<T>(&self, work: impl IntoFuture<Output = T>, requests: usize, after: Duration) -> T {
        let never = async {
            self.asked(requests).await;
            self.clock.advance(after);
            for _ in 0..100_000 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            outcome = work => outcome,
            () = never => panic!("it was not given up"),
        }
    }

    /// How many bytes of responses the clients have read.
    pub fn taken(&self) -> usize {
        self.shared.taken.load(Ordering::Relaxed)
    }

    /// Sends one more byte of the responses that drip.
    pub fn drip(&self) {
        self.shared.drip.notify_waiters();
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
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
                break Request { head, line, body: body.to_owned(), at: shared.clock.now() };
            }
        }
    };
    let reply = (shared.script.lock().unwrap())(&asked);
    shared.requests.send_modify(|requests| requests.push(asked));
    let mut send = async |bytes: &[u8]| {
        let sent = stream.write_all(bytes).await;
        shared.taken.fetch_add(bytes.len(), Ordering::Relaxed);
        sent
    };
    // if sending fails, the client has gone
    match reply {
        Reply::Bytes(bytes) => {
            drop(send(&bytes).await);
            drop(stream.shutdown().await);
        }
        Reply::Endless(head, piece) => {
            if send(&head).await.is_ok() {
                while shared.taken.load(Ordering::Relaxed) < FAR_TOO_MUCH && send(&piece).await.is_ok() {}
            }
        }
        Reply::Drip(head) => {
            if send(&head).await.is_ok() {
                loop {
                    shared.drip.notified().await;
                    if send(b" ").await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}
