//! The details of errors: their causes, and the request id for support.

use std::{error::Error as _, fmt, sync::Arc};

use hb_bls::{
    BookRequest, BookingId, Client, CourseId, ErrorKind,
    state::{
        AccountKey, AccountLease, AccountLock, AcquireOutcome, Permit, RateLimitHeaders, RateLimiter, StateError,
        StateFuture,
    },
};

use crate::{
    canned::{Canned, answer, json},
    virtual_time::VirtualTime,
    walk::details,
};

/// The first cause of this type.
fn find<T: std::error::Error + 'static>(error: &hb_bls::Error) -> &T {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return found;
        }
        cause = error.source();
    }
    panic!("{error:?}")
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_leads_to_the_error_of_reqwest_and_of_the_system() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    let client = Canned::start("").await.builder().base_url(format!("http://{host}/sesame")).build().unwrap();
    let error = client.courses().list().await.unwrap_err();
    assert_eq!(error.host(), Some(&*host));
    let cause = error.source().and_then(|cause| cause.downcast_ref::<reqwest::Error>()).unwrap();
    assert!(cause.is_connect() && cause.url().is_none(), "{cause:?}");
    assert_eq!(find::<std::io::Error>(&error).kind(), std::io::ErrorKind::ConnectionRefused);
    assert_eq!(error.to_string(), "createToken: no complete response");
    let all = format!("{error:#} {error:?} {cause:?}");
    assert!(all.contains("onnection refused") && !all.contains("sesame"), "{all}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_leads_to_the_error_of_reqwest() {
    let head = "HTTP/1.1 200 OK\r\nx-request-id: req-17\r\ncontent-length: 500\r\n\r\n";
    let server = Canned::start(format!("{head}{{\"data\":[{{\"name\":\"Ada Lovelace\"")).await;
    let error = server.client().courses().list().await.unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (ErrorKind::Network, Some("req-17")), "{error:?}");
    let cause = find::<reqwest::Error>(&error);
    assert!(!cause.is_connect() && cause.url().is_none(), "{cause:?}");
    assert!(!format!("{error:#} {error:?} {cause:?}").contains("Ada"));
}

/// The error of a user's own store.
#[derive(Debug)]
struct Away(u16);

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the database on port {} is away", self.0)
    }
}

impl std::error::Error for Away {}

#[derive(Debug)]
struct Store;

impl AccountLock for Store {
    fn acquire<'a>(&'a self, _: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        Box::pin(async { Err(StateError::new(Away(5432))) })
    }
}

impl RateLimiter for Store {
    fn acquire(&self) -> StateFuture<'_, AcquireOutcome> {
        Box::pin(async { Err(StateError::new(Away(6379))) })
    }

    fn release(&self, _: Permit, _: RateLimitHeaders) -> StateFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn a_store_that_fails_leads_to_its_own_error() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time.builder().account_lock(Arc::new(Store)).build().unwrap();
    let error = time.drive(client.book(&BookRequest::earliest(CourseId::new(1), details()))).await.unwrap_err();
    assert_eq!((error.kind(), find::<Away>(&error).0), (ErrorKind::State, 5432));
    assert!(error.source().is_some_and(|cause| cause.is::<StateError>()));
    let told = "cannot use the shared state of the account lock: the store failed: the database on port 5432 is away";
    assert_eq!(format!("{error:#}"), told);

    let client = time.builder().rate_limiter(Arc::new(Store)).build().unwrap();
    let error = time.drive(client.courses().list()).await.unwrap_err();
    assert_eq!((error.kind(), find::<Away>(&error).0), (ErrorKind::State, 6379));
}

/// The kind and the request id of the error when this is the response to everything except token requests.
async fn told_id(reply: String) -> (ErrorKind, Option<String>) {
    let client: Client = Canned::start(reply).await.client();
    let error = client.bookings().get(BookingId::new(7)).await.unwrap_err();
    assert!(!format!("{error:#} {error:?}").contains("req-17"));
    (error.kind(), error.request_id().map(str::to_owned))
}

#[tokio::test]
async fn the_id_of_the_request_is_reported_whatever_was_answered() {
    let id = Some("req-17".to_owned());
    let with = |reply: String, line: &str| reply.replacen("\r\n", &format!("\r\n{line}\r\n"), 1);
    for (status, kind) in [
        ("401 Who", ErrorKind::TokenRefused),
        ("404 Gone", ErrorKind::NotFound),
        ("409 Taken", ErrorKind::Conflict),
        ("422 Wrong", ErrorKind::Rejected),
        ("429 Slow", ErrorKind::RateLimited),
        ("500 Oops", ErrorKind::Server),
        ("302 Found", ErrorKind::Decode),
        ("200 OK", ErrorKind::Decode),
    ] {
        let reply = answer(status, "application/json", "{}");
        assert_eq!(told_id(with(reply.clone(), "x-request-id: req-17")).await, (kind, id.clone()), "{status}");
        assert_eq!(told_id(reply).await, (kind, None), "{status}");
    }
    let gone = answer("404 Gone", "application/json", "{}");
    for (line, told) in [
        (format!("x-request-id: {}", "a".repeat(128)), Some("a".repeat(128))),
        (format!("x-request-id: {}", "a".repeat(129)), None),
        ("x-request-id: Ada Lovelace".to_owned(), None),
        ("x-request-id: \u{141}ukasz".to_owned(), None),
        ("x-request-id: ".to_owned(), None),
        ("x-request-id: not one\r\ncf-ray: req-17".to_owned(), id.clone()),
    ] {
        assert_eq!(told_id(with(gone.clone(), &line)).await, (ErrorKind::NotFound, told), "{line}");
    }
}

#[tokio::test]
async fn what_is_not_known_has_the_id_of_its_last_answer() {
    let away = "HTTP/1.1 502 Away\r\nx-request-id: req-17\r\ncontent-length: 0\r\n\r\n";
    let server = Canned::start(away).await;
    let hold = server
        .client()
        .timeslots()
        .hold(CourseId::new(1), "2026-06-15".parse().unwrap(), "09:00".parse().unwrap())
        .await;
    let error = hold.unwrap_err();
    assert!(error.is_ambiguous(), "{error:?}");
    assert_eq!((error.status(), error.request_id()), (Some(502), Some("req-17")));
    assert_eq!(crate::cause_of(&error).kind(), ErrorKind::Server);
    // an id of an earlier response does not belong to a later one
    let mut replies = vec![json("[{}]"), away.to_owned()];
    let server = Canned::script(move |_| replies.pop().unwrap_or_else(|| json("[{}]")).into()).await;
    let client = server.builder().retry(hb_bls::RetryPolicy::default()).build().unwrap();
    let error = server.clock.drive(None, client.courses().list()).await.unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (ErrorKind::Decode, None), "{error:?}");
}
