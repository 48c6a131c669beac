//! Makes a signed delivery of an event, and hands it over.

use std::{fmt, sync::Arc};

use anyhow::Result;
use bytes::Bytes;
use hb_bls::{
    Clock,
    webhook::{NewEvent, ReceivedEvent, Signer},
};
use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};

use super::exec;
use crate::{
    receiver::{Target, TargetUrl},
    report::Kind,
};

/// Says whether the portal delivered the event or the reconciler found it in the bookings.
const ORIGIN: &str = "hb-bls-origin";
/// No number that is read as a fraction is as large.
const DELIVERIES: u64 = 1 << 53;

/// Where deliveries go.
pub enum Destination {
    Command(String),
    Url(Target),
}

impl Destination {
    pub fn url(url: &TargetUrl) -> Result<Self> {
        Target::new(url).map(Self::Url)
    }
}

/// Why a delivery was not taken.
#[derive(Debug)]
pub struct DeliveryError {
    pub kind: Kind,
    why: String,
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

pub struct Emitter {
    pub to: Destination,
    pub signer: Signer,
    pub clock: Arc<dyn Clock>,
}

impl Emitter {
    /// Delivers an event as the portal does, signed with the present time.
    pub async fn emit(&self, received: &ReceivedEvent) -> Result<(), DeliveryError> {
        let other = |why: String| DeliveryError { kind: Kind::Other, why };
        let body = received.event.json().as_bytes();
        let signed = self.signer.headers(body, fastrand::u64(1..DELIVERIES), self.clock.now());
        let signed = signed.map_err(|error| other(error.to_string()))?;
        match &self.to {
            Destination::Command(line) => exec::run(line, &variables(received, signed), body)
                .await
                .map_err(|why| DeliveryError { kind: Kind::Rejected, why }),
            Destination::Url(target) => {
                let headers = headers(received, &signed).ok_or_else(|| other("its type fits no header".to_owned()))?;
                match target.send(&headers, Bytes::copy_from_slice(body)).await {
                    Ok(status) if status.is_success() => Ok(()),
                    Ok(status) => {
                        let why = format!("the target responded with {}", status.as_u16());
                        Err(DeliveryError { kind: Kind::Rejected, why })
                    }
                    Err(none) => Err(DeliveryError { kind: Kind::Network, why: none.to_string() }),
                }
            }
        }
    }
}

type Pairs = [(&'static str, String); 5];

fn headers(received: &ReceivedEvent, signed: &Pairs) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ORIGIN, HeaderValue::from_static(received.origin.as_str()));
    for (name, value) in signed {
        headers.insert(HeaderName::from_static(name), HeaderValue::try_from(value).ok()?);
    }
    Some(headers)
}

/// The headers as environment variables, and the booking.
fn variables(received: &ReceivedEvent, signed: Pairs) -> Vec<(&'static str, String)> {
    let [event_type, event_id, delivery_id, timestamp, signature] = signed.map(|(_, value)| value);
    let booking = NewEvent::from_event(&received.event, received.origin).booking_id;
    vec![
        ("HB_BLS_EVENT_TYPE", event_type),
        ("HB_BLS_EVENT_ID", event_id),
        ("HB_BLS_DELIVERY_ID", delivery_id),
        ("HB_BLS_TIMESTAMP", timestamp),
        ("HB_BLS_SIGNATURE", signature),
        ("HB_BLS_ORIGIN", received.origin.as_str().to_owned()),
        ("HB_BLS_BOOKING_ID", booking.map(|booking| booking.to_string()).unwrap_or_default()),
    ]
}
