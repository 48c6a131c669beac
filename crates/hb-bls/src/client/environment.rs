//! Defaults from environment variables.

use crate::{Credentials, Error, Result};

/// The account's client id.
pub(super) const CLIENT_ID: &str = "HB_BLS_CLIENT_ID";
/// Its API key.
pub(super) const API_KEY: &str = "HB_BLS_API_KEY";
/// The base URL of the API.
pub(super) const BASE_URL: &str = "HB_BLS_BASE_URL";

/// Looks up a variable. Unset and empty variables are `None`.
pub(super) type Lookup = fn(&str) -> Option<String>;

pub(super) fn process(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The credentials, or an error that names the missing variables.
pub(super) fn credentials(lookup: Lookup) -> Result<Credentials> {
    match (lookup(CLIENT_ID), lookup(API_KEY)) {
        (Some(id), Some(key)) => Ok(Credentials::new(id, key)),
        (id, key) => {
            let missing: Vec<_> =
                [(CLIENT_ID, id), (API_KEY, key)].into_iter().filter(|(_, value)| value.is_none()).collect();
            let names: Vec<_> = missing.iter().map(|(name, _)| *name).collect();
            Err(Error::configuration(format!(
                "no credentials: give them to the builder or set {} in the environment",
                names.join(" and ")
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let message = |lookup: Lookup| credentials(lookup).unwrap_err().to_string();
        assert!(message(|_| None).contains("set HB_BLS_CLIENT_ID and HB_BLS_API_KEY"));
        let text = message(|name| (name == API_KEY).then(|| "sesame".to_owned()));
        assert!(text.contains("set HB_BLS_CLIENT_ID in") && !text.contains("sesame"), "{text}");
        assert_eq!(credentials(|name| Some(name.to_lowercase())).unwrap().hb_client_id(), "hb_bls_client_id");
    }
}
