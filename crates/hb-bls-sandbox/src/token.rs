//! The control token in a cookie.

use sha2::{Digest as _, Sha256};

/// How the name of the cookie begins in which a browser keeps the control token.
pub(crate) const TOKEN_COOKIE: &str = "hb_bls_control";

/// The name of a token's cookie. Cookies belong to a host, whatever the port, and sandboxes may share one.
pub(crate) fn cookie(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    format!("{TOKEN_COOKIE}_{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2])
}

/// Compares digests, so that the time that it takes reveals nothing about the token.
pub(crate) fn same(shown: &str, token: &str) -> bool {
    Sha256::digest(shown.as_bytes()) == Sha256::digest(token.as_bytes())
}
