//! What the command takes: `cargo bench -p hb-bls-cli --bench figures`.
//!
//! Prints how long it takes to start and how much memory a long list needs, and fails when a promise is not kept.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::Instant,
};

use hb_bls_sandbox::{Sandbox, Seed};

const STARTS: usize = 200;
/// Milliseconds.
const START_UP: f64 = 15.0;
const ROWS: u32 = 100_000;
/// By how much memory may grow between a hundredth of the rows and nearly all, in KiB.
const GROWTH: u64 = 1024;

fn main() {
    let kept = start_up() & long_list();
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
        sandbox.seed(Seed { bookings: ROWS, ..Seed::default() }).await.unwrap();
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

/// The most memory that a process has had, in KiB, as Linux tells; nothing elsewhere.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
