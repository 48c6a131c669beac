//! The signer and the verifier agree.

use hb_bls::{
    WebhookEventType,
    webhook::{Signer, Verifier, VerifyError},
};
use uuid::Uuid;

use crate::{
    clock::TestClock,
    vector::{BODY, SECRET, TIME, pairs},
};

/// The next number of a fixed sequence (xorshift).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn it_makes_the_test_vector() {
    let at = jiff::Timestamp::from_second(TIME).unwrap();
    let made = Signer::new(SECRET).unwrap().headers(BODY.as_bytes(), 58231, at).unwrap();
    assert_eq!(made.map(|(name, value)| (name.to_owned(), value)), pairs().map(|(n, v)| (n.to_owned(), v.to_owned())));
}

#[test]
fn ten_thousand_generated_deliveries_are_believed_and_none_with_another_secret() {
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let clock = TestClock::at_second(TIME);
    let secrets: Vec<String> = (0..8).map(|_| format!("whsec_{:016x}", next(&mut state))).collect();
    let all = secrets.iter().fold(Verifier::builder(), |builder, secret| builder.secret(secret.as_str()));
    let all = all.clock(clock.clone()).build().unwrap();
    let stranger = Verifier::builder().secret("whsec_stranger").clock(clock).build().unwrap();
    for delivery_id in 0..10_000u64 {
        let index = next(&mut state) as usize % secrets.len();
        let event_id = Uuid::from_u64_pair(next(&mut state), next(&mut state));
        let event_type = &WebhookEventType::KNOWN[next(&mut state) as usize % 8];
        let filler = "é".repeat(next(&mut state) as usize % 700);
        let body = format!(
            r#"{{"data":{{"id":{},"candidate":{{"name":"{filler}"}}}},"event_type":"{event_type}","event_id":"{event_id}"}}"#,
            next(&mut state) >> 2
        );
        let sent = TIME + (next(&mut state) % 601) as i64 - 300;
        let sent = jiff::Timestamp::from_second(sent).unwrap();
        let signer = Signer::new(secrets[index].as_str()).unwrap();
        let headers = signer.headers(body.as_bytes(), delivery_id, sent).unwrap();
        let pairs = || headers.iter().map(|(name, value)| (*name, value));
        let verified = all.verify_pairs(pairs(), body.as_bytes()).unwrap();
        assert_eq!((verified.secret_index, verified.event_id), (index, event_id));
        assert_eq!((&verified.event_type, verified.delivery_id), (event_type, delivery_id));
        assert_eq!(verified.sent_at, sent);
        let error = stranger.verify_pairs(pairs(), body.as_bytes()).unwrap_err();
        assert_eq!(error, VerifyError::Signature);
    }
}
