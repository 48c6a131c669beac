//! `sha256=` and the lower-case hex of HMAC-SHA256 over `{timestamp}.{body}`.

use hb_bls_gen::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A signature as it was sent.
pub(super) struct Signature([u8; 32]);

impl Signature {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256=")?.as_bytes();
        let mut bytes = [0; 32];
        if hex.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// Whether the secret made it. Takes the same time wherever they differ.
    pub(super) fn is_made_by(&self, secret: &Secret, timestamp: &str, body: &[u8]) -> bool {
        // a key of any length will do for HMAC
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return false };
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.verify_slice(&self.0).is_ok()
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
