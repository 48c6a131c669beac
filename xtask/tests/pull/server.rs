//! A web server on loopback that does as it is told, also wrong.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

/// What a path responds with.
#[derive(Debug, Clone)]
pub enum Response {
    /// 200 with this body.
    Page(String),
    /// 200 with this body, and a date of its last change.
    Dated(String, &'static str),
    /// This status and a body that nobody asked for.
    Status(u16),
    /// 302 to there.
    Redirect(String),
    /// A body that says it is longer than it is.
    CutOff(String),
    /// A body without end, and without saying how long it is.
    Endless,
    /// A body that comes byte by byte, and never ends.
    Trickle,
    /// Nothing, for ever. Says that it was asked.
    Silence(mpsc::Sender<()>),
}

/// What the server saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// Request lines and user agents, in order.
    pub requests: Mutex<Vec<(String, String)>>,
    at_once: AtomicUsize,
    /// The most requests that were open at the same time.
    pub most_at_once: AtomicUsize,
    /// Bytes of bodies without end that were taken.
    pub endless: AtomicUsize,
}

pub struct Server {
    pub url: String,
    pub seen: Arc<Seen>,
}

impl Server {
    /// Serves until the test's process ends. The response to an unknown path is 404.
    pub fn start(responses: BTreeMap<String, Response>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self::serve(listener, responses)
    }

    /// For responses that need to know where the server is.
    pub fn serve(listener: TcpListener, responses: BTreeMap<String, Response>) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Seen::default());
        let shared = seen.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (responses, seen) = (responses.clone(), shared.clone());
                thread::spawn(move || {
                    let open = seen.at_once.fetch_add(1, Ordering::SeqCst) + 1;
                    seen.most_at_once.fetch_max(open, Ordering::SeqCst);
                    // a client that hangs up is its own affair
                    let _ = handle(&stream, &responses, &seen);
                });
            }
        });
        Self { url, seen }
    }

    pub fn paths(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().iter().map(|(path, _)| path.clone()).collect()
    }
}

fn handle(mut stream: &TcpStream, responses: &BTreeMap<String, Response>, seen: &Seen) -> std::io::Result<()> {
    let (mut path, mut agent) = (String::new(), String::new());
    for line in BufReader::new(stream).lines() {
        let line = line?;
        if let Some(rest) = line.strip_prefix("GET ") {
            path = rest.split(' ').next().unwrap().to_owned();
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("user-agent")
        {
            agent = value.to_owned();
        }
        if line.is_empty() {
            break;
        }
    }
    seen.requests.lock().unwrap().push((path.clone(), agent));
    let without_query = path.split('?').next().unwrap();
    let response = responses.get(without_query).cloned().unwrap_or(Response::Status(404));
    let mut reply = |status: u16, headers: &str, body: &str, length: usize| {
        // counted before the last byte, or the client's next request could come first
        seen.at_once.fetch_sub(1, Ordering::SeqCst);
        write!(stream, "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
    };
    match response {
        Response::Page(body) => reply(200, "", &body, body.len()),
        Response::Dated(body, date) => reply(200, &format!("last-modified: {date}\r\n"), &body, body.len()),
        Response::Status(status) => reply(status, "", "body of an error", 16),
        Response::Redirect(to) => reply(302, &format!("location: {to}\r\n"), "", 0),
        Response::CutOff(body) => reply(200, "", &body, body.len() * 2),
        Response::Endless => {
            write!(stream, "HTTP/1.1 200 x\r\nconnection: close\r\n\r\n")?;
            while stream.write_all(&[b'#'; 65536]).is_ok() {
                seen.endless.fetch_add(65536, Ordering::SeqCst);
            }
            Ok(())
        }
        Response::Trickle => {
            write!(stream, "HTTP/1.1 200 x\r\nconnection: close\r\n\r\n")?;
            while stream.write_all(b"#").is_ok() {
                thread::park_timeout(Duration::from_millis(10));
            }
            Ok(())
        }
        Response::Silence(asked) => {
            asked.send(()).unwrap();
            loop {
                thread::park();
            }
        }
    }
}
