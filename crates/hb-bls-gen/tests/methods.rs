//! What the generated methods send, and that they read every success.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::result_large_err)]
#![cfg(feature = "client")]

mod bodies;

use std::{
    collections::BTreeSet,
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::Arc,
    thread,
};

use hb_bls_gen::{BookingId, Client, CourseId, Error, Operation, PayOption, WebhookId, types};

fn client(address: &str) -> Client {
    let url = format!("http://{address}/api/v1");
    Client::new_with_client(Arc::new(url.parse().unwrap()), reqwest::Client::new())
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

/// Does something with the builder of each operation, with a value for each of its parameters.
macro_rules! with_builder {
    ($client:ident, $operation:expr, $builder:ident => $result:expr) => {{
        let day = hb_bls_gen::Date::constant(2026, 6, 15);
        let (booking, course, webhook) = (BookingId::new(1042), CourseId::new(1), WebhookId::new(7));
        match $operation {
            Operation::CreateToken => {
                let body = types::TokenRequest { hb_client_id: "agency-1".to_owned(), api_key: "key".into() };
                {
                    let $builder = $client.create_token().body(body);
                    $result
                }
            }
            Operation::RefreshToken => {
                let $builder = $client.refresh_token().body(types::RefreshRequest { refresh_token: "rt-1".into() });
                $result
            }
            Operation::GetTokenInfo => {
                let $builder = $client.get_token_info();
                $result
            }
            Operation::RevokeToken => {
                let $builder = $client.revoke_token();
                $result
            }
            Operation::GetBookingUrl => {
                let $builder = $client.get_booking_url();
                $result
            }
            Operation::GetCredits => {
                let $builder = $client.get_credits();
                $result
            }
            Operation::ListTransactions => {
                let $builder = $client.list_transactions().page(2).per_page(50);
                $result
            }
            Operation::ListCourses => {
                let $builder = $client.list_courses();
                $result
            }
            Operation::ListTimeslots => {
                let $builder = $client.list_timeslots().course_id(course).months_ahead(3).date(day);
                $result
            }
            Operation::HoldTimeslot => {
                let body = types::HoldRequest { course_id: course, date: day, time: "09:00".to_owned() };
                {
                    let $builder = $client.hold_timeslot().body(body);
                    $result
                }
            }
            Operation::ReleaseTimeslotHold => {
                let $builder = $client.release_timeslot_hold().hold_hash("a/b");
                $result
            }
            Operation::ListBookings => {
                let request = $client.list_bookings().page(2).per_page(50).status("booked").course_id(course);
                {
                    let $builder = request.date_from(day).date_to(day).search("Amara & co");
                    $result
                }
            }
            Operation::CreateBooking => {
                let $builder = $client.create_booking().body(booking_request());
                $result
            }
            Operation::GetBooking => {
                let $builder = $client.get_booking().id(booking);
                $result
            }
            Operation::DownloadCertificate => {
                let $builder = $client.download_certificate().id(booking);
                $result
            }
            Operation::ListWebhooks => {
                let $builder = $client.list_webhooks();
                $result
            }
            Operation::CreateWebhook => {
                let body = types::WebhookRequest::builder().name("n").url("https://x.example").events(Vec::new());
                {
                    let $builder = $client.create_webhook().body(body);
                    $result
                }
            }
            Operation::GetWebhook => {
                let $builder = $client.get_webhook().id(webhook);
                $result
            }
            Operation::UpdateWebhook => {
                let body = types::WebhookUpdateRequest::builder().name("n".to_owned());
                {
                    let $builder = $client.update_webhook().id(webhook).body(body);
                    $result
                }
            }
            Operation::DeleteWebhook => {
                let $builder = $client.delete_webhook().id(webhook);
                $result
            }
            Operation::RotateWebhookSecret => {
                let $builder = $client.rotate_webhook_secret().id(webhook);
                $result
            }
            Operation::TestWebhook => {
                let $builder = $client.test_webhook().id(webhook);
                $result
            }
        }
    }};
}

#[test]
fn requests_are_as_documented() {
    let client = client("portal.example");
    let mut queries = Vec::new();
    for operation in Operation::ALL {
        let request = with_builder!(client, operation, builder => builder.request().unwrap());
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
        queries.extend(request.url().query().map(|query| (operation, query.to_owned())));
    }
    let expected = [
        (Operation::ListTransactions, "page=2&per_page=50"),
        (Operation::ListTimeslots, "course_id=1&date=2026-06-15&months_ahead=3"),
        (
            Operation::ListBookings,
            "course_id=1&date_from=2026-06-15&date_to=2026-06-15&page=2&per_page=50&search=Amara+%26+co&status=booked",
        ),
    ];
    let mut queries: Vec<_> = queries.iter().map(|(operation, query)| (*operation, query.as_str())).collect();
    queries.sort_by_key(|(operation, _)| expected.iter().position(|(other, _)| other == operation));
    assert_eq!(queries, expected);
}

#[test]
fn a_request_that_cannot_be_built_says_what_is_missing() {
    let client = client("portal.example");
    let error = client.get_booking().request().unwrap_err();
    assert!(error.contains("id was not initialized"), "{error}");
}

/// Answers every request of `Operation::ALL`, in this order, with one status and a body that fits.
fn server(status: u16) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = thread::spawn(move || {
        for operation in Operation::ALL {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            while !is_whole(&request) {
                let length = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..length]);
            }
            let line = format!("{} /api/v1", operation.method());
            assert!(request.starts_with(line.as_bytes()), "{operation:?}");
            let body = body(operation);
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
                .unwrap();
        }
    });
    (address, serving)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn body(operation: Operation) -> &'static str {
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
        Operation::RevokeToken | Operation::ReleaseTimeslotHold => return "",
        Operation::DeleteWebhook | Operation::TestWebhook => return "not JSON",
        Operation::DownloadCertificate => return "%PDF-1.7",
    };
    bodies::BODIES.iter().find(|body| body.name == schema).unwrap().json
}

#[tokio::test]
async fn any_success_is_read_and_nothing_else() {
    for status in [200, 201, 202, 418] {
        let (address, serving) = server(status);
        let client = client(&address);
        for operation in Operation::ALL {
            let outcome = with_builder!(client, operation, builder => {
                builder.send().await.map(|answer| answer.status().as_u16())
            });
            match outcome {
                Err(Error::UnexpectedResponse(answer)) if status == 418 => assert_eq!(answer.status(), 418),
                outcome => assert_eq!(outcome.unwrap(), status, "{operation:?}"),
            }
        }
        serving.join().unwrap();
    }
}
