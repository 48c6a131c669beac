//! One process of a fleet. Start as many as you like with the same settings: together they make each booking of a file
//! once, within the rate limit, with one token for each account, whatever becomes of any of them.
//!
//! | variable | meaning |
//! |---|---|
//! | `FLEET_STATE` | the state that the processes share: a folder, `postgres://...` or `redis://...` |
//! | `FLEET_BOOKINGS` | a file with a line of JSON for each booking: see [`job::Job`] |
//! | `FLEET_ACCOUNTS` | the accounts, as `client-id:api-key`, separated by commas |
//! | `HB_BLS_BASE_URL` | the portal, by default the real one |
//!
//! It prints a line for each response of the portal: the time, the account, the operation and the status.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program for a terminal")]

mod clock;
mod job;
mod state;

use std::time::Duration;

use anyhow::{Context as _, Result};
use clock::FleetClock;
use futures::future::try_join_all;
use hb_bls::{CallOptions, Client, Clock as _, Credentials, state::BookingProgress};
use job::Job;
use state::State;

/// The pause after a booking that failed.
const PAUSE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<()> {
    let variable = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set"));
    let clock = FleetClock::from_env()?;
    let place = variable("FLEET_STATE")?;
    let state = loop {
        match State::open(&place, &clock).await {
            Ok(state) => break state,
            Err(error) => eprintln!("cannot open the state, trying again: {error:#}"),
        }
        clock.sleep(PAUSE).await;
    };
    let jobs = job::read(&variable("FLEET_BOOKINGS")?)?;
    let accounts = variable("FLEET_ACCOUNTS")?;
    let work = accounts.split(',').enumerate().map(|(number, account)| {
        let jobs: Vec<_> = jobs.iter().filter(|job| job.account == number).cloned().collect();
        work(number, account, &state, jobs, &clock)
    });
    try_join_all(work).await?;
    Ok(())
}

/// Makes the bookings of an account that nobody else has made.
async fn work(number: usize, account: &str, state: &State, mut jobs: Vec<Job>, clock: &FleetClock) -> Result<()> {
    let (id, key) = account.split_once(':').context("an account is written client-id:api-key")?;
    let client = client(number, Credentials::new(id, key), state, clock)?;
    // what a process has left that was killed; what cannot be settled now is settled when its key is booked
    match client.keyed_bookings().settle_all().await {
        Ok(settled) => settled.iter().for_each(|booking| println!("settled {}", booking.key)),
        Err(error) => eprintln!("not all bookings were settled: {error:#}"),
    }
    while !jobs.is_empty() {
        // not all of them the same
        let job = jobs.swap_remove(fastrand::usize(..jobs.len()));
        match client.keyed_bookings().get(&job.key).await {
            Ok(Some(booking)) if matches!(booking.state, BookingProgress::Booked { .. }) => continue,
            Ok(_) => {}
            Err(error) => eprintln!("{}: {error:#}", job.key),
        }
        match client.book(&job.request()).await {
            Ok(booking) => println!("booked {} {}", job.key, booking.id),
            Err(error) => {
                eprintln!("{}: {error:#}", job.key);
                jobs.push(job);
                // nothing is known of it for some minutes, in which others may be booked
                let is_last = error.is_ambiguous() && jobs.len() == 1;
                clock.sleep(if is_last { 12 * PAUSE } else { PAUSE }).await;
            }
        }
    }
    Ok(())
}

fn client(number: usize, credentials: Credentials, state: &State, clock: &FleetClock) -> Result<Client> {
    let client = Client::builder()
        .token_store(state.token_store(&credentials))
        .account_lock(state.account_lock())
        .booking_log(state.booking_log())
        // all processes go out by the same address
        .rate_limiter(state.rate_limiter())
        .clock(clock.clone())
        .credentials(credentials)
        .build()?;
    let clock = clock.clone();
    let tell = move |response: &hb_bls::Response| {
        println!("{} {number} {} {}", clock.now(), response.operation(), response.status());
    };
    Ok(client.with_options(CallOptions::new().on_response(tell)))
}
