//! The signature: `sha256=` and the lower-case hex of HMAC-SHA256 over `{timestamp}.{body}`.

use std::fmt;

use hb_bls_gen::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{SecretError, VerifyError};

const PREFIX: &str = "sha256=";

/// A signature that was received.
#[derive(Clone, Copy)]
pub(super) struct Signature([u8; 32]);

impl Signature {
    /// None, for tests.
    #[cfg(feature = "testing")]
    pub(super) const NONE: Self = Self([0; 32]);

    pub(super) fn parse(text: &[u8]) -> Result<Self, VerifyError> {
        let hex = text.strip_prefix(PREFIX.as_bytes()).ok_or(VerifyError::SignaturePrefix)?;
        let mut bytes = [0; 32];
        if hex.len() != 2 * bytes.len() {
            return Err(VerifyError::SignatureLength);
        }
        // reading all digits before judging any takes a few steps instead of 64
        let (mut nibbles, mut readable) = ([0; 64], true);
        for (nibble, digit) in nibbles.iter_mut().zip(hex) {
            let (number, letter) = (digit.wrapping_sub(b'0'), digit.wrapping_sub(b'a'));
            *nibble = if number < 10 { number } else { letter.wrapping_add(10) };
            readable &= number < 10 || letter < 6;
        }
        for (byte, pair) in bytes.iter_mut().zip(nibbles.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        if readable { Ok(Self(bytes)) } else { Err(unreadable(hex)) }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(PREFIX.len() + 64);
        text.push_str(PREFIX);
        for byte in self.0 {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
            }
        }
        f.write_str(&text)
    }
}

#[cold]
fn unreadable(hex: &[u8]) -> VerifyError {
    match hex.iter().find(|digit| !matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        Some(b'A'..=b'F') => VerifyError::SignatureUpperCase,
        _ => VerifyError::SignatureDigits,
    }
}

/// A signing secret whose two key blocks are hashed once, not for every delivery.
#[derive(Clone)]
pub(super) struct Key(Hmac<Sha256>);

impl Key {
    pub(super) fn new(secret: &Secret) -> Result<Self, SecretError> {
        let text = secret.expose();
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if text.trim() != text {
            return Err(SecretError::WhiteSpace);
        }
        // HMAC accepts keys of any length, so this cannot happen
        Hmac::new_from_slice(text.as_bytes()).map(Self).map_err(|_| SecretError::Empty)
    }

    /// Whether this secret made the signature. The comparison takes the same time wherever they differ.
    pub(super) fn made(&self, signature: &Signature, timestamp: &[u8], body: &[u8]) -> bool {
        self.mac(timestamp, body).verify_slice(&signature.0).is_ok()
    }

    pub(super) fn sign(&self, timestamp: &[u8], body: &[u8]) -> String {
        Signature(self.mac(timestamp, body).finalize().into_bytes().into()).to_string()
    }

    fn mac(&self, timestamp: &[u8], body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(timestamp);
        mac.update(b".");
        mac.update(body);
        mac
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}
