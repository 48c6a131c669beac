//! Servers that put what must stay secret wherever it fits into a response.

use std::error::Error as _;

use hb_bls::{BookingDetails, Error};
use hb_bls_gen::Operation;

use super::{Hidden, capture::Capture, details};
use crate::{
    canned::{Canned, answer, json},
    wire,
};

/// The candidate's data and more, as text.
fn all() -> String {
    let details = details();
    let BookingDetails { first_name, last_name, email, phone, address, city, postcode, .. } = details;
    format!("{first_name} {last_name} {email} {phone} {address} {city} {postcode} tok_canned ref_canned")
}

/// Responses of every kind of failure, and successes that cannot be used.
fn replies() -> Vec<String> {
    let all = all();
    let page = format!("<html><title>{all}</title></html>");
    let rejection = format!(
        r#"{{"message":"{all}","errors":{{"email":["{all}"],"{all}":["{all}"],"adalbertine@quill.example.com":[]}}}}"#
    );
    let conflict = format!(
        r#"{{"message":"{all}","hold":{{"hold_hash":"tok_canned","expires_at":"{all}","slot":{{"date":"2026-06-15","time":"09:00"}}}}}}"#
    );
    let head = |status: &str, lines: &str| format!("HTTP/1.1 {status}\r\n{lines}content-length: 2\r\n\r\n{{}}");
    let mut replies = vec![
        answer("422 Wrong", "application/json", &rejection),
        answer("400 Wrong", "application/json", &rejection),
        answer("409 Taken", "application/json", &conflict),
        json(&conflict),
        head("302 Found", &format!("location: https://example.com/?{}\r\n", all.replace(' ', "+"))),
        head(&format!("500 {all}"), &format!("x-request-id: {all}\r\nretry-after: {all}\r\n")),
        head("429 Slow", &format!("retry-after: {all}\r\nx-ratelimit-limit: {all}\r\nx-ratelimit-reset: {all}\r\n")),
        head("200 OK", &format!("content-encoding: {all}\r\n")),
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n{all}", all.len()),
        format!("HTTP/1.1 200 OK\r\n{all}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{all}\r\n"),
        format!("HTTP/1.1 {all}\r\n\r\n"),
        all.clone(),
        format!("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{{\"data\":[{{\"name\":\"{all}\""),
    ];
    for status in ["200 OK", "401 Who", "403 No", "404 Gone", "418 Teapot", "500 Oops", "503 Away"] {
        replies.push(answer(status, "text/html", &page));
        replies.push(answer(status, "application/json", &format!(r#"{{"message":"{all}","email":"{all}"}}"#)));
    }
    for body in [
        format!(r#""{all}""#),
        format!(r#"["{all}"]"#),
        format!(r#"{{"data":"{all}"}}"#),
        format!(r#"{{"data":[{{"id":"{all}","date":"{all}","time":"{all}"}}]}}"#),
        format!(r#"{{"data":[{{"id":1,"date":"2026-06-15","time":"{all}"}}]}}"#),
        format!(r#"{{"id":"{all}","hold_hash":["{all}"],"access_token":["{all}"],"secret":{{"{all}":1}}}}"#),
        format!(r#"{{"id":1,"candidate":"{all}","virtual":"{all}","start_date":"{all}","hold_hash":7}}"#),
        format!(r#"{{"{all}":{{"{all}":"{all}"}}}}"#),
        format!(r#"{{"id":1,"name":"{all}"}} {all}"#),
        // one word each, as a value of an enum and as a name
        r#"{"id":1,"booked_by":"quillfeather","booking_status":"Boadicea","Boadicea":{"Marsh":1}}"#.to_owned(),
        r#"{"data":[{"id":1,"booked_by":"quillfeather","type":"Boadicea","Boadicea":{"Sesame":1}}],"Sesame":1}"#
            .to_owned(),
        r#"{"id":1,"Boadicea":{"Sesame":[{"Lighthouse":"#.to_owned(),
        r#"{"data":[{"id":1,"Boadicea":{"Sesame":tru}}]}"#.to_owned(),
        r#"{"errors":{"Boadicea":{"Sesame":1}},"candidate":{"Sesame":[1}}"#.to_owned(),
    ] {
        replies.push(json(&body));
    }
    replies
}

/// Everything that an error can display.
fn texts(error: &Error) -> String {
    let mut text = format!("{error:#}\n{error:?}\n{error:#?}\n{:?} {}", error.operation(), error.kind());
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!("\n{cause} {cause:?}");
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn no_error_repeats_what_an_answer_says() {
    let (capture, guard) = Capture::start();
    let hidden = Hidden::new();
    for text in ["tok_canned", "ref_canned", "Łukasz", "O'Neill", "lukasz@", "Söhne", "Harbour"] {
        hidden.add(text);
    }
    let mut errors = 0;
    for reply in replies() {
        let server = Canned::start(reply.clone()).await;
        let client = server.builder().without_rate_limit().record_undocumented().build().unwrap();
        for operation in Operation::ALL {
            if let Err(error) = wire::call(&client, &server.clock, operation).await {
                let found = hidden.found(&texts(&error));
                assert!(found.is_empty(), "{found:?} in {} after {reply}", texts(&error));
                errors += 1;
            }
        }
        hidden.check(&format!("{:?}", client.undocumented()));
        // also to the token request
        let server = Canned::all(move |_| reply.clone().into()).await;
        if let Err(error) = server.client().courses().list().await {
            hidden.check(&texts(&error));
        }
    }
    drop(guard);
    assert!(errors > 500, "{errors}");
    hidden.check(&capture.text());
}
