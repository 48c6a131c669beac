//! Every generated method goes through the transport, and nothing else reaches the network.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::result_large_err)]
#![cfg(feature = "client")]

mod bodies;

use std::{
    collections::BTreeSet,
    io::{ErrorKind, Read as _},
    net::TcpListener,
    sync::{Arc, Mutex},
};

use hb_bls_gen::{
    BookingId, Client, CourseId, Error, Inner, Operation, PayOption, ReqwestTransport, ResponseValue, Transport,
    TransportFuture, WebhookId, types,
};
use reqwest::{Request, Response};

/// Keeps the requests and answers them all in one way.
struct Recorder {
    seen: Mutex<Vec<(Operation, Request)>>,
    answer: fn(Operation) -> Result<http::Response<String>, String>,
}

impl Recorder {
    fn new(answer: fn(Operation) -> Result<http::Response<String>, String>) -> Arc<Self> {
        Arc::new(Self { seen: Mutex::default(), answer })
    }
}

impl Transport for Recorder {
    fn send(&self, request: Request, operation: Operation) -> TransportFuture<'_> {
        self.seen.lock().unwrap().push((operation, request));
        Box::pin(async move { Ok(Response::from((self.answer)(operation)?)) })
    }
}

fn status(code: u16, body: &str) -> http::Response<String> {
    http::Response::builder().status(code).body(body.to_owned()).unwrap()
}

/// A client for a port that notices connections.
fn client(transport: Arc<dyn Transport>) -> (Client, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
    (Client::new_with_client(Arc::new(url.parse().unwrap()), reqwest::Client::new(), Inner::new(transport)), listener)
}

type Outcome = Result<u16, Error<()>>;

fn code<T>(result: Result<ResponseValue<T>, Error<()>>) -> Outcome {
    result.map(|answer| answer.status().as_u16())
}

fn booking_request() -> types::BookingRequest {
    let text = || "x".to_owned();
    types::BookingRequest {
        hold_hash: text(),
        first_name: text(),
        last_name: text(),
        email: text(),
        phone: text(),
        address: text(),
        city: text(),
        postcode: text(),
        job_role: text(),
        pay_option: PayOption::Credits,
        agency_contact_name: text(),
        agency_contact_email: text(),
        agency_email: None,
    }
}

/// Calls an operation's method, with a value for each of its parameters.
async fn call(client: &Client, operation: Operation) -> Outcome {
    let day = hb_bls_gen::Date::constant(2026, 6, 15);
    let (booking, course, webhook) = (BookingId::new(1042), CourseId::new(1), WebhookId::new(7));
    match operation {
        Operation::CreateToken => {
            let body = types::TokenRequest { hb_client_id: "agency-1".to_owned(), api_key: "key".into() };
            code(client.create_token().body(body).send().await)
        }
        Operation::RefreshToken => {
            code(client.refresh_token().body(types::RefreshRequest { refresh_token: "rt-1".into() }).send().await)
        }
        Operation::GetTokenInfo => code(client.get_token_info().send().await),
        Operation::RevokeToken => code(client.revoke_token().send().await),
        Operation::GetBookingUrl => code(client.get_booking_url().send().await),
        Operation::GetCredits => code(client.get_credits().send().await),
        Operation::ListTransactions => code(client.list_transactions().page(2).per_page(50).send().await),
        Operation::ListCourses => code(client.list_courses().send().await),
        Operation::ListTimeslots => {
            code(client.list_timeslots().course_id(course).months_ahead(3).date(day).send().await)
        }
        Operation::HoldTimeslot => {
            let body = types::HoldRequest { course_id: course, date: day, time: "09:00".to_owned() };
            code(client.hold_timeslot().body(body).send().await)
        }
        Operation::ReleaseTimeslotHold => code(client.release_timeslot_hold().hold_hash("a/b").send().await),
        Operation::ListBookings => {
            let request = client.list_bookings().page(2).per_page(50).status("booked").course_id(course);
            code(request.date_from(day).date_to(day).search("Amara & co").send().await)
        }
        Operation::CreateBooking => code(client.create_booking().body(booking_request()).send().await),
        Operation::GetBooking => code(client.get_booking().id(booking).send().await),
        Operation::DownloadCertificate => code(client.download_certificate().id(booking).send().await),
        Operation::ListWebhooks => code(client.list_webhooks().send().await),
        Operation::CreateWebhook => {
            let body = types::WebhookRequest::builder().name("n").url("https://x.example").events(Vec::new());
            code(client.create_webhook().body(body).send().await)
        }
        Operation::GetWebhook => code(client.get_webhook().id(webhook).send().await),
        Operation::UpdateWebhook => {
            let body = types::WebhookUpdateRequest::builder().name("n".to_owned());
            code(client.update_webhook().id(webhook).body(body).send().await)
        }
        Operation::DeleteWebhook => code(client.delete_webhook().id(webhook).send().await),
        Operation::RotateWebhookSecret => code(client.rotate_webhook_secret().id(webhook).send().await),
        Operation::TestWebhook => code(client.test_webhook().id(webhook).send().await),
    }
}

/// Calls every operation, and makes sure that no connection was made.
async fn call_all(transport: Arc<dyn Transport>, mut check: impl FnMut(Operation, Outcome)) {
    let (client, listener) = client(transport);
    for operation in Operation::ALL {
        check(operation, call(&client, operation).await);
    }
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "a connection was made");
}

