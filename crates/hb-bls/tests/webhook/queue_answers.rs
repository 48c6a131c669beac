//! How the router of a queue responds.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body, http::Request};
use hb_bls::webhook::{EventFilter, EventQueue as _, MemoryEventQueue, Origin, Verifier, axum::queue_router};
use tokio::task::yield_now;
use tower::ServiceExt as _;

use crate::{
    clock::TestClock,
    hung::{Call, Hung},
    vector::{BODY, SECRET, TIME, pairs, verifier},
};

async fn deliver(router: &Router, body: &'static str) -> u16 {
    let request = pairs().into_iter().fold(Request::post("/"), |request, (name, value)| request.header(name, value));
    router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_delivery_is_stored_before_it_is_answered() {
    let queue = MemoryEventQueue::new();
    let router = queue_router(verifier(), queue.clone());
    assert_eq!(deliver(&router, BODY).await, 200);
    let listed = queue.list(EventFilter::default()).await.unwrap();
    assert_eq!((listed.len(), listed[0].event_type.as_str()), (1, "webhook.test"));
    assert_eq!(listed[0].origin, Origin::Delivered);
    assert_eq!(queue.body(listed[0].event_id).await.unwrap().unwrap(), BODY.as_bytes());
    assert_eq!(deliver(&router, BODY).await, 200);
    assert_eq!(queue.list(EventFilter::default()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_not_genuine_is_not_stored() {
    let queue = MemoryEventQueue::new();
    let router = queue_router(verifier(), queue.clone());
    assert_eq!(deliver(&router, "{}").await, 401);
    assert!(queue.list(EventFilter::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_queue_that_takes_too_long_is_an_error_for_the_portal() {
    let clock = TestClock::at_second(TIME);
    let queue = Hung(MemoryEventQueue::new(), Call::Accept);
    let verifier = Verifier::builder().secret(SECRET).clock(Arc::clone(&clock)).build().unwrap();
    let router = queue_router(verifier, queue);
    let answer = tokio::spawn(async move { deliver(&router, BODY).await });
    while !clock.is_waited_for() {
        yield_now().await;
    }
    clock.advance(Duration::from_secs(8));
    assert_eq!(answer.await.unwrap(), 503);
}
