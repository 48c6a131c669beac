//! The control token, as it is shown by a cookie.

use sha2::{Digest as _, Sha256};

/// The cookie in which a browser keeps the control token.
pub(crate) const TOKEN_COOKIE: &str = "hb_bls_control";

/// Compares digests, so that the time that it takes reveals nothing about the token.
pub(crate) fn same(shown: &str, token: &str) -> bool {
    Sha256::digest(shown.as_bytes()) == Sha256::digest(token.as_bytes())
}
