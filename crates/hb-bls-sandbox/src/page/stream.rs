//! Server-sent events that name what has changed.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use crate::clock;
use crate::core::Core;
use crate::live;

/// However much happens, a page fetches itself again at most this often.
const PAUSE: Duration = Duration::from_millis(250);

/// Begins with `live`, at which a page that may have missed something fetches itself.
pub(super) async fn follow(State(core): State<Arc<Core>>) -> Response {
    let follower = core.store.live.follow();
    drop(core);
    let events = stream::unfold((follower, None), |(mut follower, before)| async move {
        let Some(before) = before else {
            let now = *follower.borrow_and_update();
            return Some((Ok::<_, std::io::Error>(event("live")), (follower, Some(now))));
        };
        clock::pause(PAUSE).await;
        follower.changed().await.ok()?;
        let now = *follower.borrow_and_update();
        let text: Vec<u8> = live::between(before, now).flat_map(|topic| event(topic.name())).collect();
        Some((Ok(Bytes::from(text)), (follower, Some(now))))
    });
    let mut response = Response::new(Body::from_stream(events));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

fn event(name: &str) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: 1\n\n"))
}
