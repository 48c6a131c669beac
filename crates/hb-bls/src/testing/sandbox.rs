//! A client of a local portal.

use hb_bls_sandbox::Sandbox;

use crate::{Client, ClientBuilder, Credentials};

/// Returns a builder of a client of a sandbox, for its first account.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sandbox = hb_bls_sandbox::Sandbox::start().await?;
/// let client = hb_bls::testing::client_builder(&sandbox).build()?;
/// assert_eq!(client.courses().list().await?.len(), 2);
/// # Ok(())
/// # }
/// ```
pub fn client_builder(sandbox: &Sandbox) -> ClientBuilder {
    let key = sandbox.credentials();
    Client::builder()
        .credentials(Credentials::new(&key.hb_client_id, key.api_key.as_str()))
        .base_url(sandbox.base_url())
}
