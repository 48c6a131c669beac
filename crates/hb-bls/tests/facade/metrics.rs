//! The metrics that are recorded.

use std::{collections::BTreeMap, time::Duration};

use hb_bls::{ErrorKind, RetryPolicy};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use crate::canned::{Canned, Reply, answer, token};

/// A response with another quota than the portal's.
fn limited(status: &str, remaining: u32) -> Reply {
    let text = answer(status, "application/json", "[]");
    let headers = format!("x-ratelimit-limit: 2\r\nx-ratelimit-remaining: {remaining}\r\n");
    text.replacen("\r\n", &format!("\r\n{headers}"), 1).into()
}

#[test]
fn calls_retries_waits_tokens_and_the_quota_are_measured() {
    let recorder = DebuggingRecorder::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let mut answers = 0;
            let server = Canned::all(move |request| {
                if request.line.contains("/auth/token") {
                    return token();
                }
                answers += 1;
                match answers {
                    1 => limited("503 Service Unavailable", 1),
                    2 => limited("404 Not Found", 0),
                    4 => limited("422 Unprocessable Content", 0),
                    _ => limited("200 OK", 0),
                }
            })
            .await;
            let client = server
                .builder()
                .rate_limiter(std::sync::Arc::new(
                    hb_bls::state::MemoryRateLimiter::default().with_clock(server.clock.clone()),
                ))
                .retry(RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO))
                .build()
                .unwrap();
            server.clock.drive(None, client.courses().list()).await.unwrap_err();
            server.clock.drive(None, client.courses().list()).await.unwrap();
            let certificate = server.clock.drive(None, client.bookings().certificate(hb_bls::BookingId::new(7))).await;
            assert_eq!(certificate.unwrap_err().kind(), ErrorKind::CertificateNotReady);
        });
    });
    let mut told = BTreeMap::new();
    for (key, _, _, value) in recorder.snapshotter().snapshot().into_vec() {
        let key = key.key();
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let value = match value {
            DebugValue::Counter(count) => format!("{count}"),
            DebugValue::Gauge(value) => format!("{value}"),
            DebugValue::Histogram(values) => {
                let seconds: Vec<_> = values.iter().map(|value| format!("{:.0} s", value.into_inner())).collect();
                seconds.join(", ")
            }
        };
        told.insert(format!("{}{labels:?}", key.name()), value);
    }
    let told: Vec<String> = told.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    insta::assert_snapshot!(told.join("\n"));
}
