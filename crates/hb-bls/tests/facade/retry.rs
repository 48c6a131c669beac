//! How often calls are attempted, and when, on a clock that moves only while everybody waits.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use hb_bls::{
    Client, Clock as _, CourseId, Error, ErrorKind, RetryPolicy, WebhookEventType, WebhookId, WebhookRequest,
};
use jiff::SignedDuration;
use reqwest::dns::{Name, Resolve, Resolving};

use crate::{
    canned::{Canned, Reply, answer, json, token},
    clock::ATTEMPT,
};

const SECOND: Duration = Duration::from_secs(1);
const WEBHOOK: &str = r#"{"id":7,"secret":"whsec_0123456789abcdef"}"#;

fn unavailable() -> Reply {
    answer("503 Away", "text/html", "<html>").into()
}

/// Sends these responses in turn, then repeats the last one.
async fn in_turn<const N: usize>(replies: [fn() -> Reply; N]) -> Canned {
    let mut number = 0;
    Canned::script(move |_| {
        number += 1;
        replies[(number - 1).min(N - 1)]()
    })
    .await
}

fn retrying(server: &Canned) -> Client {
    server.builder().attempt_timeout(ATTEMPT).retry(RetryPolicy::default().backoff(SECOND, 3 * SECOND)).build().unwrap()
}

async fn register(client: &Client) -> Result<hb_bls::WebhookCreated, Error> {
    let request = WebhookRequest::builder().name("CRM").url("https://crm.example/");
    client.webhooks().create(&request.events([WebhookEventType::BookingCreated]).build()).await
}

/// The path of each request, except those for a token.
fn lines(server: &Canned) -> Vec<String> {
    server.requests().into_iter().skip(1).map(|request| request.line).collect()
}

#[tokio::test]
async fn attempts_are_counted_and_the_waits_between_them_double() {
    let server = in_turn([unavailable]).await;
    let client = server.builder().retry(RetryPolicy::default().max_attempts(6).backoff(SECOND, 3 * SECOND));
    let client = client.build().unwrap();
    let error = server.clock.drive(None, client.courses().list()).await.unwrap_err();
    assert!(
        error.kind() == ErrorKind::Server && error.operation() == Some("listCourses") && error.status() == Some(503),
        "{error:?}"
    );
    let times: Vec<_> = server.requests().iter().skip(1).map(|request| request.at).collect();
    let waits: Vec<f64> = times.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_secs_f64()).collect();
    assert_eq!(waits.len(), 5);
    for (wait, full) in waits.into_iter().zip([1.0, 2.0, 3.0, 3.0, 3.0]) {
        assert!((full / 2.0..=full).contains(&wait), "{wait} of {full}");
    }
}

