use std::fmt;

#[cfg(feature = "client")]
use sha2::{Digest as _, Sha256};
#[cfg(feature = "client")]
use url::Url;

#[cfg(feature = "client")]
use super::hex::hex;
#[cfg(feature = "client")]
use crate::Credentials;

/// Identifies the account that shared state belongs to: a digest of the base URL, the client id and the API key.
///
/// One store may serve any number of accounts, which it distinguishes by this key. Another API key of the same account
/// makes another `AccountKey`, so that a stored token is only used with the API key that it was obtained with. The
/// digest can be used as a file name or a database key: 64 lower-case hexadecimal digits, from which the API key cannot
/// be recovered.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey(String);

#[cfg(feature = "client")]
impl AccountKey {
    /// The key that a client with this base URL and these credentials uses.
    pub fn new(base_url: &str, credentials: &Credentials) -> Self {
        // as the client spells it
        let url = Url::parse(base_url).map_or_else(|_| base_url.to_owned(), |url| url.to_string());
        let base_url = url.as_str();
        let mut hash = Sha256::new();
        let parts = [base_url.trim_end_matches('/'), credentials.hb_client_id(), credentials.api_key().expose()];
        for part in parts {
            // with its length, so that no two lists of parts read alike
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        Self(hex(&hash.finalize()))
    }

    /// The key of the account in a [`BookingLog`](super::BookingLog) or a queue of events, whatever its API key is.
    pub fn without_api_key(base_url: &str, hb_client_id: &str) -> Self {
        Self::new(base_url, &Credentials::new(hb_client_id, ""))
    }
}

impl AccountKey {
    /// The digest in hexadecimal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Shows the beginning, which is enough to tell accounts apart in a log.
impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountKey({}..)", self.0.get(..8).unwrap_or(&self.0))
    }
}

#[cfg(all(test, feature = "client"))]
mod tests {
    use super::*;

    #[test]
    fn each_part_counts_and_a_slash_at_the_end_does_not() {
        let key = |url, id, api_key: &str| AccountKey::new(url, &Credentials::new(id, api_key));
        let one = key("https://a.example/api/v1", "id", "sesame");
        assert_eq!(one, key("https://a.example/api/v1/", "id", "sesame"));
        assert_eq!(one, key("HTTPS://A.example:443/api/v1", "id", "sesame"));
        for other in [
            key("https://b.example/api/v1", "id", "sesame"),
            key("https://a.example/api/v1", "other", "sesame"),
            key("https://a.example/api/v1", "id", "other"),
            key("https://a.example/api/v1", "idsesame", ""),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(one.as_str().len(), 64);
        assert!(!format!("{one:?}{one}").contains("sesame"));
    }
}
