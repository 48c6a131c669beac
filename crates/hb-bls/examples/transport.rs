//! Sends the client's requests through a stack of tower layers: at most two at a time, and each is recorded with its
//! status. It starts its own sandbox.
//!
//! ```sh
//! cargo run -p hb-bls --example transport
//! ```

use std::io;

use hb_bls::{Client, Credentials};
use hb_bls_sandbox::Sandbox;
use reqwest::{Request, redirect::Policy};
use tower::{Service as _, ServiceBuilder, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    list_courses(&sandbox, &mut io::stdout()).await
}

/// Lists the courses, and then the requests that this took.
///
/// # Errors
///
/// If the sandbox does not respond, or the output cannot be written.
pub async fn list_courses(sandbox: &Sandbox, out: &mut impl io::Write) -> Result<(), Box<dyn std::error::Error>> {
    let (noted, notes) = std::sync::mpsc::channel();
    let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build()?;
    let timed = service_fn(move |request: Request| {
        let (mut http, noted) = (http.clone(), noted.clone());
        async move {
            let path = request.url().path().to_owned();
            let response = http.call(request).await?;
            noted.send(format!("{path}: {}", response.status())).map_err(|_| "nobody reads the notes")?;
            Ok::<_, hb_bls::TransportError>(response)
        }
    });
    let account = sandbox.credentials();
    let client = Client::builder()
        .credentials(Credentials::new(&account.hb_client_id, account.api_key.as_str()))
        .base_url(sandbox.base_url())
        .transport(ServiceBuilder::new().concurrency_limit(2).service(timed))
        .build()?;
    let courses = client.courses().list().await?;
    writeln!(out, "{} courses", courses.len())?;
    for note in notes.try_iter() {
        writeln!(out, "{note}")?;
    }
    Ok(())
}
