//! Deliveries that are accepted, and those that are refused.

use std::time::Duration;

use hb_bls::{
    WebhookEventType,
    webhook::{SecretError, Signer, Verifier, VerifyError},
};
use http::{HeaderValue, StatusCode};
use proptest::prelude::*;

use crate::{
    clock::TestClock,
    vector::{BODY, EVENT_ID, SECRET, SIGNATURE, TIME, builder, headers, pairs, verifier},
};

fn with(name: &'static str, value: &[u8]) -> Result<(), VerifyError> {
    let mut headers = headers();
    headers.insert(name, HeaderValue::from_bytes(value).unwrap());
    let from_map = verifier().verify(&headers, BODY.as_bytes()).map(drop);
    let changed = pairs().map(|(known, old)| (known, if known == name { value } else { old.as_bytes() }));
    assert_eq!(verifier().verify_pairs(changed, BODY.as_bytes()).map(drop), from_map);
    assert_eq!(verifier().verify_and_decode(&headers, BODY.as_bytes()).map(drop), from_map);
    from_map
}

fn late(seconds: i64) -> Result<(), VerifyError> {
    let clock = TestClock::at_second(TIME + seconds);
    builder().clock(clock).build().unwrap().verify(&headers(), BODY.as_bytes()).map(drop)
}

#[test]
fn the_published_scheme_verifies_the_test_vector() {
    let delivery = verifier().verify_and_decode(&headers(), BODY.as_bytes()).unwrap();
    assert_eq!(delivery.event.event_type, WebhookEventType::WebhookTest);
    assert_eq!(delivery.event.event_id.to_string(), EVENT_ID);
    assert_eq!(delivery.event.occurred_at.unwrap().to_string(), "2026-06-05T10:00:00Z");
    assert_eq!(delivery.verified.event_id, delivery.event.event_id);
    assert_eq!(delivery.verified.event_type, delivery.event.event_type);
    assert_eq!(delivery.verified.delivery_id, 58231);
    assert_eq!(delivery.verified.sent_at.as_second(), TIME);
    assert_eq!(delivery.verified.secret_index, 0);
    assert_eq!(delivery.verified.secret_prefix(), Some("whsec_test_0"));
}

#[test]
fn a_delivery_can_be_verified_again_by_its_headers() {
    let verified = verifier().verify(&headers(), BODY.as_bytes()).unwrap();
    assert_eq!(verified.headers(), pairs().map(|(name, value)| (name, value.to_owned())));
    let again = verifier().verify_pairs(verified.headers(), BODY.as_bytes()).unwrap();
    assert_eq!(again.event_id, verified.event_id);
}

#[test]
fn headers_may_be_pairs_in_any_case_and_order() {
    let mut pairs: Vec<(String, String)> =
        pairs().iter().map(|(name, value)| (name.to_uppercase(), (*value).to_owned())).collect();
    pairs.reverse();
    pairs.push(("Host".to_owned(), "agency.example".to_owned()));
    let found = pairs.iter().map(|(name, value)| (name, value));
    assert_eq!(verifier().verify_pairs(found, BODY.as_bytes()).unwrap().delivery_id, 58231);
}

#[test]
fn any_of_several_secrets_will_do_and_which_is_reported() {
    for (secrets, index, prefix) in [
        ([SECRET, "whsec_other_0123456789"], 0, Some("whsec_test_0")),
        (["whsec_other_0123456789", SECRET], 1, Some("whsec_test_0")),
    ] {
        let verifier = secrets
            .iter()
            .fold(Verifier::builder(), |builder, secret| builder.secret(*secret))
            .clock(TestClock::at_second(TIME))
            .build()
            .unwrap();
        let verified = verifier.verify(&headers(), BODY.as_bytes()).unwrap();
        assert_eq!((verified.secret_index, verified.secret_prefix()), (index, prefix));
    }
    let neither = Verifier::builder().secret("one").secret("two").clock(TestClock::at_second(TIME)).build().unwrap();
    assert_eq!(neither.verify(&headers(), BODY.as_bytes()).unwrap_err(), VerifyError::Signature);
}

#[test]
fn a_short_secret_has_no_prefix_to_show() {
    let at = jiff::Timestamp::from_second(TIME).unwrap();
    for (secret, prefix) in [("thirteen-long", None), ("twenty-characters-xx", Some("twenty-chara"))] {
        let headers = Signer::new(secret).unwrap().headers(BODY.as_bytes(), 1, at).unwrap();
        let verifier = Verifier::builder().secret(secret).clock(TestClock::at_second(TIME)).build().unwrap();
        let verified = verifier.verify_pairs(headers, BODY.as_bytes()).unwrap();
        assert_eq!(verified.secret_prefix(), prefix, "{secret}");
    }
}

