//! The page that is shown instead of a view that does not exist, or after a form that was refused.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use super::frame::{Frame, html};
use super::view_request::ViewRequest;
use crate::core::Core;
use crate::response::ErrorMessage;

#[derive(Template)]
#[template(path = "refused.html")]
struct Page {
    frame: Frame,
    /// The page on which the link or form was used.
    back: Option<String>,
    status: u16,
    lines: Vec<String>,
}

#[derive(Template)]
#[template(path = "forbidden.html")]
struct Forbidden<'a> {
    reason: &'a str,
    style: &'static str,
}

/// For those who may not see the page.
pub(super) fn forbidden(reason: &str) -> Response {
    let mut response = html(&Forbidden { reason, style: super::assets::STYLE_VERSION.as_str() });
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

/// The middleware: shows every refusal as a page, whether a view, an extractor or the router refused the request.
pub(super) async fn explain(
    State(core): State<Arc<Core>>,
    view: ViewRequest,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    let is_refusal = response.status().is_client_error() || response.status().is_server_error();
    let is_page = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_refusal || is_page {
        return response;
    }
    let status = response.status();
    let said = response.extensions().get::<ErrorMessage>().map(|ErrorMessage(text)| text.clone());
    let said = said.unwrap_or_else(|| status.canonical_reason().unwrap_or_default().to_owned());
    let lines = said.lines().map(str::to_owned).collect();
    let title = if status == StatusCode::NOT_FOUND { "There is nothing here" } else { "That was not done" };
    match Frame::new(&core, None, title, &view) {
        Ok(mut frame) => {
            // The clock's buttons lead back to a page, which the address of a form is not.
            frame.url = view.came_from.clone().unwrap_or_else(|| "/".to_owned());
            let mut page = html(&Page { back: view.came_from, frame, status: status.as_u16(), lines });
            *page.status_mut() = status;
            page
        }
        // The database fails, without which there is no frame either.
        Err(_) => response,
    }
}
