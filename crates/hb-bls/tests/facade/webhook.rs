//! Deliveries that are believed, and those that are not.

use std::sync::Arc;

use hb_bls::{
    WebhookEventType,
    webhook::{Verifier, VerifyError},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use crate::clock::TestClock;

/// The facts' test vector, computed with two independent tools.
const SECRET: &str = "whsec_test_0123456789";
const TIME: i64 = 1_780_653_600;
const BODY: &str = r#"{"event_id":"018f4a2b-1234-7000-8abc-def012345678","event_type":"webhook.test","occurred_at":"2026-06-05T10:00:00+00:00","data":{}}"#;
const SIGNATURE: &str = "sha256=5703c0310ab2c36c6afe175d2a5250067d9557cb0cbd904daa88c6a74b233962";

fn headers() -> HeaderMap {
    [
        ("x-tdta-event", "webhook.test"),
        ("x-tdta-event-id", "018f4a2b-1234-7000-8abc-def012345678"),
        ("x-tdta-delivery-id", "58231"),
        ("x-tdta-timestamp", "1780653600"),
        ("x-tdta-signature", SIGNATURE),
    ]
    .into_iter()
    .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
    .collect()
}

fn verifier(seconds_late: i64) -> Verifier {
    let now = jiff::Timestamp::from_second(TIME + seconds_late).unwrap();
    Verifier::new(SECRET).unwrap().clock(Arc::new(TestClock::at(now)))
}

fn with(name: &'static str, value: &str) -> Result<(), VerifyError> {
    let mut headers = headers();
    headers.insert(name, HeaderValue::from_str(value).unwrap());
    verifier(0).verify(&headers, BODY.as_bytes()).map(drop)
}

#[test]
fn the_published_scheme_verifies_the_test_vector() {
    let delivery = verifier(0).verify(&headers(), BODY.as_bytes()).unwrap();
    assert_eq!(delivery.event.event_type, WebhookEventType::WebhookTest);
    assert_eq!(delivery.event.event_id.to_string(), "018f4a2b-1234-7000-8abc-def012345678");
    assert_eq!(delivery.event.occurred_at.to_string(), "2026-06-05T10:00:00+00:00");
    assert_eq!(delivery.delivery_id, 58231);
}

#[test]
fn both_past_and_future_are_refused_beyond_300_seconds() {
    for (late, result) in [(300, Ok(())), (-300, Ok(())), (301, Err(VerifyError::Time)), (-301, Err(VerifyError::Time))]
    {
        assert_eq!(verifier(late).verify(&headers(), BODY.as_bytes()).map(drop), result, "{late} s");
    }
}

#[test]
fn every_header_is_there_once() {
    for name in headers().keys() {
        let mut missing = headers();
        missing.remove(name);
        let error = verifier(0).verify(&missing, BODY.as_bytes()).unwrap_err();
        assert!(matches!(error, VerifyError::MissingHeader(found) if found == name), "{error}");
        let mut twice = headers();
        twice.append(name, headers()[name].clone());
        let error = verifier(0).verify(&twice, BODY.as_bytes()).unwrap_err();
        assert!(matches!(error, VerifyError::RepeatedHeader(found) if found == name), "{error}");
    }
}

#[test]
fn headers_are_written_in_one_way() {
    let upper = SIGNATURE.to_uppercase();
    for (name, value) in [
        ("x-tdta-timestamp", "+1780653600"),
        ("x-tdta-timestamp", " 1780653600"),
        ("x-tdta-timestamp", "1780653600.0"),
        ("x-tdta-timestamp", ""),
        ("x-tdta-timestamp", "99999999999999999999"),
        ("x-tdta-signature", SIGNATURE.trim_start_matches("sha256=")),
        ("x-tdta-signature", &SIGNATURE[..70]),
        ("x-tdta-signature", &format!("{SIGNATURE}00")),
        ("x-tdta-signature", &upper),
        ("x-tdta-signature", &SIGNATURE.replace("5703c0", "5703C0")),
        ("x-tdta-signature", &SIGNATURE.replace("5703", "57g3")),
        ("x-tdta-delivery-id", "-1"),
        ("x-tdta-event-id", "seven"),
        // well written, and at odds with the signed body
        ("x-tdta-event", "booking.created"),
        ("x-tdta-event-id", "018f4a2b-1234-7000-8abc-def012345679"),
    ] {
        assert_eq!(with(name, value), Err(VerifyError::Header(name)), "{name}: {value}");
    }
}

#[test]
fn a_secret_is_text_without_space_around_it() {
    for secret in ["", " ", "whsec_1 ", "\twhsec_1", "whsec_1\n"] {
        assert_eq!(Verifier::new(secret).unwrap_err(), VerifyError::Secret, "{secret:?}");
    }
    assert_eq!(
        Verifier::new("another")
            .unwrap()
            .clock(Arc::new(TestClock::at(jiff::Timestamp::from_second(TIME).unwrap())))
            .verify(&headers(), BODY.as_bytes())
            .unwrap_err(),
        VerifyError::Signature
    );
}

#[test]
fn a_body_beyond_the_limit_is_not_hashed() {
    let body = vec![b' '; 1024 * 1024 + 1];
    assert_eq!(verifier(0).verify(&headers(), &body).unwrap_err(), VerifyError::TooLarge);
}

proptest! {
    #[test]
    fn any_flipped_bit_of_the_body_is_noticed(bit in 0..BODY.len() * 8) {
        let mut body = BODY.as_bytes().to_vec();
        body[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(verifier(0).verify(&headers(), &body).unwrap_err(), VerifyError::Signature);
    }

    #[test]
    fn any_other_signature_or_time_is_noticed(digit in 0..64usize, value in 0..15u32, seconds in 1..300i64) {
        let mut signature = SIGNATURE.to_owned();
        let old = signature.as_bytes()[7 + digit] as char;
        let new = char::from_digit((old.to_digit(16).unwrap() + 1 + value) % 16, 16).unwrap();
        signature.replace_range(7 + digit..8 + digit, &new.to_string());
        prop_assert_eq!(with("x-tdta-signature", &signature), Err(VerifyError::Signature));
        prop_assert_eq!(with("x-tdta-timestamp", &(TIME + seconds).to_string()), Err(VerifyError::Signature));
    }

    #[test]
    fn rubbish_is_refused_quietly(body in proptest::collection::vec(any::<u8>(), 0..200), value in "[ -~]{0,80}") {
        prop_assert!(verifier(0).verify(&headers(), &body).is_err());
        for name in headers().keys() {
            let mut headers = headers();
            headers.insert(name.clone(), HeaderValue::from_str(&value).unwrap());
            prop_assert!(verifier(0).verify(&headers, BODY.as_bytes()).is_err());
        }
    }
}
