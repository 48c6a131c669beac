//! Any bytes as a Portal V1 notification: decoding ends.
#![no_main]

use hb_bls::portal_v1::Payload;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    if let Ok(Payload::CourseCompletion { completion, .. }) = Payload::from_json(body) {
        let _ = completion.grade.as_ref().and_then(|grade| grade.number());
        let _ = format!("{completion:?}");
    }
});
