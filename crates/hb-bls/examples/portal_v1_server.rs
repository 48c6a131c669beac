//! Receives the course completions of the older Portal V1 and prints what happened.
//!
//! ```sh
//! HB_PORTAL_V1_KEY=... cargo run -p hb-bls --example portal_v1_server --features axum,portal_v1 -- 127.0.0.1:8081
//! ```

use std::{
    env,
    error::Error,
    io::{self, Write as _},
};

use axum::Router;
use hb_bls::portal_v1::{self, ApiKeys, Notification, Payload};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let keys = ApiKeys::new([env::var("HB_PORTAL_V1_KEY")?])?;
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8081".to_owned());
    let listener = TcpListener::bind(address).await?;
    writeln!(io::stdout(), "listening on http://{}/hooks/v1", listener.local_addr()?)?;
    let receiver = portal_v1::axum::router(keys, handle);
    axum::serve(listener, Router::new().nest("/hooks/v1", receiver)).await?;
    Ok(())
}

async fn handle(notification: Notification) -> Result<(), io::Error> {
    match &notification.payload {
        Payload::CourseCompletion { completion, .. } => {
            let (course, status) = (&completion.course_id, completion.course_status.as_str());
            writeln!(io::stdout(), "course {course} completed at {}: {status}", completion.date_completed)
        }
        _ => writeln!(io::stdout(), "a notification of another kind"),
    }
}
