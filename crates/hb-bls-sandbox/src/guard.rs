//! Access to the control API and the page: programs and browsers on this machine, and others with the control token.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, Method};

use crate::core::{Core, Peer};
use crate::loopback::{is_loopback, is_this_machine};
use crate::problem::Problem;
use crate::token::{TOKEN_COOKIE, same};
use crate::{control, page};

const ELSEWHERE: &str = "Only this machine can use the sandbox, and others that show its control token.";
const WEB_PAGE: &str = "The control API takes no requests from web pages, and a page in a browser sent this one.";
const OTHER_NAME: &str = "The host in the request's address is neither 127.0.0.1 nor localhost. Use one of these, or show the \
                          control token that --control-token sets.";
const FOREIGN: &str = "This request came from a page of another site, which may not use the sandbox. Nothing was done.";

/// Which part of the server a path belongs to, as far as access goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Control,
    Page,
    Open,
}

fn part(path: &str) -> Part {
    if path.starts_with(control::PREFIX) {
        Part::Control
    } else if page::is_guarded(path) {
        Part::Page
    } else {
        Part::Open
    }
}

/// The middleware.
pub(crate) async fn guard(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let token = core.control_token.as_deref();
    let asked = part(request.uri().path());
    match refusal(asked, token, &request) {
        None => next.run(request).await,
        Some(ELSEWHERE | OTHER_NAME) if asked == Part::Page && token.is_some() => page::ask_for_token(),
        Some(reason) if asked == Part::Page => page::refuse(reason),
        Some(reason) => Problem::Forbidden(reason).into_response(),
    }
}

fn refusal(part: Part, token: Option<&str>, request: &Request) -> Option<&'static str> {
    if part == Part::Open {
        return None;
    }
    let headers = request.headers();
    let shows_token = token.is_some_and(|token| shows(headers, token));
    if !shows_token && !request.extensions().get::<Peer>().is_some_and(|peer| is_loopback(peer.0)) {
        return Some(ELSEWHERE);
    }
    // A page whose name has been rebound to this address shows it in Host, and has no token.
    let at_home = shows_token || asks_for_loopback(headers);
    match part {
        _ if !at_home => Some(OTHER_NAME),
        // Browsers send a page's address in Origin, except with what a page only embeds.
        Part::Control if headers.contains_key(ORIGIN) || is_embedded_elsewhere(headers) => Some(WEB_PAGE),
        Part::Page if request.method() != Method::GET && !comes_from_here(headers) => Some(FOREIGN),
        Part::Page if is_embedded_elsewhere(headers) => Some(FOREIGN),
        _ => None,
    }
}

/// Whether the page of another site asks, and not a person who follows a link there.
fn is_embedded_elsewhere(headers: &HeaderMap) -> bool {
    let is = |name: &str, values: &[&str]| headers.get(name).is_some_and(|value| values.iter().any(|it| value == it));
    is("sec-fetch-site", &["cross-site", "same-site"]) && !is("sec-fetch-mode", &["navigate"])
}

/// Whether a form was sent by one of our own pages, or by a program, which sends no Origin.
fn comes_from_here(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| {
        let (scheme, host) = origin.split_once("://")?;
        matches!(scheme, "http" | "https").then_some(host)
    });
    origin.is_some() && origin == host
}

fn shows(headers: &HeaderMap, token: &str) -> bool {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let cookies = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let cookies = cookies.filter(|(name, _)| name.starts_with(TOKEN_COOKIE)).map(|(_, value)| value);
    bearer.into_iter().chain(cookies).any(|shown| same(shown, token))
}

