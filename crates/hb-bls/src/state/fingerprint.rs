//! Digests of what a booking is for, so that a log can recognise the same request without knowing its contents.

use std::{collections::BTreeMap, fmt};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{AccountKey, hex::hex};
use crate::Credentials;

/// Says what the key is for, so that no other use of the API key makes the same.
const PURPOSE: &str = "hb-bls booking log 1";

/// A key that is derived from the API key.
#[derive(Clone)]
pub(crate) struct DigestKey(Hmac<Sha256>);

impl DigestKey {
    pub(crate) fn new(account: &AccountKey, credentials: &Credentials) -> Self {
        let mut derived = hmac(credentials.api_key().expose().as_bytes());
        derived.update(PURPOSE.as_bytes());
        derived.update(account.as_str().as_bytes());
        Self(hmac(&derived.finalize().into_bytes()))
    }

    fn digest(&self, field: &str, value: &str) -> String {
        let mut mac = self.0.clone();
        for part in [field.as_bytes(), &[0], value.as_bytes()] {
            mac.update(part);
        }
        hex(&mac.finalize().into_bytes()[..16])
    }

    /// Tells this key from others.
    fn id(&self) -> String {
        self.digest("key", "")
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("a key of any length")
}

/// The digests of a request's fields, and of the name and email address as the portal may spell them.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    key: String,
    fields: BTreeMap<String, String>,
    name: String,
    email: String,
}

impl Fingerprint {
    pub(crate) fn new<'a>(
        key: &DigestKey,
        fields: impl IntoIterator<Item = (&'a str, String)>,
        (name, email): (&str, &str),
    ) -> Self {
        Self {
            key: key.id(),
            fields: fields.into_iter().map(|(field, value)| (field.to_owned(), key.digest(field, &value))).collect(),
            name: key.digest("person", &normalized(name)),
            email: key.digest("person", &normalized(email)),
        }
    }

    /// The names of the fields that differ. Nothing if they cannot be compared, because the API key was replaced.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        if self.key != other.key {
            return Vec::new();
        }
        let mut names: Vec<_> = self.fields.keys().chain(other.fields.keys()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().filter(|name| self.fields.get(*name) != other.fields.get(*name)).cloned().collect()
    }

    /// Whether this is the name, unless the digests were made with another key.
    pub(crate) fn is_name(&self, key: &DigestKey, name: &str) -> Option<bool> {
        (self.key == key.id()).then(|| self.name == key.digest("person", &normalized(name)))
    }

    /// Whether this is the email address, unless the digests were made with another key.
    pub(crate) fn is_email(&self, key: &DigestKey, email: &str) -> Option<bool> {
        (self.key == key.id()).then(|| self.email == key.digest("person", &normalized(email)))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(..)")
    }
}

/// A text apart from case and spaces.
pub(crate) fn normalized(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}
