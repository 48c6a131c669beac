//! One delivery attempt: what was sent, how it was signed, and what came back.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::frame::{Frame, View, back_to, html};
use super::json::{Pretty, pretty};
use super::result::Shown;
use super::text;
use super::view_request::ViewRequest;
use crate::api::input::Id;
use crate::core::Core;
use crate::delivery::DeliveryState;
use crate::store::{deliveries, events, overview, webhooks};

#[derive(Template)]
#[template(path = "delivery.html")]
struct Page {
    frame: Frame,
    id: i64,
    event: String,
    word: String,
    tone: &'static str,
    url: String,
    endpoint: String,
    is_there: bool,
    is_scheduled: bool,
    headers: Vec<(&'static str, String)>,
    body: Pretty,
    raw: String,
    signature: Option<Signature>,
    error: Option<String>,
    response_headers: Vec<(String, String)>,
    /// The body, if it was kept; an empty one is none.
    response: Option<Option<Pretty>>,
    took: String,
    attempts: Vec<Attempt>,
    booking: Option<i64>,
}

struct Signature {
    timestamp: i64,
    secret_prefix: String,
    value: String,
}

struct Attempt {
    id: i64,
    number: i64,
    word: String,
    tone: &'static str,
    when: String,
    wait: String,
    is_here: bool,
}

pub(super) async fn show(State(core): State<Arc<Core>>, Id(id): Id, request: ViewRequest) -> Shown {
    let now = core.clock.now();
    let (delivery, attempts, webhook) = core.store.read(|db| {
        let delivery = deliveries::by_id(db, id)?;
        let attempts = overview::attempts(db, &delivery)?;
        let webhook = webhooks::by_id(db, delivery.webhook_id)?;
        Ok((delivery, attempts, webhook))
    })?;
    let frame = Frame::new(&core, View::Deliveries, &delivery.event_type, &request)?;
    let (word, tone) = super::deliveries::standing(&delivery);
    let signature = delivery.signature.clone().zip(delivery.sent_at).map(|(value, sent_at)| Signature {
        timestamp: sent_at.as_second(),
        secret_prefix: delivery.secret_prefix.clone().unwrap_or_default(),
        value,
    });
    let later = |what: &str| format!("{what}, when it is sent");
    let timestamp = signature.as_ref().map_or_else(|| later("the time"), |it| it.timestamp.to_string());
    let headers = vec![
        ("Content-Type", "application/json".to_owned()),
        ("User-Agent", "hb-bls-sandbox".to_owned()),
        ("X-TDTA-Event", delivery.event_type.clone()),
        ("X-TDTA-Event-Id", delivery.event_id.clone()),
        ("X-TDTA-Delivery-Id", delivery.id.to_string()),
        ("X-TDTA-Timestamp", timestamp),
        ("X-TDTA-Signature", signature.as_ref().map_or_else(|| later("made"), |it| it.value.clone())),
    ];
    let data: serde_json::Value = serde_json::from_str(&delivery.body).unwrap_or_default();
    let is_about_booking = delivery.event_type != events::TEST;
    Ok(html(&Page {
        id,
        word,
        tone,
        url: webhook.as_ref().map_or_else(String::new, |webhook| webhook.url.clone()),
        endpoint: webhook.as_ref().map_or_else(|| "deleted endpoint".to_owned(), |webhook| webhook.name.clone()),
        is_there: webhook.is_some(),
        is_scheduled: delivery.state == DeliveryState::Scheduled,
        headers,
        body: pretty(&delivery.body),
        signature,
        response: delivery.response_body.as_deref().map(|body| (!body.is_empty()).then(|| pretty(body))),
        response_headers: delivery.response_headers,
        took: delivery.took_ms.map(|ms| format!("{ms} ms")).unwrap_or_default(),
        attempts: attempts
            .iter()
            .map(|attempt| {
                let (word, tone) = super::deliveries::standing(attempt);
                let is_to_come = attempt.state == DeliveryState::Scheduled;
                Attempt {
                    id: attempt.id,
                    number: attempt.attempt,
                    word,
                    tone,
                    when: text::moment(attempt.sent_at.unwrap_or(attempt.due_at)),
                    wait: if is_to_come { text::wait(attempt.due_at.duration_since(now)) } else { String::new() },
                    is_here: attempt.id == id,
                }
            })
            .collect(),
        booking: data["data"]["id"].as_i64().filter(|_| is_about_booking),
        event: delivery.event_type,
        error: delivery.error,
        raw: delivery.body,
        frame,
    }))
}

/// The new attempt, which may be a scheduled one that was brought forward.
pub(super) async fn retry(State(core): State<Arc<Core>>, Id(id): Id) -> Shown {
    let next = core.retry_delivery(id)?;
    Ok(back_to(&format!("/ui/deliveries/{}", next.id), "retry"))
}

pub(super) async fn test(State(core): State<Arc<Core>>, Id(id): Id) -> Shown {
    core.test_webhook(id)?;
    Ok(back_to("/ui/deliveries", "test"))
}
