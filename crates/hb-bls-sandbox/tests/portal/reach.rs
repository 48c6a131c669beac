//! Who may use the page, and by which address.

use reqwest::header::HOST;
use serde_json::Value;

use crate::support::{Browser, Portal, START, frozen};

#[tokio::test]
async fn the_page_is_for_its_own_forms_and_this_machine() {
    let portal = Portal::start().await;
    portal.client.book("credits").await;
    let browser = Browser::at(&portal);
    for (header, value) in [("origin", "https://evil.example"), ("origin", "null"), ("host", "evil.example")] {
        for path in ["/ui/reset", "/ui/bookings/1/cancel"] {
            let sent = browser.http.post(format!("{}{path}", browser.url)).header(header, value).send().await.unwrap();
            assert_eq!(sent.status(), 403, "{header}: {value}");
        }
    }
    let rebound = browser.http.get(portal.sandbox.page_url()).header("host", "evil.example").send().await.unwrap();
    assert_eq!(rebound.status(), 403);
    let bookings = portal.client.get("/bookings").await.expect(200);
    assert_eq!(bookings["data"][0]["booking_status"], "booked");
}

#[tokio::test]
async fn the_token_lets_other_names_in() {
    let portal = Portal::with(frozen(START).control_token("s3same")).await;
    let browser = Browser::at(&portal);
    let get = |path: &str| browser.http.get(format!("{}{path}", browser.url)).header("host", "sandbox:8787");
    let asked = Browser::read(get("/")).await;
    assert_eq!(asked.status, 403);
    assert!(asked.text.contains("Control token"));
    assert_eq!(Browser::read(get("/ui/assets/page.css")).await.status, 200);
    assert_eq!(Browser::read(get("/healthz")).await.text, "ok\n");
    assert_eq!(browser.try_send("/ui/token", &[("token", "wrong")]).await.status, 403);
    let entered = browser.try_send("/ui/token", &[("token", "s3same")]).await;
    let cookie = entered.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(Browser::read(get("/").header("cookie", cookie)).await.status, 200);
    let control = get("/_sandbox/clock").bearer_auth("s3same");
    assert_eq!(Browser::read(control).await.status, 200);
    assert_eq!(Browser::read(get("/_sandbox/clock")).await.status, 403);
    let refused = frozen(START).control_token("two words").start().await;
    assert!(refused.is_err());
}

/// Cookies belong to a host, whatever the port.
#[tokio::test]
async fn two_sandboxes_on_a_host_keep_their_tokens_apart() {
    let mut cookies = Vec::new();
    for token in ["one", "two"] {
        let portal = Portal::with(frozen(START).control_token(token)).await;
        let entered = Browser::at(&portal).try_send("/ui/token", &[("token", token)]).await;
        cookies.push((portal, entered.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()));
    }
    let names = cookies.iter().map(|(_, cookie)| cookie.split('=').next().unwrap());
    assert_eq!(names.collect::<std::collections::BTreeSet<_>>().len(), 2);
    let both = cookies.iter().map(|(_, cookie)| cookie.as_str()).collect::<Vec<_>>().join("; ");
    for (portal, _) in &cookies {
        let browser = Browser::at(portal);
        let get = browser.http.get(format!("{}/", browser.url)).header(HOST, "sandbox:8787");
        assert_eq!(Browser::read(get.header("cookie", &both)).await.status, 200);
    }
}

#[tokio::test]
async fn links_lead_to_the_address_by_which_it_was_asked() {
    let portal = Portal::with(frozen(START).control_token("s3same")).await;
    let browser = Browser::at(&portal);
    let there = async |path: &str| {
        let request = browser.http.get(format!("{}{path}", browser.url)).header(HOST, "bls.example:81");
        Browser::read(request.header("cookie", "hb_bls_control=s3same")).await.text
    };
    portal.client.get("/courses").await.expect(200);
    assert!(there("/").await.contains("HB_BLS_BASE_URL=http://bls.example:81/api/v1"));
    assert!(there("/ui/account").await.contains("http://bls.example:81/api/v1"));
    assert!(there("/ui/requests/2").await.contains("http://bls.example:81/api/v1/courses"));
    assert!(browser.text("/").await.contains(&format!("HB_BLS_BASE_URL={}", portal.sandbox.base_url())));

    portal.client.book("credits").await;
    portal.client.book("credits").await;
    let links = async |path: &str| -> Value {
        let request = portal.client.request(reqwest::Method::GET, path).header(HOST, "bls.example:81");
        serde_json::from_str(&Browser::read(request).await.text).unwrap()
    };
    let next = links("/bookings?per_page=1").await["links"]["next"].clone();
    assert_eq!(next, "http://bls.example:81/api/v1/bookings?per_page=1&page=2");
    let book = links("/booking-url").await["booking_url"].clone();
    assert!(book.as_str().unwrap().starts_with("http://bls.example:81/book/"), "{book}");
    let strange = portal.client.request(reqwest::Method::GET, "/booking-url").header(HOST, "a@b");
    assert!(Browser::read(strange).await.text.contains("http://127.0.0.1:"));
}

#[tokio::test]
async fn whoever_asks_by_another_name_is_told_what_is_wrong() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    let asked = async |path: &str| {
        Browser::read(browser.http.get(format!("{}{path}", browser.url)).header(HOST, "bls.example:81")).await
    };
    for path in ["/", "/_sandbox/clock"] {
        let shown = asked(path).await;
        assert_eq!(shown.status, 403);
        assert!(shown.text.contains("neither 127.0.0.1 nor localhost"), "{path}: {}", shown.text);
        assert!(!shown.text.contains("another site"), "{path}: {}", shown.text);
    }
    assert!(asked("/").await.text.contains("</html>"), "people read it as a page");
    let program = browser.http.get(format!("{}/_sandbox/clock", browser.url)).header("origin", &browser.url);
    assert!(Browser::read(program).await.text.contains("takes no requests from web pages"));
}
