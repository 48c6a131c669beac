//! Headers, one `name: value` a line up to an empty one, and then a body. Nothing but the seed verifies.
#![no_main]

use std::sync::LazyLock;

use hb_bls::webhook::Verifier;
use libfuzzer_sys::fuzz_target;

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    Verifier::builder().secret("whsec_test_0123456789").tolerance(std::time::Duration::MAX).build().unwrap()
});
/// The only body that was ever signed with the secret.
const SIGNED: &[u8] = br#"{"event_id":"018f4a2b-1234-7000-8abc-def012345678","event_type":"webhook.test","occurred_at":"2026-06-05T10:00:00+00:00","data":{}}"#;

fuzz_target!(|input: &[u8]| {
    let end = input.windows(2).position(|pair| pair == b"\n\n").unwrap_or(input.len());
    let (head, body) = (&input[..end], input.get(end + 2..).unwrap_or_default());
    let pairs = head.split(|byte| *byte == b'\n').filter_map(|line| {
        let colon = line.windows(2).position(|pair| pair == b": ")?;
        Some((std::str::from_utf8(&line[..colon]).ok()?, &line[colon + 2..]))
    });
    match VERIFIER.verify_pairs(pairs, body) {
        Ok(_) => assert_eq!(body, SIGNED),
        Err(error) => drop(error.to_string()),
    }
});
