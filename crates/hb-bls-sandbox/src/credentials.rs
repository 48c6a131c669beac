//! The credentials of a client.

use std::fmt;

use crate::random;

/// The client id of the first account of a sandbox that only loopback can reach.
pub const DEFAULT_CLIENT_ID: &str = "hb_sandbox_client";

/// The API key of the first account of a sandbox that only loopback can reach. It is fixed and public on purpose.
pub const DEFAULT_API_KEY: &str = "hb_sandbox_key_not_a_secret";

/// An account's `hb_client_id` and `api_key`, as `POST /auth/token` takes them.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxCredentials {
    /// The account's public id.
    pub hb_client_id: String,
    /// The account's API key. `Debug` does not show it.
    pub api_key: String,
}

impl SandboxCredentials {
    pub(crate) fn well_known() -> Self {
        Self { hb_client_id: DEFAULT_CLIENT_ID.to_owned(), api_key: DEFAULT_API_KEY.to_owned() }
    }

    pub(crate) fn generated() -> Self {
        Self {
            hb_client_id: format!("hb_{}", random::text(20).to_lowercase()),
            api_key: format!("key_{}", random::text(40)),
        }
    }

    pub(crate) fn are_well_known(&self) -> bool {
        self.api_key == DEFAULT_API_KEY
    }
}

impl fmt::Debug for SandboxCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxCredentials")
            .field("hb_client_id", &self.hb_client_id)
            .field("api_key", &"[redacted]")
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_key() {
        let credentials = SandboxCredentials::generated();
        let shown = format!("{credentials:?}");
        assert!(shown.contains(&credentials.hb_client_id));
        assert!(!shown.contains(&credentials.api_key));
    }
}
