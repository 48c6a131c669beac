//! The signature that proves where a delivery comes from.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// `sha256=` and the lower-case hex HMAC of `{timestamp}.{body}` under the secret's text.
pub(super) fn signature(secret: &str, timestamp: i64, body: &str) -> Option<String> {
    // HMAC takes keys of any length, so this is never None.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    let mut text = String::from("sha256=");
    for byte in mac.finalize().into_bytes() {
        text.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
        text.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_a_vector_computed_with_other_tools() {
        let body = r#"{"event_id":"018f4a2b-1234-7000-8abc-def012345678","event_type":"webhook.test","occurred_at":"2026-06-05T10:00:00+00:00","data":{}}"#;
        assert_eq!(
            signature("whsec_test_0123456789", 1_780_653_600, body).unwrap(),
            "sha256=5703c0310ab2c36c6afe175d2a5250067d9557cb0cbd904daa88c6a74b233962"
        );
    }
}
