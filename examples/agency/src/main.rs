//! A service of an agency that loses no webhook event and sends each message once.
//!
//! ```text
//! portal --- POST /hooks/bls ---> receiver --- accept ---> event queue ---> worker ---> bookings and messages
//!    ^                                                        ^  (PostgreSQL, one database)
//!    +---------- GET /bookings --- reconciler --- accept -----+
//! ```
//!
//! `agency [receive] [work] [reconcile]` runs these parts, or all without an argument; run as many of each as you like.
//! Environment: `DATABASE_URL`, `HB_BLS_CLIENT_ID`, `HB_BLS_API_KEY`, `HB_BLS_WEBHOOK_SECRET`, `AGENCY_LISTEN` (an address),
//! and `AGENCY_EVENT_SECRET`, a secret that the bodies of events are encrypted with.

mod time;

use std::{env, time::Duration};

use anyhow::{Context as _, Result};
use axum::Router;
use deadpool_postgres::{Manager, Pool};
use hb_bls::{
    Client,
    webhook::{EncryptedQueue, ReceivedEvent, Reconciler, Verifier, Worker, axum::queue_router},
};
use hb_bls_postgres::{PostgresEventQueue, PostgresState};
use tokio::{net::TcpListener, sync::watch};

use crate::time::AgencyClock;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS agency_bookings (id bigint PRIMARY KEY, status text, start_date text);
CREATE TABLE IF NOT EXISTS agency_messages (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    booking bigint, event_id text, event_type text, origin text, occurred_at text, start_date text, overtaken boolean
);";

type Queue = EncryptedQueue<PostgresEventQueue>;

fn variable(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("set {name}"))
}

/// A setting in seconds.
fn seconds(name: &str, default: f64) -> Duration {
    let set = env::var(name).ok().and_then(|text| text.parse().ok());
    Duration::try_from_secs_f64(set.unwrap_or(default)).unwrap_or_default()
}

#[tokio::main]
async fn main() -> Result<()> {
    let url = variable("DATABASE_URL")?;
    let state = PostgresState::connect(&url)?;
    let pool = Pool::builder(Manager::new(url.parse()?, tokio_postgres::NoTls)).build()?;
    state.migrate().await?;
    pool.get().await?.batch_execute(TABLES).await?;
    let queue = EncryptedQueue::new(state.event_queue(), &variable("AGENCY_EVENT_SECRET")?.into())?;
    let parts: Vec<_> = env::args().skip(1).collect();
    let runs = |part: &str| parts.is_empty() || parts.iter().any(|it| it == part);

    let (stop, stopped) = watch::channel(());
    let receiving = async { if runs("receive") { receive(queue.clone(), stopped.clone()).await } else { Ok(()) } };
    let working = async {
        if runs("work") {
            work(pool, queue.clone(), stopped.clone()).await;
        }
        Ok(())
    };
    let reconciling =
        async { if runs("reconcile") { reconcile(queue.clone(), stopped.clone()).await } else { Ok(()) } };
    let signal = async {
        asked_to_stop().await?;
        drop(stop);
        Ok(())
    };
    // if one part fails, the program ends, so that a supervisor notices and restarts it
    tokio::try_join!(receiving, working, reconciling, signal).map(drop)
}

/// Ctrl-C, or as service managers and containers ask.
async fn asked_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            told = tokio::signal::ctrl_c() => told,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

async fn over(mut stopped: watch::Receiver<()>) {
    while stopped.changed().await.is_ok() {}
}

/// Stores each delivery before it is answered.
async fn receive(queue: Queue, stopped: watch::Receiver<()>) -> Result<()> {
    let verifier =
        Verifier::builder().secret(variable("HB_BLS_WEBHOOK_SECRET")?).clock(AgencyClock::from_env()).build()?;
    let app = Router::new().nest("/hooks/bls", queue_router(verifier, queue));
    let listener = TcpListener::bind(env::var("AGENCY_LISTEN").unwrap_or("127.0.0.1:3000".into())).await?;
    Ok(axum::serve(listener, app).with_graceful_shutdown(over(stopped)).await?)
}

/// Handles what is stored.
async fn work(pool: Pool, queue: Queue, stopped: watch::Receiver<()>) {
    let handled = queue.clone();
    let worker = Worker::builder(queue)
        .lease(seconds("AGENCY_LEASE_SECONDS", 60.0))
        .backoff(seconds("AGENCY_RETRY_SECONDS", 5.0), Duration::from_secs(900))
        .build(move |received| handle(pool.clone(), handled.clone(), received));
    worker.run_until(over(stopped)).await;
}

/// What it writes is committed together with the end of the event, so it is written exactly once and in order.
async fn handle(pool: Pool, queue: Queue, received: ReceivedEvent) -> Result<()> {
    let event = &received.event;
    let Some(booking) = event.data.booking() else { return Ok(()) };
    let (id, status) = (booking.id.get(), booking.booking_status.as_ref().map(|status| status.as_str()));
    let start = booking.start_date.as_ref().map(|start| start.timestamp().to_string());
    let mut connection = pool.get().await?;
    let transaction = connection.transaction().await?;
    if !received.is_out_of_order {
        let upsert = "INSERT INTO agency_bookings VALUES ($1, $2, $3)
            ON CONFLICT (id) DO UPDATE SET status = excluded.status, start_date = excluded.start_date";
        transaction.execute(upsert, &[&id, &status, &start]).await?;
    }
    let message =
        "INSERT INTO agency_messages (booking, event_id, event_type, origin, occurred_at, start_date, overtaken)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let occurred_at = event.occurred_at.map(|time| time.to_string());
    let (event_id, event_type) = (event.event_id.to_string(), event.event_type.as_str());
    let origin = received.origin.as_str();
    transaction
        .execute(message, &[&id, &event_id, &event_type, &origin, &occurred_at, &start, &received.is_out_of_order])
        .await?;
    queue.inner().done_in(&transaction, &received).await?;
    Ok(transaction.commit().await?)
}

/// Finds what the portal could not deliver.
async fn reconcile(queue: Queue, stopped: watch::Receiver<()>) -> Result<()> {
    let client = Client::builder().build()?;
    let requests_per_minute =
        env::var("AGENCY_REQUESTS_PER_MINUTE").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let reconciler = Reconciler::builder(client, queue)
        .requests_per_minute(requests_per_minute)
        .clock(AgencyClock::from_env())
        .build();
    reconciler.run_every(seconds("AGENCY_RECONCILE_SECONDS", 900.0), over(stopped)).await;
    Ok(())
}
