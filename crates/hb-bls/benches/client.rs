//! The cost of a call through the client, compared with the same call by reqwest and serde_json alone, on loopback:
//! `cargo bench -p hb-bls --bench client`.
//!
//! It prints wall time and instructions, and fails if a promised ratio is exceeded.
//!
//! - Wall time: the contenders take turns in many short rounds, and the median of the rounds' ratios counts.
//! - Instructions: if valgrind is installed, callgrind counts them in separate processes that only make calls, as the
//!   difference between many calls and few.
//!
//! Both contenders send the same bytes, and both are built with the workspace's release profile.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::{
    convert::Infallible,
    io::{BufRead as _, Read as _, Write as _},
    process::Command,
    sync::mpsc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::StreamExt as _;
use hb_bls::{Booking, Client, Credentials, Money};
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde::Deserialize;

const ROUNDS: usize = 400;
const CALLS: u32 = 50;

/// The request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    /// `GET /credits`: 200 bytes.
    Small,
    /// `GET /bookings` with an empty page.
    Empty,
    /// `GET /bookings` with a page of 100 bookings.
    Page,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoded, not read")]
struct PlainBalances {
    booking_credits: Vec<PlainCredits>,
    booking_money_balance: Option<Money>,
    currency: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoded, not read")]
struct PlainCredits {
    course_id: hb_bls::CourseId,
    course_name: Option<String>,
    credits: i64,
}

#[derive(Deserialize)]
struct PlainPage {
    data: Vec<Booking>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, contender, what, times, url] = &arguments[..]
        && mode == "--calls"
    {
        return run_alone(contender, what, times.parse().unwrap(), url);
    }
    assert_same_request();
    let url = serve();
    let mut kept = wall(&url);
    kept &= instructions(&url);
    assert!(kept, "a promised ratio is not kept");
}

fn small() -> String {
    r#"{"booking_credits":[{"course_id":1,"course_name":"Basic Life Support","credits":12},{"course_id":2,"course_name":"Paediatric Basic Life Support","credits":3}],"booking_money_balance":480.00,"currency":"GBP"}"#.to_owned()
}

fn page(entries: usize) -> String {
    let booking = |id| {
        format!(
            r#"{{"id":{id},"candidate":{{"name":"Ada Lovelace","email":"ada{id}@example.com","phone":"+447700900123"}},"course":{{"id":1,"name":"Basic Life Support"}},"trainer":{{"id":3,"name":"Sam Whitlock"}},"start_date":"2026-06-15T09:00:00+01:00","end_date":"2026-06-15T10:00:00+01:00","booking_status":"booked","pay_status":"completed","pay_option":"credits","booked_by":"Agency","virtual":{{"zoom_id":"83512047761","zoom_link":"https://meet.example/j/83512047761","zoom_password":"k4Tz9w"}},"certificate_available":false,"training_status":"pending","equipment_status":"out","attendance":null,"created_at":"2026-06-05T10:00:00+00:00"}}"#
        )
    };
    let data: Vec<String> = (0..entries).map(booking).collect();
    format!(
        r#"{{"data":[{}],"meta":{{"current_page":1,"per_page":100,"last_page":1,"total":{entries}}},"links":{{"next":null,"prev":null}}}}"#,
        data.join(",")
    )
}

/// Checks that both contenders send the same request, since the comparison is meaningless otherwise.
fn assert_same_request() {
    let heads = ["facade", "bare"].map(|contender| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
        let (told, head) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer_and_tell(&mut stream.unwrap(), &told);
            }
        });
        run_alone(contender, "Small", 1, &url);
        let mut head = head.recv().unwrap();
        head.retain(|line| !line.starts_with("host: "));
        head.sort();
        head
    });
    assert_eq!(heads[0], heads[1]);
}

/// Responds to one request, and passes on its head if it is the one that is measured.
fn answer_and_tell(stream: &mut std::net::TcpStream, told: &mpsc::Sender<Vec<String>>) {
    let mut reader = std::io::BufReader::new(stream.try_clone().unwrap());
    let lines = reader.by_ref().lines().map_while(Result::ok);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    reader.read_exact(&mut vec![0; length.unwrap_or(0)]).unwrap();
    let body = match head.first() {
        Some(line) if line.contains("/auth/token") => r#"{"access_token":"tok_bench"}"#.to_owned(),
        _ => {
            told.send(head).unwrap();
            small()
        }
    };
    write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
}

/// A portal that does no work, on its own thread.
fn serve() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
    let bodies: [Bytes; 3] = [small().into(), page(0).into(), page(100).into()];
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let bodies = bodies.clone();
                let service = service_fn(move |request: Request<Incoming>| {
                    let body = match (request.uri().path(), request.uri().query().unwrap_or_default()) {
                        ("/api/v1/auth/token", _) => Bytes::from_static(br#"{"access_token":"tok_bench"}"#),
                        ("/api/v1/credits", _) => bodies[0].clone(),
                        (_, query) if query.contains("per_page=100") => bodies[2].clone(),
                        _ => bodies[1].clone(),
                    };
                    let response =
                        Response::builder().header("content-type", "application/json").body(Full::<Bytes>::from(body));
                    std::future::ready(Ok::<_, Infallible>(response.unwrap()))
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
    });
    url
}

