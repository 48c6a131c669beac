//! Receives webhook deliveries and prints what happened.
//!
//! ```sh
//! HB_BLS_WEBHOOK_SECRET=whsec_... cargo run -p hb-bls --example webhook_server --features axum -- 127.0.0.1:8080
//! ```
//!
//! While you rotate a secret, also set `HB_BLS_WEBHOOK_OLD_SECRET`.

use std::{
    env,
    error::Error,
    io::{self, Write as _},
};

use axum::Router;
use hb_bls::webhook::{self, Delivery, EventData, MemoryInbox, Verifier};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut verifier = Verifier::builder().secret(env::var("HB_BLS_WEBHOOK_SECRET")?);
    if let Ok(old) = env::var("HB_BLS_WEBHOOK_OLD_SECRET") {
        verifier = verifier.secret(old);
    }
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(address).await?;
    writeln!(io::stdout(), "listening on http://{}/hooks/bls", listener.local_addr()?)?;
    let receiver = webhook::axum::router(verifier.build()?, MemoryInbox::new(), handle);
    axum::serve(listener, Router::new().nest("/hooks/bls", receiver)).await?;
    Ok(())
}

/// If this returns an error, the portal delivers the event again.
async fn handle(delivery: Delivery) -> Result<(), io::Error> {
    let event = &delivery.event;
    match &event.data {
        EventData::BookingCreated(booking) => writeln!(io::stdout(), "booking {} is confirmed", booking.id),
        EventData::BookingRescheduled(moved) => match &moved.booking.start_date {
            Some(start) => writeln!(io::stdout(), "booking {} is now at {start}", moved.booking.id),
            None => writeln!(io::stdout(), "booking {} is moved", moved.booking.id),
        },
        EventData::Unexpected { at } => {
            writeln!(io::stdout(), "{} with other data than expected, at {at}", event.event_type)
        }
        _ => writeln!(io::stdout(), "{}", event.event_type),
    }
}
