use std::fmt;

use hb_bls_gen::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::webhook::SecretError;

/// The keys that a notification may carry in the `api-key` header. There may be several while one replaces another.
#[derive(Clone)]
pub struct ApiKeys {
    mac: Hmac<Sha256>,
    tags: Vec<[u8; 32]>,
}

impl ApiKeys {
    /// Takes the accepted keys.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if there is no key, or one is empty or has white space around it.
    pub fn new<K: Into<Secret>>(keys: impl IntoIterator<Item = K>) -> Result<Self, SecretError> {
        // comparing tags of equal length reveals neither where two keys differ nor how long they are
        let mac = Hmac::<Sha256>::new_from_slice(b"hb-bls api-key").map_err(|_| SecretError::Missing)?;
        let mut tags = Vec::new();
        for key in keys {
            let key: Secret = key.into();
            let text = key.expose();
            if text.is_empty() {
                return Err(SecretError::Empty);
            }
            if text.trim() != text {
                return Err(SecretError::WhiteSpace);
            }
            tags.push(mac.clone().chain_update(text).finalize().into_bytes().into());
        }
        if tags.is_empty() {
            return Err(SecretError::Missing);
        }
        Ok(Self { mac, tags })
    }

    /// Whether this is one of the keys. The comparison takes the same time whichever it is and wherever it differs.
    #[must_use]
    pub fn accept(&self, key: &[u8]) -> bool {
        let mac = self.mac.clone().chain_update(key);
        self.tags.iter().fold(false, |found, tag| mac.clone().verify_slice(tag).is_ok() | found)
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
