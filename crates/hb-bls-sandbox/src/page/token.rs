//! The way in for browsers on other machines.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::header::SET_COOKIE;
use http::{HeaderValue, StatusCode};

use super::form::Form;
use super::frame::{html, redirect};
use crate::core::Core;
use crate::token;

#[derive(Template)]
#[template(path = "token.html")]
struct Page {
    is_wrong: bool,
    style: &'static str,
}

/// Asks for the control token.
pub(super) fn ask() -> Response {
    page(false)
}

fn page(is_wrong: bool) -> Response {
    let mut response = html(&Page { is_wrong, style: super::assets::STYLE_VERSION.as_str() });
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

/// Keeps a token that fits in a cookie, which scripts and other sites cannot use.
pub(super) async fn enter(State(core): State<Arc<Core>>, form: Form) -> Response {
    let shown = form.text("token").unwrap_or("");
    let Some(token) = core.control_token.as_deref().filter(|token| token::same(shown, token)) else {
        return page(true);
    };
    let cookie = format!("{}={token}; Path=/; HttpOnly; SameSite=Strict", token::cookie(token));
    let mut response = redirect("/");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
