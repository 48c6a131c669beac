//! Encrypts tokens with a key that is derived from the API key.

use std::fmt;

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Generate as _, KeyInit as _, Payload},
};
use hb_bls_gen::Secret;
use hkdf::Hkdf;
use sha2::Sha256;

use crate::state::AccountKey;

/// Says what the key is for, so that no other use of the API key makes the same.
const PURPOSE: &[u8] = b"hb-bls token store 1";
const NONCE: usize = 24;

#[derive(Clone)]
pub(super) struct TokenCipher(Secret);

impl TokenCipher {
    pub(super) fn new(api_key: &Secret) -> Self {
        Self(api_key.clone())
    }

    fn cipher(&self, account: &AccountKey) -> Option<XChaCha20Poly1305> {
        let mut key = [0; 32];
        let derived = Hkdf::<Sha256>::new(Some(account.as_str().as_bytes()), self.0.expose().as_bytes());
        derived.expand(PURPOSE, &mut key).ok()?;
        Some(XChaCha20Poly1305::new(&key.into()))
    }

    /// Encrypts a text for an account and a fence. Returns the nonce, followed by the ciphertext.
    pub(super) fn encrypt(&self, account: &AccountKey, fence: u64, text: &[u8]) -> Option<Vec<u8>> {
        let nonce = XNonce::try_generate().ok()?;
        let payload = Payload { msg: text, aad: &associated_data(account, fence) };
        let ciphertext = self.cipher(account)?.encrypt(&nonce, payload).ok()?;
        Some([nonce.as_slice(), &ciphertext].concat())
    }

    /// Returns the text, if it was encrypted with this key for this account and fence.
    pub(super) fn decrypt(&self, account: &AccountKey, fence: u64, ciphertext: &[u8]) -> Option<Vec<u8>> {
        let (nonce, ciphertext) = ciphertext.split_at_checked(NONCE)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        let payload = Payload { msg: ciphertext, aad: &associated_data(account, fence) };
        self.cipher(account)?.decrypt(&nonce, payload).ok()
    }
}

fn associated_data(account: &AccountKey, fence: u64) -> Vec<u8> {
    [account.as_str().as_bytes(), &fence.to_be_bytes()].concat()
}

impl fmt::Debug for TokenCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenCipher(..)")
    }
}
