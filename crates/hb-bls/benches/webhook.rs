//! The cost of verifying and decoding a delivery, compared with the bare work: `cargo bench -p hb-bls --bench webhook`.
//!
//! It prints nanoseconds and ratios for a delivery of 1 KiB, and fails if a promised ratio is exceeded. The contenders
//! take turns, and the median round of each counts, so that other load on the machine has little effect.
//!
//! A processor with SHA extensions hashes several times as fast, so that everything else weighs more. The promised
//! ratios therefore depend on whether the extensions are in use. `RUSTFLAGS='--cfg sha2_backend="soft"'` measures
//! without them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::{hint::black_box, time::Instant};

use hb_bls::{
    Clock,
    webhook::{Event, EventData, Signer, Verifier},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use sha2::Sha256;
use uuid::Uuid;

const SECRET: &str = "whsec_test_0123456789abcdef0123456789";
const ROUNDS: usize = 400;
const RUNS: u32 = 250;

/// The types that somebody would write who fully trusts the portal's documentation.
#[derive(Deserialize)]
#[allow(dead_code, reason = "decoded, not read")]
struct Plain {
    event_id: Uuid,
    event_type: String,
    occurred_at: jiff::Timestamp,
    data: PlainBooking,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoded, not read")]
struct PlainBooking {
    id: i64,
    candidate: PlainCandidate,
    course: PlainNamed,
    trainer: Option<PlainNamed>,
    start_date: jiff::Timestamp,
    end_date: jiff::Timestamp,
    booking_status: String,
    pay_status: String,
    pay_option: String,
    booked_by: String,
    #[serde(rename = "virtual")]
    virtual_meeting: Option<PlainMeeting>,
    certificate_available: bool,
    training_status: String,
    equipment_status: String,
    attendance: Option<String>,
    created_at: jiff::Timestamp,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoded, not read")]
struct PlainCandidate {
    name: String,
    email: String,
    phone: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoded, not read")]
struct PlainNamed {
    id: i64,
    name: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoded, not read")]
struct PlainMeeting {
    zoom_id: String,
    zoom_link: String,
    zoom_password: String,
}

#[derive(Debug)]
struct Fixed(jiff::Timestamp);

impl Clock for Fixed {
    fn now(&self) -> jiff::Timestamp {
        self.0
    }
}

fn body() -> Vec<u8> {
    let mut body = serde_json::json!({
        "id": 1042,
        "candidate": { "name": "Amara Okafor", "email": "amara.okafor@example.com", "phone": "+447700900123" },
        "course": { "id": 7, "name": "Basic Life Support" },
        "trainer": { "id": 3, "name": "Sam Whitlock" },
        "start_date": "2026-06-15T09:00:00+01:00",
        "end_date": "2026-06-15T11:00:00+01:00",
        "booking_status": "booked",
        "pay_status": "completed",
        "pay_option": "credits",
        "booked_by": "Agency",
        "virtual": { "zoom_id": "83512047761", "zoom_link": "", "zoom_password": "k4Tz9w" },
        "certificate_available": false,
        "training_status": "pending",
        "equipment_status": "out",
        "attendance": "attended",
        "created_at": "2026-06-05T10:00:00+00:00",
    });
    let whole = |data: &serde_json::Value| {
        format!(
            "{{\"event_id\":\"018f4a2b-1234-7000-8abc-def012345678\",\"event_type\":\"booking.created\",\
             \"occurred_at\":\"2026-06-05T10:00:00+00:00\",\"data\":{data}}}"
        )
    };
    let link = "https://meet.example/j/83512047761?pwd=";
    let missing = 1024 - whole(&body).len() - link.len();
    body["virtual"]["zoom_link"] = format!("{link}{}", "x".repeat(missing)).into();
    whole(&body).into_bytes()
}

fn main() {
    let now = jiff::Timestamp::from_second(1_780_653_600).unwrap();
    let body = body();
    assert_eq!(body.len(), 1024);
    let pairs = Signer::new(SECRET).unwrap().headers(&body, 58231, now).unwrap();
    let mut headers: HeaderMap = [("host", "agency.example"), ("content-type", "application/json"), ("accept", "*/*")]
        .into_iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    for (name, value) in &pairs {
        headers.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    let tag = bare_mac(&body).finalize().into_bytes();
    let verifier = Verifier::builder().secret(SECRET).clock(Fixed(now)).build().unwrap();
    assert!(matches!(Event::from_json(&body).unwrap().data, EventData::BookingCreated(_)));
    let standard = Standard::new(&body);

    let [bare, verify, bare_decode, receive, standard] = race([
        &mut || assert!(bare_mac(black_box(&body)).verify_slice(black_box(&tag)).is_ok()),
        &mut || drop(black_box(verifier.verify(black_box(&headers), black_box(&body)).unwrap())),
        &mut || {
            assert!(bare_mac(black_box(&body)).verify_slice(black_box(&tag)).is_ok());
            drop(black_box(serde_json::from_slice::<Plain>(black_box(&body)).unwrap()));
        },
        &mut || drop(black_box(verifier.verify_and_decode(black_box(&headers), black_box(&body)).unwrap())),
        &mut || standard.webhook.verify(black_box(&body), black_box(&standard.headers)).unwrap(),
    ]);
    let extensions = sha_extensions();
    println!("SHA extensions of the processor are {}", if extensions { "in use" } else { "not in use" });
    println!("{:<44}{bare:>8.0} ns", "bare HMAC-SHA256 of 1 KiB");
    println!("{:<44}{bare_decode:>8.0} ns", "bare HMAC, then decode into a plain struct");
    println!("{:<44}{standard:>8.0} ns", "standardwebhooks: verify");
    let [verify_limit, receive_limit] = if extensions { [1.25, 1.15] } else { [1.05, 1.05] };
    let kept = [
        report("Verifier::verify", verify, bare, "bare HMAC", verify_limit),
        report("Verifier::receive (verify + typed decode)", receive, bare_decode, "bare HMAC + decode", receive_limit),
    ];
    println!(
        "{:<44}{verify:>8.0} ns {:>6.2} of standardwebhooks (for comparison)",
        "Verifier::verify",
        verify / standard
    );
    assert!(kept.iter().all(|kept| *kept), "a promised ratio is not kept");
}

/// Checks what the crate sha2 checks when it chooses how to hash.
#[expect(unexpected_cfgs, reason = "a setting of the crate sha2, not of this one")]
fn sha_extensions() -> bool {
    let can = {
        #[cfg(target_arch = "x86_64")]
        {
            std::is_x86_feature_detected!("sha") && std::is_x86_feature_detected!("sse4.1")
        }
        #[cfg(target_arch = "aarch64")]
        {
            std::arch::is_aarch64_feature_detected!("sha2")
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        {
            false
        }
    };
    can && !cfg!(any(sha2_backend = "soft", sha2_256_backend = "soft"))
}

fn report(what: &str, took: f64, bare: f64, against: &str, limit: f64) -> bool {
    let ratio = took / bare;
    println!("{what:<44}{took:>8.0} ns {ratio:>6.2} of {against} (promised: at most {limit:.2})");
    ratio <= limit
}

fn bare_mac(body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(b"1780653600.");
    mac.update(body);
    mac
}

/// The nanoseconds per run in the median round of each contender.
fn race<const N: usize>(mut contenders: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut times = [const { Vec::new() }; N];
    for round in 0..ROUNDS + 20 {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            let began = Instant::now();
            for _ in 0..RUNS {
                contender();
            }
            // the first rounds warm up
            if round >= 20 {
                times.push(began.elapsed().as_secs_f64() * 1e9 / f64::from(RUNS));
            }
        }
    }
    times.map(|mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

/// The same body, signed as Standard Webhooks does it, which asks the system for the time.
struct Standard {
    webhook: standardwebhooks::Webhook,
    headers: HeaderMap,
}

impl Standard {
    fn new(body: &[u8]) -> Self {
        let webhook = standardwebhooks::Webhook::from_bytes(SECRET.as_bytes().to_vec()).unwrap();
        let now = jiff::Timestamp::now().as_second();
        let signature = webhook.sign("018f4a2b", now, body).unwrap();
        let headers =
            [("webhook-id", "018f4a2b"), ("webhook-timestamp", &now.to_string()), ("webhook-signature", &signature)]
                .into_iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
                .collect();
        Self { webhook, headers }
    }
}