fn asks_for_loopback(headers: &HeaderMap) -> bool {
    let asked = headers.get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    asked.is_some_and(|authority| is_this_machine(authority.host()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    const LOCAL: Option<&str> = Some("127.0.0.1");
    const HERE: (&str, &str) = ("host", "127.0.0.1:8787");
    const TOKEN: &str = "t0ken";

    fn allows(method: &str, path: &str, peer: Option<&str>, token: Option<&str>, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        if let Some(address) = peer {
            request.extensions_mut().insert(Peer(address.parse().unwrap()));
        }
        refusal(part(path), token, &request).is_none()
    }

    fn get(path: &str, peer: Option<&str>, headers: &[(&str, &str)]) -> bool {
        allows("GET", path, peer, None, headers)
    }

    #[test]
    fn this_machine_only() {
        for path in ["/_sandbox/clock", "/", "/ui/live"] {
            for local in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
                assert!(get(path, Some(local), &[HERE]), "{local}");
            }
            for remote in [Some("10.0.0.1"), Some("::ffff:10.0.0.1"), Some("0.0.0.0"), None] {
                assert!(!get(path, remote, &[HERE]), "{remote:?}");
                assert!(get("/api/v1/courses", remote, &[HERE]));
                assert!(get("/healthz", remote, &[HERE]));
            }
        }
    }

    #[test]
    fn at_a_loopback_host_only() {
        let elsewhere = ["evil.example:8787", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1:8787"];
        for path in ["/_sandbox/clock", "/", "/ui/requests"] {
            for host in ["127.0.0.1:8787", "127.0.0.1", "127.1.2.3:80", "[::1]:8787", "[::1]", "LocalHost:8787"] {
                assert!(get(path, LOCAL, &[("host", host)]), "{host}");
            }
            for host in elsewhere.into_iter().chain(["0.0.0.0", "::1", ""]) {
                assert!(!get(path, LOCAL, &[("host", host)]), "{host}");
                assert!(get("/api/v1/courses", LOCAL, &[("host", host)]), "{host}");
            }
            assert!(!get(path, LOCAL, &[]));
        }
    }

    #[test]
    fn the_control_api_answers_no_web_page() {
        for origin in ["https://evil.example", "http://127.0.0.1:8787", "null"] {
            assert!(!get("/_sandbox/clock", LOCAL, &[HERE, ("origin", origin)]), "{origin}");
            assert!(get("/api/v1/courses", LOCAL, &[HERE, ("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn the_page_of_another_site_embeds_nothing_of_it() {
        for path in ["/_sandbox/requests", "/", "/ui/bookings/1/certificate", "/book/abc"] {
            for (site, mode, allowed) in [
                ("cross-site", "no-cors", false),
                ("same-site", "no-cors", false),
                ("cross-site", "cors", false),
                ("cross-site", "navigate", true),
                ("same-site", "navigate", true),
                ("same-origin", "no-cors", true),
                ("none", "navigate", true),
            ] {
                let headers = [HERE, ("sec-fetch-site", site), ("sec-fetch-mode", mode)];
                assert_eq!(get(path, LOCAL, &headers), allowed, "{path}: {site}, {mode}");
            }
            assert!(!get(path, LOCAL, &[HERE, ("sec-fetch-site", "cross-site")]), "{path}");
        }
        let embedded = [HERE, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")];
        assert!(get("/api/v1/courses", LOCAL, &embedded) && get("/healthz", LOCAL, &embedded));
    }

    #[test]
    fn the_page_takes_forms_from_itself_only() {
        let post = |headers: &[(&str, &str)]| {
            let mut all = vec![HERE];
            all.extend(headers);
            allows("POST", "/ui/reset", LOCAL, None, &all)
        };
        assert!(post(&[("origin", "http://127.0.0.1:8787"), ("sec-fetch-site", "same-origin")]));
        assert!(post(&[]), "a program");
        for origin in ["https://evil.example", "http://127.0.0.1:9999", "http://localhost:8787", "null", ""] {
            assert!(!post(&[("origin", origin)]), "{origin}");
        }
        for site in ["cross-site", "same-site"] {
            assert!(!post(&[("sec-fetch-site", site)]), "{site}");
        }
    }

    #[test]
    fn the_token_opens_it_to_other_machines_and_names() {
        let (bearer, wrong) = (format!("Bearer {TOKEN}"), format!("Bearer {TOKEN}x"));
        let cookie = format!("a=b; {TOKEN_COOKIE}={TOKEN}");
        let there = ("host", "sandbox:8787");
        for path in ["/_sandbox/clock", "/", "/ui/deliveries"] {
            let allows = |headers: &[(&str, &str)]| allows("GET", path, Some("10.0.0.1"), Some(TOKEN), headers);
            assert!(allows(&[there, ("authorization", &bearer)]));
            assert!(allows(&[there, ("cookie", &cookie)]));
            assert!(!allows(&[there]));
            assert!(!allows(&[HERE]));
            assert!(!allows(&[there, ("authorization", &wrong)]));
            assert!(!get(path, Some("10.0.0.1"), &[there, ("authorization", &bearer)]), "there is no token");
        }
        let post = |origin: &str| {
            let headers = [there, ("cookie", cookie.as_str()), ("origin", origin)];
            allows("POST", "/ui/reset", Some("10.0.0.1"), Some(TOKEN), &headers)
        };
        assert!(post("http://sandbox:8787"));
        assert!(!post("http://evil.example"));
    }
}