#[tokio::test]
async fn what_passes_is_tried_until_it_has_and_what_does_not_is_not() {
    for bad in [
        unavailable,
        Reply::lost,
        || json("<html>").into(),
        || json(r#"[{"id":1}"#).into(),
        || "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[".into(),
    ] {
        let server = in_turn([bad, bad, || json("[]").into()]).await;
        server.clock.drive(None, retrying(&server).courses().list()).await.unwrap();
        assert_eq!(lines(&server).len(), 3);
    }
    for status in ["400 Bad", "403 No", "404 Gone", "409 Taken", "422 Wrong"] {
        let server = Canned::start(answer(status, "application/json", "{}")).await;
        server.clock.drive(None, retrying(&server).courses().list()).await.unwrap_err();
        assert_eq!(lines(&server).len(), 1, "{status}");
    }
    let server = Canned::start(json(r#"[{"id":"seven"}]"#)).await;
    server.clock.drive(None, retrying(&server).courses().list()).await.unwrap_err();
    assert_eq!(lines(&server).len(), 1, "another document is not going to pass");
}

#[tokio::test]
async fn an_attempt_that_is_not_answered_in_time_is_followed_by_another() {
    let server = in_turn([Reply::silent, || json("[]").into()]).await;
    let client = retrying(&server);
    let began = server.clock.now();
    server.given_up(server.clock.drive(None, client.courses().list()), 2, ATTEMPT).await.unwrap();
    let waited = server.requests()[2].at.duration_since(began) - SignedDuration::try_from(ATTEMPT).unwrap();
    assert!((0.5..=1.0).contains(&waited.as_secs_f64()), "{waited}");
}

#[tokio::test]
async fn an_endpoint_is_not_registered_twice_because_an_answer_was_lost() {
    for lost in [Reply::lost as fn() -> Reply, unavailable, || json("<html>").into()] {
        let server = in_turn([lost, || json(WEBHOOK).into()]).await;
        let client = retrying(&server);
        let error = server.clock.drive(None, register(&client)).await.unwrap_err();
        assert!(error.is_retryable(), "{error:?}");
        assert_eq!(lines(&server), ["POST /api/v1/webhooks HTTP/1.1"]);
        drop(server.clock.drive(None, client.webhooks().rotate_secret(WebhookId::new(7))).await);
        drop(server.clock.drive(None, client.webhooks().test(WebhookId::new(7))).await);
        assert_eq!(lines(&server).len(), 3, "nor is a secret rotated twice, or a delivery sent");
    }
    // a refused request was not carried out
    let server = in_turn([|| answer("429 Slow", "text/html", "").into(), || json(WEBHOOK).into()]).await;
    let client = retrying(&server);
    server.clock.drive(None, register(&client)).await.unwrap();
}

/// Resolves this many times to an address where no server listens.
struct Astray(Arc<AtomicUsize>);

impl Resolve for Astray {
    fn resolve(&self, _: Name) -> Resolving {
        let astray = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        // the server listens at the first address only
        let address = SocketAddr::from(([127, 0, 0, if astray { 2 } else { 1 }], 0));
        Box::pin(async move { Ok(Box::new([address].into_iter()) as Box<dyn Iterator<Item = SocketAddr> + Send>) })
    }
}

#[tokio::test]
async fn an_endpoint_is_registered_at_last_when_connections_were_refused() {
    let server = in_turn([|| json(WEBHOOK).into()]).await;
    let astray = Arc::new(AtomicUsize::new(0));
    let resolver = Astray(Arc::clone(&astray));
    let client = server.builder().base_url(format!("http://localhost:{}/api/v1", server.port));
    let client =
        client.configure_http(|http| http.dns_resolver(resolver)).retry(RetryPolicy::default()).build().unwrap();
    client.account().token_info().await.unwrap();
    astray.store(3, Ordering::SeqCst);
    server.clock.drive(None, register(&client)).await.unwrap();
    assert_eq!(lines(&server)[1..], ["POST /api/v1/webhooks HTTP/1.1"]);
    astray.store(4, Ordering::SeqCst);
    let error = server.clock.drive(None, register(&client)).await.unwrap_err();
    assert!(format!("{error:#}").contains("refused"), "down to the last cause: {error:#}");
    assert_eq!(lines(&server).len(), 2);
}

#[tokio::test]
async fn what_is_gone_after_a_lost_answer_was_deleted_by_us() {
    let gone = || answer("404 Gone", "application/json", "{}").into();
    let server = in_turn([Reply::lost, gone]).await;
    let client = retrying(&server);
    server.clock.drive(None, client.webhooks().delete(WebhookId::new(7))).await.unwrap();
    assert_eq!(lines(&server), ["DELETE /api/v1/webhooks/7 HTTP/1.1"; 2]);
    let error = server.clock.drive(None, client.webhooks().delete(WebhookId::new(7))).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, Some("deleteWebhook")), "{error:?}");

    let server = in_turn([Reply::lost, gone]).await;
    let client = retrying(&server);
    server.clock.drive(None, client.timeslots().release("9f2c41d07be84c6a")).await.unwrap();
    let error = server.clock.drive(None, client.timeslots().release("9f2c41d07be84c6a")).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, Some("releaseTimeslotHold")), "{error:?}");
}

#[tokio::test]
async fn the_deadline_of_a_call_holds_while_it_waits_to_try_again() {
    let server = in_turn([unavailable]).await;
    let policy = RetryPolicy::default().max_attempts(10).backoff(100 * SECOND, 100 * SECOND);
    let client = server.builder().retry(policy).timeout(20 * SECOND).build().unwrap();
    let began = server.clock.now();
    let error = server.clock.drive(None, client.courses().list()).await.unwrap_err();
    assert_eq!(error.to_string(), "listCourses: timed out after 20 s: no complete response");
    assert_eq!(server.clock.now(), began + SignedDuration::from_secs(20));
    assert_eq!(lines(&server).len(), 1);
}

