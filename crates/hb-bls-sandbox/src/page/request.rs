//! One request to the API.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::frame::{Frame, View, html};
use super::json::{Pretty, pretty};
use super::result::Shown;
use super::text;
use super::view_request::ViewRequest;
use crate::api::input::Id;
use crate::core::Core;
use crate::problem::Problem;
use crate::request_log::RequestRecord;

#[derive(Template)]
#[template(path = "request.html")]
struct Page {
    frame: Frame,
    method: String,
    path: String,
    status: String,
    tone: &'static str,
    facts: Vec<(&'static str, String)>,
    messages: Vec<String>,
    curl: String,
    body: Option<Pretty>,
    has_body: bool,
    captures: bool,
    booking: Option<i64>,
}

pub(super) async fn show(State(core): State<Arc<Core>>, Id(number): Id, request: ViewRequest) -> Shown {
    let record = u64::try_from(number).ok().and_then(|number| core.request_log.find(number));
    let record = record.ok_or_else(|| Problem::not_found("Request"))?;
    let frame = Frame::new(&core, View::Requests, record.operation_id.unwrap_or("Request"), &request)?;
    let mut facts = vec![("Operation", record.operation_id.unwrap_or("none of the API's").to_owned())];
    facts.push(("Time", format!("{}, {}", text::date(record.at), text::time(record.at))));
    let account = frame.account_name(record.account);
    if !account.is_empty() {
        facts.push(("Account", account.to_owned()));
    }
    if let Some(query) = &record.query {
        facts.push(("Query", query.clone()));
    }
    if let Some(left) = record.remaining {
        facts.push(("Quota left", format!("{left} of 60 requests in this minute")));
    }
    if let Some(fault) = record.fault {
        facts.push(("Injected fault", fault.to_owned()));
    }
    Ok(html(&Page {
        curl: curl(&request.origin, &record),
        has_body: !matches!(record.method.as_str(), "GET" | "DELETE"),
        body: record.body.as_deref().map(pretty),
        captures: core.captures(),
        booking: record.booking,
        status: record.status.map_or_else(|| "no response".to_owned(), |status| status.to_string()),
        tone: text::status_tone(record.status),
        messages: record.message.iter().flat_map(|text| text.lines()).map(str::to_owned).collect(),
        method: record.method,
        path: record.path,
        facts,
        frame,
    }))
}

/// The request as a command for a shell. The token is a variable, since it is not kept.
fn curl(origin: &str, record: &RequestRecord) -> String {
    let query = record.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    // curl would take brackets for patterns
    let mut command = String::from(if query.contains(['[', ']', '{', '}']) { "curl -g" } else { "curl" });
    if record.method != "GET" {
        command.push_str(&format!(" -X {}", record.method));
    }
    command.push_str(&format!(" {}", quoted(&format!("{origin}{}{query}", record.path))));
    if !matches!(record.operation_id, Some("createToken" | "refreshToken")) {
        command.push_str(" \\\n  -H \"Authorization: Bearer $TOKEN\"");
    }
    if matches!(record.method.as_str(), "POST" | "PUT") {
        command.push_str(" \\\n  -H 'Content-Type: application/json'");
        // with -d, a body that begins with @ would name a file
        let body = record.body.as_deref().map(|body| format!("--data-raw {}", quoted(body)));
        command.push_str(&format!(" \\\n  {}", body.as_deref().unwrap_or("-d @body.json")));
    }
    command
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_quoted_for_the_shell() {
        let record = RequestRecord {
            method: "POST".into(),
            path: "/api/v1/bookings".into(),
            operation_id: Some("createBooking"),
            body: Some(r#"{"last_name":"O'Neill; rm -rf /"}"#.into()),
            ..RequestRecord::default()
        };
        assert_eq!(
            curl("http://127.0.0.1:1", &record),
            "curl -X POST 'http://127.0.0.1:1/api/v1/bookings' \\\n  -H \"Authorization: Bearer $TOKEN\" \\\n  \
             -H 'Content-Type: application/json' \\\n  --data-raw '{\"last_name\":\"O'\\''Neill; rm -rf /\"}'"
        );
        let listed = RequestRecord { path: "/a".into(), query: Some("x=[a-b]".into()), ..RequestRecord::default() };
        assert!(
            curl("http://h", &listed).contains("curl -g -X  'http://h/a?x=[a-b]'"),
            "{}",
            curl("http://h", &listed)
        );
    }
}
