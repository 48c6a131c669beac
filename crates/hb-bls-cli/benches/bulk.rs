//! How fast many candidates are booked at the portal's rate limit: `cargo bench -p hb-bls-cli --bench bulk`.
//!
//! Takes two minutes of real time, and fails when a promise is not kept.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::{collections::BTreeMap, fmt::Write as _, process::Command};

use hb_bls_sandbox::{AccountPatch, Sandbox};

/// As many as the rate limit lets through in its first three minutes.
const ROWS: usize = 86;
/// In seconds, as all times.
const MINUTE: f64 = 60.0;
const MONDAY: usize = 40;
/// How long these may take, by the portal's clock.
const MONDAY_SECONDS: f64 = 85.0;
/// Sixty requests a minute: one lists the timeslots, and each booking takes two.
const A_MINUTE: f64 = 29.5;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(async {
        let sandbox = Sandbox::builder().start().await.unwrap();
        let credits = BTreeMap::from([(1, 500)]);
        sandbox.set_account(AccountPatch { credits, ..AccountPatch::default() }).await.unwrap();
        sandbox
    });
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("candidates.csv");
    let mut rows = "first_name,last_name,email,phone,address,city,postcode,job_role\n".to_owned();
    for number in 0..ROWS {
        let row =
            format!("Name{number},Quill,quill.{number}@example.com,07700 900123,1 Harbour Street,Porthaven,PH1 2AB");
        writeln!(rows, "{row},Nurse").unwrap();
    }
    std::fs::write(&file, rows).unwrap();
    let credentials = sandbox.credentials();
    let output = Command::new(env!("CARGO_BIN_EXE_hb-bls"))
        .args([
            "book",
            "--yes",
            "--earliest",
            "--course",
            "1",
            "--pay-option",
            "credits",
            "--agency-contact-name",
            "Jo",
        ])
        .args(["--agency-contact-email", "jo@agency.example", "--from"])
        .arg(&file)
        .env("HB_BLS_CONFIG_DIR", home.path())
        .env("HB_BLS_BASE_URL", sandbox.base_url())
        .env("HB_BLS_CLIENT_ID", &credentials.hb_client_id)
        .env("HB_BLS_API_KEY", credentials.api_key.as_str())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let requests = runtime.block_on(sandbox.requests()).unwrap();
    let first = requests.iter().map(|request| request.at).min().unwrap();
    let booked = requests.iter().filter(|request| request.operation_id == Some("createBooking"));
    let booked = booked.filter(|request| request.status == Some(201));
    let mut booked: Vec<f64> = booked.map(|request| request.at.duration_since(first).as_secs_f64()).collect();
    booked.sort_by(f64::total_cmp);
    assert_eq!(booked.len(), ROWS);
    let monday = booked[MONDAY - 1];
    // the first minute begins with requests of other kinds
    let later = booked.iter().filter(|at| (MINUTE..3.0 * MINUTE).contains(*at)).count();
    let a_minute = f64::from(u32::try_from(later).unwrap()) / 2.0;
    let refused = requests.iter().filter(|request| request.status == Some(429)).count();
    println!("{MONDAY} candidates: {monday:.1} s  (at most {MONDAY_SECONDS})");
    println!("bookings a minute after the first minute: {a_minute}  (at least {A_MINUTE})");
    println!("{ROWS} candidates: {:.1} s, {} requests, {refused} refused", booked[ROWS - 1], requests.len());
    assert!(monday <= MONDAY_SECONDS && a_minute >= A_MINUTE && refused == 0, "a promise is not kept");
}
