//! What the command takes: `cargo bench -p hb-bls-cli --bench figures`.
//!
//! Prints how long it takes to start, how much memory a long list needs, and how many bookings a minute it makes at the rate
//! limit, which takes three minutes; fails when a promise is not kept.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use hb_bls_sandbox::{AccountPatch, Sandbox, Seed};

const STARTS: usize = 200;
/// Milliseconds.
const START_UP: f64 = 15.0;
const ROWS: u32 = 100_000;
/// By how much memory may grow between a hundredth of the rows and nearly all, in KiB.
const GROWTH: u64 = 1024;
/// As many as one books on a busy day, and within how many seconds.
const FORTY: usize = 40;
const SECONDS: f64 = 85.0;
/// Bookings that are made while nothing but the rate limit holds them up, and how many a minute they should be at least.
const CANDIDATES: usize = 110;
const A_MINUTE: f64 = 29.5;

fn main() {
    let kept = start_up() & long_list() & bookings();
    assert!(kept, "a promise is not kept");
}

fn start_up() -> bool {
    let mut times: Vec<f64> = (0..STARTS)
        .map(|_| {
            let start = Instant::now();
            let output = Command::new(env!("CARGO_BIN_EXE_hb-bls")).arg("--version").output().unwrap();
            assert!(output.status.success());
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let [least, median, most] = [0, STARTS / 2, STARTS - 1].map(|index| times[index]);
    println!("--version: {least:.1} ms at least, {median:.1} median, {most:.1} at most  (median at most {START_UP})");
    median <= START_UP
}

fn long_list() -> bool {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(async {
        let sandbox = Sandbox::builder().rate_limit(false).start().await.unwrap();
        sandbox.seed(Seed::default().bookings(ROWS)).await.unwrap();
        sandbox
    });
    let home = tempfile::tempdir().unwrap();
    let credentials = sandbox.credentials();
    let mut child = Command::new(env!("CARGO_BIN_EXE_hb-bls"))
        .args(["bookings", "list", "--output", "jsonl"])
        .env("HB_BLS_CONFIG_DIR", home.path())
        .env("HB_BLS_BASE_URL", sandbox.base_url())
        .env("HB_BLS_CLIENT_ID", &credentials.hb_client_id)
        .env("HB_BLS_API_KEY", credentials.api_key.as_str())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let early_rows = ROWS as usize / 100;
    // the pipe does not hold the rest, so it is still at work
    let late_rows = ROWS as usize * 98 / 100;
    assert!(lines.by_ref().take(early_rows).all(|line| line.is_ok()));
    let early = peak(child.id());
    assert!(lines.by_ref().take(late_rows - early_rows).all(|line| line.is_ok()));
    let late = peak(child.id());
    assert_eq!(late_rows + lines.count(), ROWS as usize);
    assert!(child.wait().unwrap().success());
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "bookings list, {ROWS} rows in {seconds:.1} s: peak memory {early} KiB after {early_rows} rows, {late} KiB after {late_rows}"
    );
    late <= early + GROWTH
}

/// Rows with the earliest timeslot, at the rate limit of the portal.
fn bookings() -> bool {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(async {
        let sandbox = Sandbox::builder().start().await.unwrap();
        let credits = AccountPatch::default().credits([(1, 500)]);
        sandbox.set_account(credits).await.unwrap();
        sandbox
    });
    let home = tempfile::tempdir().unwrap();
    let row = |number| format!("Ada,Quill,quill{number}@example.com,07700900123,Harbourside,Leeds,LS1 4AP,Nurse\n");
    let header = "first_name,last_name,email,phone,address,city,postcode,job_role\n";
    let file = header.to_owned() + &(0..CANDIDATES).map(row).collect::<String>();
    std::fs::write(home.path().join("c.csv"), file).unwrap();
    let credentials = sandbox.credentials();
    let line = "book --from c.csv --earliest --course 1 --pay-option credits --agency-contact-name Jo \
                --agency-contact-email jo@agency.example --yes --quiet";
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_hb-bls"))
        .args(line.split_whitespace())
        .current_dir(home.path())
        .env("HB_BLS_CONFIG_DIR", home.path())
        .env("HB_BLS_BASE_URL", sandbox.base_url())
        .env("HB_BLS_CLIENT_ID", &credentials.hb_client_id)
        .env("HB_BLS_API_KEY", credentials.api_key.as_str())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut times = Vec::new();
    while child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(50));
        let requests = runtime.block_on(sandbox.requests()).unwrap();
        let booked = requests.iter().filter(|request| request.operation_id == Some("createBooking"));
        let booked = booked.filter(|request| request.status == Some(201)).count();
        times.resize(booked, start.elapsed().as_secs_f64());
    }
    assert!(child.wait().unwrap().success());
    let forty = times[FORTY - 1];
    // between the first and the third minute of the limit
    let steady = times.iter().filter(|time| (60.0..180.0).contains(*time)).count();
    let a_minute = steady as f64 / 2.0;
    println!(
        "book --from, --earliest: {FORTY} rows in {forty:.1} s (at most {SECONDS}), then {a_minute:.1} a minute (at least {A_MINUTE})"
    );
    forty <= SECONDS && a_minute >= A_MINUTE
}

/// The most memory that a process has had, in KiB, as Linux tells; nothing elsewhere.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