fn slow_down(seconds: u64) -> Reply {
    format!("HTTP/1.1 429 Slow\r\nretry-after: {seconds}\r\ncontent-length: 0\r\n\r\n").into()
}

#[tokio::test]
async fn a_pause_that_the_portal_asks_for_is_kept_unless_it_is_too_long() {
    for limited in [false, true] {
        let client = |server: &Canned| {
            let builder = server.builder().retry(RetryPolicy::default());
            if limited { builder } else { builder.without_rate_limit() }
        };
        let server = in_turn([|| slow_down(120), || json("[]").into()]).await;
        let began = server.clock.now();
        server.clock.drive(None, client(&server).build().unwrap().courses().list()).await.unwrap();
        assert_eq!(server.clock.now(), began + SignedDuration::from_mins(2));

        let server = in_turn([|| slow_down(121)]).await;
        let client = client(&server).build().unwrap();
        let began = server.clock.now();
        let error = server.clock.drive(None, client.courses().list()).await.unwrap_err();
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(121 * SECOND)), "{error:?}");
        assert_eq!(error.to_string(), "listCourses: too many requests; wait 121 s");
        assert_eq!((lines(&server).len(), server.clock.now()), (1, began), "told at once");
    }
}

#[tokio::test]
async fn while_a_long_pause_lasts_nothing_is_sent_and_calls_say_how_long_it_is() {
    let server = in_turn([|| slow_down(u64::MAX), || json("[]").into()]).await;
    let client = server.builder().build().unwrap();
    client.courses().list().await.unwrap_err();
    for left in [3600, 3599, 3598] {
        let error = client.courses().list().await.unwrap_err();
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(left * SECOND)), "{error:?}");
        server.clock.advance(SECOND);
    }
    assert_eq!(lines(&server).len(), 1);
    // unless the user allows a longer pause
    let server = in_turn([|| slow_down(3600), || json("[]").into()]).await;
    let patient = server.builder().max_retry_after(3600 * SECOND).retry(RetryPolicy::default()).build().unwrap();
    let began = server.clock.now();
    server.clock.drive(None, patient.courses().list()).await.unwrap();
    assert_eq!(server.clock.now(), began + SignedDuration::from_hours(1));
}

#[tokio::test]
async fn the_deadline_of_a_call_holds_while_an_answer_or_a_token_is_awaited() {
    for (requests, server) in
        [(2, Canned::script(|_| Reply::silent()).await), (1, Canned::all(|_| Reply::silent()).await)]
    {
        let client = server.builder().timeout(20 * SECOND).attempt_timeout(ATTEMPT).build().unwrap();
        let outcome = server.given_up(client.courses().list(), requests, 20 * SECOND).await;
        let error = outcome.unwrap_err();
        // a call that waits for a token has sent nothing itself
        assert_eq!((error.kind(), error.timeout()), (ErrorKind::Timeout, Some(20 * SECOND)), "{error:?}");
        assert_eq!(error.was_sent(), requests == 2);
    }
}

#[tokio::test]
async fn the_deadline_of_a_call_that_may_have_made_something_says_so() {
    let server = Canned::script(|_| Reply::silent()).await;
    let client = server.builder().timeout(20 * SECOND).attempt_timeout(ATTEMPT).build().unwrap();
    let date = "2026-06-15".parse().unwrap();
    let hold = client.timeslots().hold(CourseId::new(1), date, "09:00".parse().unwrap());
    let outcome = server.given_up(hold, 2, 20 * SECOND).await;
    assert!(
        matches!(&outcome, Err(error) if error.kind() == ErrorKind::Ambiguous && error.operation() == Some("holdTimeslot")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn token_requests_are_retried_by_themselves_and_not_once_more_for_each_attempt() {
    let server = Canned::all(|_| unavailable()).await;
    let client = retrying(&server);
    let error = server.clock.drive(None, client.courses().list()).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Server, Some("createToken")), "{error:?}");
    assert_eq!(server.requests().len(), 4);
    let mut asked = 0;
    let server = Canned::all(move |request| {
        asked += 1;
        match asked {
            1 | 3 => unavailable(),
            2 => token(),
            _ if request.head.contains("/auth/") => panic!("a second token"),
            _ => json("[]").into(),
        }
    })
    .await;
    server.clock.drive(None, retrying(&server).courses().list()).await.unwrap();
}
