//! Any bytes as an event: decoding ends, and what decodes is kept as it was.
#![no_main]

use hb_bls::webhook::Event;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    if let Ok(event) = Event::from_json(body) {
        assert_eq!(event.json().as_bytes(), body);
        assert!(event.json().contains(event.data_json()) || event.data_json() == "null");
        let _ = format!("{event:?} {:?}", event.data);
    }
});