#[tokio::test]
async fn requests_are_as_documented() {
    let recorder = Recorder::new(|_| Ok(status(418, "short and stout")));
    call_all(recorder.clone(), |operation, outcome| match outcome {
        Err(Error::UnexpectedResponse(answer)) => assert_eq!(answer.status(), 418),
        other => panic!("{operation:?}: {other:?}"),
    })
    .await;
    let seen = recorder.seen.lock().unwrap();
    assert_eq!(seen.iter().map(|(operation, _)| *operation).collect::<Vec<_>>(), Operation::ALL);
    for (operation, request) in seen.iter() {
        assert_eq!(request.method().as_str(), operation.method(), "{operation:?}");
        let headers: BTreeSet<&str> = request.headers().keys().map(|name| name.as_str()).collect();
        let expected = if request.body().is_some() { vec!["accept", "content-type"] } else { vec!["accept"] };
        assert_eq!(headers, BTreeSet::from_iter(expected), "{operation:?}");
        let accept = match operation {
            Operation::DownloadCertificate => "application/pdf, application/json",
            _ => "application/json",
        };
        assert_eq!(request.headers()["accept"], accept, "{operation:?}");
        let path = operation.path().replace("{holdHash}", "a%2Fb");
        let id = if path.starts_with("/webhooks") { "7" } else { "1042" };
        assert_eq!(request.url().path(), format!("/api/v1{}", path.replace("{id}", id)), "{operation:?}");
    }
    let query = |wanted: Operation| {
        let (_, request) = seen.iter().find(|(operation, _)| *operation == wanted).unwrap();
        request.url().query().unwrap_or_default().to_owned()
    };
    assert_eq!(
        query(Operation::ListBookings),
        "course_id=1&date_from=2026-06-15&date_to=2026-06-15&page=2&per_page=50&search=Amara+%26+co&status=booked"
    );
    assert_eq!(query(Operation::ListTimeslots), "course_id=1&date=2026-06-15&months_ahead=3");
    assert_eq!(query(Operation::GetBooking), "");
}

#[tokio::test]
async fn any_success_is_read() {
    for code in [200, 201, 202] {
        let recorder = Recorder::new(|operation| {
            let schema = match operation {
                Operation::CreateToken | Operation::RefreshToken => "token pair",
                Operation::GetTokenInfo => "token info",
                Operation::GetBookingUrl => "booking URL",
                Operation::GetCredits => "credits",
                Operation::ListTransactions => "transactions",
                Operation::ListCourses => "courses",
                Operation::ListTimeslots => "timeslots",
                Operation::HoldTimeslot => "hold",
                Operation::ListBookings => "bookings",
                Operation::CreateBooking | Operation::GetBooking => "booking",
                Operation::ListWebhooks => "webhooks",
                Operation::CreateWebhook => "webhook, new",
                Operation::GetWebhook | Operation::UpdateWebhook => "webhook",
                Operation::RotateWebhookSecret => "rotated secret",
                // whether these answer with a body is not known, so none is read
                Operation::RevokeToken | Operation::ReleaseTimeslotHold => return Ok(status(204, "")),
                Operation::DeleteWebhook | Operation::TestWebhook => return Ok(status(200, "not JSON")),
                Operation::DownloadCertificate => return Ok(status(200, "%PDF-1.7")),
            };
            Ok(status(200, bodies::BODIES.iter().find(|body| body.name == schema).unwrap().json))
        });
        let answer = Recoded { recorder, code };
        call_all(Arc::new(answer), |operation, outcome| assert_eq!(outcome.unwrap(), code, "{operation:?}")).await;
    }
}

/// Another status for what a recorder answers.
struct Recoded {
    recorder: Arc<Recorder>,
    code: u16,
}

impl Transport for Recoded {
    fn send(&self, request: Request, operation: Operation) -> TransportFuture<'_> {
        self.recorder.seen.lock().unwrap().push((operation, request));
        Box::pin(async move {
            let mut answer = (self.recorder.answer)(operation)?;
            *answer.status_mut() = http::StatusCode::from_u16(self.code)?;
            Ok(Response::from(answer))
        })
    }
}

#[tokio::test]
async fn a_transport_that_fails_is_a_custom_error() {
    let recorder = Recorder::new(|operation| Err(format!("no token for {}", operation.id())));
    call_all(recorder.clone(), |operation, outcome| match outcome {
        Err(Error::Custom(message)) => assert_eq!(message, format!("no token for {}", operation.id())),
        other => panic!("{operation:?}: {other:?}"),
    })
    .await;
    assert_eq!(recorder.seen.lock().unwrap().len(), 22, "one try each");
}

#[tokio::test]
async fn a_request_that_cannot_be_built_is_not_sent() {
    let recorder = Recorder::new(|_| Ok(status(200, "{}")));
    let (client, _listener) = client(recorder.clone());
    let outcome = client.get_booking().send().await;
    assert!(matches!(outcome, Err(Error::InvalidRequest(_))), "{outcome:?}");
    assert_eq!(recorder.seen.lock().unwrap().len(), 0);
}

/// The counterpart of the recorder: this one connects, so the listener above would notice.
#[tokio::test]
async fn the_plain_transport_connects_and_its_errors_do_not_tell_the_url() {
    let (client, listener) = client(Arc::new(ReqwestTransport(reqwest::Client::new())));
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(false).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let outcome = call(&client, Operation::GetBooking).await;
    let request = server.join().unwrap();
    assert!(request.starts_with("GET /api/v1/bookings/1042 HTTP/1.1\r\n"), "{request}");
    assert!(!request.contains("api-version"), "{request}");
    match outcome {
        Err(Error::Custom(message)) => assert!(!message.contains(&port.to_string()), "{message}"),
        other => panic!("{other:?}"),
    }
}
