use anyhow::Result;
use hb_bls_sandbox::Sandbox;

use crate::output::Call;

/// Reads the portal's own list of requests, so that what is shown is what really went over the wire.
pub struct Journal<'a> {
    sandbox: &'a Sandbox,
    seen: usize,
}

impl<'a> Journal<'a> {
    pub fn new(sandbox: &'a Sandbox) -> Self {
        Self { sandbox, seen: 0 }
    }

    /// The calls since the last time.
    pub async fn new_calls(&mut self) -> Result<Vec<Call>> {
        let requests = self.sandbox.requests().await?;
        let calls = requests.iter().skip(self.seen).map(|request| Call {
            method: request.method.clone(),
            path: match &request.query {
                Some(query) => format!("{}?{query}", request.path),
                None => request.path.clone(),
            },
            status: request.status,
        });
        let calls = calls.collect();
        self.seen = requests.len();
        Ok(calls)
    }
}