#[test]
fn both_past_and_future_are_refused_beyond_the_tolerance() {
    assert_eq!((late(300), late(-300)), (Ok(()), Ok(())));
    assert_eq!(late(301), Err(VerifyError::TooOld { seconds: 301 }));
    assert_eq!(late(-301), Err(VerifyError::FromTheFuture { seconds: 301 }));
    let strict = builder().tolerance(Duration::from_secs(5)).clock(TestClock::at_second(TIME + 6)).build().unwrap();
    let error = strict.verify(&headers(), BODY.as_bytes()).unwrap_err();
    assert_eq!(error, VerifyError::TooOld { seconds: 6 });
}

#[test]
fn every_header_is_there_once() {
    for (name, _) in pairs() {
        let mut missing = headers();
        missing.remove(name);
        assert_eq!(verifier().verify(&missing, BODY.as_bytes()).unwrap_err(), VerifyError::MissingHeader(name));
        let rest = pairs().into_iter().filter(|(other, _)| *other != name);
        assert_eq!(verifier().verify_pairs(rest, BODY.as_bytes()).unwrap_err(), VerifyError::MissingHeader(name));

        let mut twice = headers();
        twice.append(name, headers()[name].clone());
        assert_eq!(verifier().verify(&twice, BODY.as_bytes()).unwrap_err(), VerifyError::RepeatedHeader(name));
        let doubled = pairs().into_iter().chain(pairs().into_iter().filter(|(other, _)| *other == name));
        assert_eq!(verifier().verify_pairs(doubled, BODY.as_bytes()).unwrap_err(), VerifyError::RepeatedHeader(name));

        for other in ["caf\u{e9}".as_bytes(), b"a\tb", b"\xff"] {
            assert_eq!(with(name, other), Err(VerifyError::NonAsciiHeader(name)));
        }
    }
}

#[test]
fn headers_are_written_in_one_way_and_the_error_says_which() {
    use VerifyError as E;
    let upper = format!("sha256={}", SIGNATURE["sha256=".len()..].to_uppercase());
    let long = format!("{SIGNATURE}00");
    let braced = format!("{{{EVENT_ID}}}");
    let plain = EVENT_ID.replace('-', "");
    let other_hex = SIGNATURE.replace("5703", "57g3");
    for (name, value, error) in [
        ("x-tdta-timestamp", "+1780653600", E::TimestampFormat),
        ("x-tdta-timestamp", "-1780653600", E::TimestampFormat),
        ("x-tdta-timestamp", " 1780653600", E::TimestampFormat),
        ("x-tdta-timestamp", "1780653600 ", E::TimestampFormat),
        ("x-tdta-timestamp", "1780653600.0", E::TimestampFormat),
        ("x-tdta-timestamp", "01780653600", E::TimestampFormat),
        ("x-tdta-timestamp", "", E::TimestampFormat),
        ("x-tdta-timestamp", "99999999999999999999", E::TimestampFormat),
        ("x-tdta-timestamp", "9223372036854775807", E::TimestampFormat),
        ("x-tdta-signature", &SIGNATURE["sha256=".len()..], E::SignaturePrefix),
        ("x-tdta-signature", &SIGNATURE.replace("sha256", "SHA256"), E::SignaturePrefix),
        ("x-tdta-signature", &SIGNATURE[..70], E::SignatureLength),
        ("x-tdta-signature", &long, E::SignatureLength),
        ("x-tdta-signature", &upper, E::SignatureUpperCase),
        ("x-tdta-signature", &other_hex, E::SignatureDigits),
        ("x-tdta-delivery-id", "-1", E::DeliveryIdFormat),
        ("x-tdta-delivery-id", "1 ", E::DeliveryIdFormat),
        ("x-tdta-delivery-id", "01", E::DeliveryIdFormat),
        ("x-tdta-event-id", "seven", E::EventIdFormat),
        ("x-tdta-event-id", &braced, E::EventIdFormat),
        ("x-tdta-event-id", &plain, E::EventIdFormat),
        // well formed, but different from the signed body
        ("x-tdta-event", "booking.created", E::EventTypeMismatch),
        ("x-tdta-event-id", "018f4a2b-1234-7000-8abc-def012345679", E::EventIdMismatch),
    ] {
        assert_eq!(with(name, value.as_bytes()), Err(error), "{name}: {value}");
        assert_eq!(error.status(), StatusCode::BAD_REQUEST);
    }
}

