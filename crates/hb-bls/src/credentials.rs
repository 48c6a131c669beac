//! The credentials of an account.

use std::fmt;

use hb_bls_gen::Secret;

/// An account's client id and API key, as issued by Healthier Business.
#[derive(Clone)]
pub struct Credentials {
    hb_client_id: String,
    api_key: Secret,
}

impl Credentials {
    /// Takes the `hb_client_id` and the API key of the account.
    pub fn new(hb_client_id: impl Into<String>, api_key: impl Into<Secret>) -> Self {
        Self { hb_client_id: hb_client_id.into(), api_key: api_key.into() }
    }

    /// The client id. It is not secret; support asks for it.
    pub fn hb_client_id(&self) -> &str {
        &self.hb_client_id
    }

    pub(crate) fn api_key(&self) -> &Secret {
        &self.api_key
    }
}

/// Shows the client id, not the key.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("hb_client_id", &self.hb_client_id).finish_non_exhaustive()
    }
}