async fn facade(client: &Client, what: What) {
    match what {
        What::Small => assert_eq!(client.account().balances().await.unwrap().booking_credits.len(), 2),
        What::Empty => assert_eq!(items(client.bookings().list().per_page(20)).await, 0),
        What::Page => assert_eq!(items(client.bookings().list().per_page(100)).await, 100),
    }
}

async fn items(query: hb_bls::BookingQuery) -> usize {
    query.pages().next().await.unwrap().unwrap().items.len()
}

async fn bare(http: &reqwest::Client, url: &str, what: What) {
    let get = async |path: &str| {
        let request = http.get(format!("{url}{path}")).header("accept", "application/json").bearer_auth("tok_bench");
        request.send().await.unwrap().error_for_status().unwrap().bytes().await.unwrap()
    };
    match what {
        What::Small => {
            let balances: PlainBalances = serde_json::from_slice(&get("/credits").await).unwrap();
            assert_eq!(balances.booking_credits.len(), 2);
        }
        What::Empty | What::Page => {
            let per_page = if what == What::Page { 100 } else { 20 };
            let body = get(&format!("/bookings?page=1&per_page={per_page}")).await;
            let page: PlainPage = serde_json::from_slice(&body).unwrap();
            assert_eq!(page.data.len(), if what == What::Page { 100 } else { 0 });
        }
    }
}

fn clients(url: &str) -> (Client, reqwest::Client) {
    let credentials = Credentials::new("client", "key");
    // more than are sent, so the rate limiter does its work but nobody waits
    let limiter = hb_bls::state::MemoryRateLimiter::requests_per_minute(100_000_000);
    let client = Client::builder().credentials(credentials).base_url(url).rate_limiter(limiter).build().unwrap();
    let bare = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let bare = bare.user_agent(concat!("hb-bls/", env!("CARGO_PKG_VERSION")));
    (client, bare.connect_timeout(Duration::from_secs(10)).timeout(Duration::from_secs(30)).build().unwrap())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn wall(url: &str) -> bool {
    let (client, http) = clients(url);
    let runtime = runtime();
    let mut rounds = |what| {
        let mut rounds: [Vec<f64>; 2] = Default::default();
        for round in 0..ROUNDS {
            for turn in [round % 2, 1 - round % 2] {
                let start = Instant::now();
                runtime.block_on(async {
                    for _ in 0..CALLS {
                        if turn == 0 { facade(&client, what).await } else { bare(&http, url, what).await }
                    }
                });
                rounds[turn].push(start.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS));
            }
        }
        rounds
    };
    let [small, empty, page] = [What::Small, What::Empty, What::Page].map(&mut rounds);
    let empty = empty.map(median);
    let decode = [0, 1].map(|contender: usize| page[contender].iter().map(|page| page - empty[contender]).collect());
    println!("wall time           client      bare     ratio");
    let mut kept = true;
    for (name, rounds, limit) in
        [("small GET", small, 1.05), ("100-item page", page, 1.15), ("its decoding", decode, 1.15)]
    {
        // the ratio of neighbouring rounds, since a machine's speed drifts
        let ratio = median(rounds[0].iter().zip(&rounds[1]).map(|(client, bare)| client / bare).collect());
        kept &= line(name, "us", rounds.map(median), ratio, limit);
    }
    kept
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn instructions(url: &str) -> bool {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("no valgrind: instructions are not counted");
        return true;
    }
    let per_call = |contender: &str, what: What| {
        let [few, many] = [50, 150].map(|times| count(contender, what, times, url));
        (many - few) / 100.0
    };
    let both = |what| ["facade", "bare"].map(|contender| per_call(contender, what));
    let [small, empty, page] = [What::Small, What::Empty, What::Page].map(both);
    println!("instructions        client      bare     ratio");
    let decode = [0, 1].map(|contender: usize| page[contender] - empty[contender]);
    let mut kept = true;
    for (name, counts, limit) in [("small GET", small, 1.10), ("decoding 100 items", decode, 1.15)] {
        kept &= line(name, "k", counts.map(|count| count / 1e3), counts[0] / counts[1], limit);
    }
    kept
}

/// The instructions of a process that makes this many calls.
fn count(contender: &str, what: What, times: u32, url: &str) -> f64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .args(["--calls", contender, &format!("{what:?}"), &times.to_string(), url])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let collected = text.lines().find_map(|line| line.split_once("Collected : ")).unwrap().1;
    collected.trim().parse().unwrap()
}

fn run_alone(contender: &str, what: &str, times: u32, url: &str) {
    let what = match what {
        "Small" => What::Small,
        "Empty" => What::Empty,
        _ => What::Page,
    };
    let (client, http) = clients(url);
    runtime().block_on(async {
        for _ in 0..times {
            if contender == "facade" { facade(&client, what).await } else { bare(&http, url, what).await }
        }
    });
}

fn line(name: &str, unit: &str, [client, bare]: [f64; 2], ratio: f64, limit: f64) -> bool {
    println!("{name:18} {client:7.1} {unit:2} {bare:7.1} {unit:2} {ratio:7.3}  (at most {limit})");
    ratio <= limit
}