#[test]
fn a_secret_is_text_without_space_around_it() {
    assert_eq!(Verifier::new("").unwrap_err(), SecretError::Empty);
    assert_eq!(Verifier::builder().build().unwrap_err(), SecretError::Missing);
    for secret in [" ", "whsec_1 ", "\twhsec_1", "whsec_1\n"] {
        assert_eq!(Verifier::new(secret).unwrap_err(), SecretError::WhiteSpace, "{secret:?}");
        assert_eq!(Signer::new(secret).unwrap_err(), SecretError::WhiteSpace, "{secret:?}");
        let second = Verifier::builder().secret("whsec_2").secret(secret).build();
        assert_eq!(second.unwrap_err(), SecretError::WhiteSpace);
    }
}

#[test]
fn a_body_beyond_the_limit_is_not_hashed() {
    let limit = 1024 * 1024;
    let at = |length: usize| verifier().verify(&headers(), &vec![b' '; length]).unwrap_err();
    assert_eq!((at(limit), at(limit + 1)), (VerifyError::Signature, VerifyError::BodyTooLarge { limit }));
    let small = builder().body_limit(BODY.len() - 1).build().unwrap();
    let error = small.verify(&headers(), BODY.as_bytes()).unwrap_err();
    assert_eq!((error, error.status()), (VerifyError::BodyTooLarge { limit: BODY.len() - 1 }, 413));
}

#[test]
fn a_signed_body_that_is_no_event_is_told_apart_from_a_forged_one() {
    let at = jiff::Timestamp::from_second(TIME).unwrap();
    let signer = Signer::new(SECRET).unwrap();
    for body in
        ["", "[]", "null", "{}", "{\"event_id\":7}", "[\"018f4a2b-1234-7000-8abc-def012345678\",\"webhook.test\"]"]
    {
        assert!(signer.headers(body.as_bytes(), 1, at).is_err());
        let mut headers = headers();
        headers.insert("x-tdta-signature", signer.signature(body.as_bytes(), at).parse().unwrap());
        let error = verifier().verify(&headers, body.as_bytes()).unwrap_err();
        assert!(matches!(error, VerifyError::NotAnEvent(_)), "{body}");
    }
}

#[test]
fn nothing_shows_a_secret_or_a_body() {
    let delivery = verifier().verify_and_decode(&headers(), BODY.as_bytes()).unwrap();
    let shown = format!("{:?} {delivery:?} {:?} {:?}", verifier(), builder(), Signer::new(SECRET).unwrap());
    assert!(!shown.contains("test_0") && !shown.contains("5703c0") && !shown.contains("occurred_at\":"), "{shown}");
}

proptest! {
    #[test]
    fn any_flipped_bit_of_the_body_is_noticed(bit in 0..BODY.len() * 8) {
        let mut body = BODY.as_bytes().to_vec();
        body[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(verifier().verify(&headers(), &body).unwrap_err(), VerifyError::Signature);
    }

    #[test]
    fn any_flipped_bit_of_time_or_signature_is_refused(bit in 0..SIGNATURE.len() * 8, time_bit in 0..10 * 8usize) {
        for (name, text, bit) in [("x-tdta-signature", SIGNATURE, bit), ("x-tdta-timestamp", "1780653600", time_bit)] {
            let mut value = text.as_bytes().to_vec();
            value[bit / 8] ^= 1 << (bit % 8);
            let changed = pairs().map(|(known, old)| (known, if known == name { &value[..] } else { old.as_bytes() }));
            prop_assert!(verifier().verify_pairs(changed, BODY.as_bytes()).is_err());
        }
    }

    #[test]
    fn any_other_signature_or_time_is_noticed(digit in 0..64usize, value in 0..15u32, seconds in 1..300i64) {
        let mut signature = SIGNATURE.to_owned();
        let old = signature.as_bytes()[7 + digit] as char;
        let new = char::from_digit((old.to_digit(16).unwrap() + 1 + value) % 16, 16).unwrap();
        signature.replace_range(7 + digit..8 + digit, &new.to_string());
        prop_assert_eq!(with("x-tdta-signature", signature.as_bytes()), Err(VerifyError::Signature));
        let time = (TIME + seconds).to_string();
        prop_assert_eq!(with("x-tdta-timestamp", time.as_bytes()), Err(VerifyError::Signature));
    }

    #[test]
    fn rubbish_is_refused_quietly(body in proptest::collection::vec(any::<u8>(), 0..200), value in "[ -~]{0,80}") {
        prop_assert!(verifier().verify(&headers(), &body).is_err());
        for (name, old) in pairs() {
            prop_assert!(name == "x-tdta-delivery-id" || value == old || with(name, value.as_bytes()).is_err());
        }
    }
}
