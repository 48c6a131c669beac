//! A fixed test vector, computed with two independent tools.

use hb_bls::webhook::{Verifier, VerifierBuilder};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::clock::TestClock;

pub const SECRET: &str = "whsec_test_0123456789";
pub const TIME: i64 = 1_780_653_600;
pub const EVENT_ID: &str = "018f4a2b-1234-7000-8abc-def012345678";
pub const BODY: &str = r#"{"event_id":"018f4a2b-1234-7000-8abc-def012345678","event_type":"webhook.test","occurred_at":"2026-06-05T10:00:00+00:00","data":{}}"#;
pub const SIGNATURE: &str = "sha256=5703c0310ab2c36c6afe175d2a5250067d9557cb0cbd904daa88c6a74b233962";

pub fn pairs() -> [(&'static str, &'static str); 5] {
    [
        ("x-tdta-event", "webhook.test"),
        ("x-tdta-event-id", EVENT_ID),
        ("x-tdta-delivery-id", "58231"),
        ("x-tdta-timestamp", "1780653600"),
        ("x-tdta-signature", SIGNATURE),
    ]
}

pub fn headers() -> HeaderMap {
    let pair = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    pairs().into_iter().map(pair).collect()
}

pub fn builder() -> VerifierBuilder {
    Verifier::builder().secret(SECRET).clock(TestClock::at_second(TIME))
}

pub fn verifier() -> Verifier {
    builder().build().unwrap()
}
