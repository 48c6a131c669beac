//! The page, without a browser: what is in it, what its forms do, and who may use it.

use std::time::Duration;

use hb_bls_sandbox::{ClockMode, Fault, Sandbox, Seed};
use reqwest::Method;
use reqwest::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::support::{Browser, Client, Portal, Receiver, START, frozen, id, order};

const VIEWS: [&str; 8] = [
    "/",
    "/ui/timeslots",
    "/ui/deliveries",
    "/ui/requests",
    "/ui/account",
    "/ui/clock",
    "/ui/faults",
    "/?state=booked",
];

#[tokio::test]
async fn an_empty_portal_says_how_to_use_it() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    let text = browser.text("/").await;
    assert!(text.contains(&format!("HB_BLS_BASE_URL={}", portal.sandbox.base_url())));
    assert!(text.contains("HB_BLS_API_KEY=hb_sandbox_key_not_a_secret"));
    for view in VIEWS {
        browser.text(view).await;
    }
}

#[tokio::test]
async fn what_candidates_and_programs_write_is_only_text() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    let evil = "<script>alert(1)</script>\"'><img src=x>";
    let hold = portal.client.hold(1).await;
    let mut booking = order(&hold, "credits");
    for field in ["first_name", "last_name", "address", "city", "job_role", "agency_contact_name"] {
        booking[field] = json!(evil);
    }
    let booking = portal.client.post("/bookings", booking).await.expect(201);
    let receiver = Receiver::start().await;
    let webhook = json!({ "name": evil, "url": receiver.url, "events": ["booking.cancelled"] });
    portal.client.post("/webhooks", webhook).await.expect(201);
    portal.sandbox.cancel(id(&booking)).await.unwrap();
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    portal.client.get("/bookings/%3Cscript%3Ealert(1)?a=<script>").await.expect(404);
    portal.control(Method::POST, "/capture", json!({ "on": true })).await.expect(200);
    portal.client.post("/bookings", json!({ "hold_hash": evil })).await.expect(422);
    let mut views: Vec<String> = VIEWS.iter().map(|view| (*view).to_owned()).collect();
    views.extend(["/ui/bookings/1", "/ui/deliveries/1", "/?search=%3Cscript%3Ealert(1)"].map(str::to_owned));
    let requests = portal.sandbox.requests().await.unwrap();
    views.extend(requests.iter().map(|request| format!("/ui/requests/{}", request.number)));
    let mut seen = 0;
    for view in views {
        let text = browser.text(&view).await;
        assert!(!text.contains("<script>alert") && !text.contains("<img"), "{view}");
        seen += usize::from(text.contains("script&#62;alert(1)") || text.contains("script&gt;alert(1)"));
    }
    assert!(seen >= 6, "they are shown as they are, in {seen} views");
}

#[tokio::test]
async fn a_browser_lets_it_do_nothing_but_what_it_needs() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    let portal_with_token = Portal::with(frozen(START).control_token("s3same")).await;
    let outside = Browser::at(&portal_with_token);
    let mut responses = Vec::new();
    for path in ["/", "/ui/bookings/77", "/ui/assets/page.css", "/ui/live"] {
        responses.push(browser.http.get(format!("{}{path}", browser.url)).send().await.unwrap());
    }
    responses.push(outside.http.get(&outside.url).header("host", "sandbox:8787").send().await.unwrap());
    for response in responses {
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!(response.headers()["x-frame-options"], "DENY");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
    for view in VIEWS {
        let text = browser.text(view).await;
        for (at, _) in text.match_indices("://") {
            let before = &text[at.saturating_sub(5)..at];
            let host = &text[at + 3..(at + 12).min(text.len())];
            assert!(before.ends_with("http") && host == "127.0.0.1", "{view}: …{before}://{host}…");
        }
        assert!(!text.contains("style=\"") && !text.contains(" onclick"), "{view}");
    }
}

#[tokio::test]
async fn staff_and_candidate_have_buttons() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    let receiver = Receiver::start().await;
    receiver.register(&portal.client, &["booking.created", "booking.certificate_available"]).await;
    let booking = id(&portal.client.book("candidate_pays").await);
    let page = format!("/ui/bookings/{booking}");
    assert!(browser.text("/").await.contains("Awaiting payment"));
    assert_eq!(browser.send(&format!("{page}/pay"), &[]).await, format!("{page}?done=pay"));
    let text = browser.text(&format!("{page}?done=pay")).await;
    assert!(text.contains("The candidate has paid.") && text.contains("booking.created"), "{text}");
    let slot = text.split("<option value=\"").nth(4).unwrap().split('"').next().unwrap();
    browser.send(&format!("{page}/reschedule"), &[("slot", slot)]).await;
    let moved = portal.client.get(&format!("/bookings/{booking}")).await.expect(200);
    assert!(moved["start_date"].as_str().unwrap().starts_with(&slot[..16]), "{slot} {moved}");
    browser.send(&format!("{page}/complete"), &[]).await;
    assert_eq!(browser.see(&format!("{page}/certificate")).await.status, 422);
    browser.send(&format!("{page}/return-kit"), &[]).await;
    let certificate = browser.see(&format!("{page}/certificate")).await;
    assert_eq!(certificate.headers[CONTENT_TYPE], "application/pdf");
    let text = browser.text(&page).await;
    assert!(text.contains("Certificate ready") && text.contains("downloadCertificate").eq(&false));
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    assert_eq!(receiver.events(), ["booking.created", "booking.certificate_available"]);

    let refused = browser.try_send(&format!("{page}/cancel"), &[]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("it can no longer be cancelled"), "{}", refused.text);
    let no_show = id(&portal.client.book("credits").await);
    browser.send(&format!("/ui/bookings/{no_show}/no-show"), &[]).await;
    let cancelled = id(&portal.client.book("credits").await);
    browser.send(&format!("/ui/bookings/{cancelled}/cancel"), &[]).await;
    for (state, number) in [("no-show", no_show), ("cancelled", cancelled), ("certificate", booking)] {
        let text = browser.text(&format!("/?state={state}")).await;
        assert!(text.contains(&format!("id=\"booking-{number}\"")), "{state}");
        assert_eq!(text.matches("<tr id=").count(), 1, "{state}");
    }
}

#[tokio::test]
async fn a_refusal_is_a_page_too() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    portal.client.book("credits").await;
    let mut refused = Vec::new();
    for path in ["/ui/nothing", "/ui/bookings/x", "/ui/bookings/77", "/ui/requests/0", "/ui/assets/x", "/book/nobody"] {
        refused.push((404, "There is nothing here", browser.see(path).await));
    }
    for path in ["/ui/bookings/x/pay", "/ui/bookings/77/pay", "/ui/bookings/1/explode", "/ui/deliveries/1/x/y"] {
        refused.push((404, "There is nothing here", browser.try_send(path, &[]).await));
    }
    for path in ["/ui/bookings/1/pay", "/ui/trigger"] {
        refused.push((405, "That was not done", browser.see(path).await));
    }
    refused.push((405, "That was not done", browser.try_send("/", &[]).await));
    refused.push((422, "That was not done", browser.try_send("/ui/bookings/1/pay", &[]).await));
    for (at, (status, title, shown)) in refused.iter().enumerate() {
        assert_eq!(shown.status, *status, "{at}: {}", shown.text);
        assert_eq!(shown.headers[CONTENT_TYPE], "text/html; charset=utf-8", "{at}");
        assert!(shown.headers.contains_key(CONTENT_SECURITY_POLICY), "{at}");
        assert!(shown.text.contains(&format!("<h1>{title}</h1>")), "{at}: {}", shown.text);
        assert!(shown.text.contains("aria-label=\"Views\""), "{at}: in the page's frame");
        assert!(!shown.text.contains("hx-get"), "{at}: it does not fetch itself again");
        assert!(!shown.text.contains("parse") && !shown.text.contains("{\"message"), "{at}: {}", shown.text);
    }
    assert!(refused.last().unwrap().2.text.contains("Booking 1 is booked: only a pending booking can be paid."));
}

#[tokio::test]
async fn long_lists_have_pages_and_can_be_searched() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    portal.sandbox.seed(Seed::default().bookings(120).transactions(3)).await.unwrap();
    let (mut url, mut seen) = ("/".to_owned(), 0);
    loop {
        let text = browser.text(&url).await;
        seen += text.matches("<tr id=").count();
        let Some((before, _)) = text.split_once("\">Older</a>") else { break };
        url = before.rsplit("href=\"").next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    }
    assert_eq!(seen, 120);
    let text = browser.text("/?search=candidate77%40example.org").await;
    assert_eq!(text.matches("<tr id=").count(), 1);
    assert!(text.contains("candidate77@example.org"));
    assert_eq!(browser.text("/?search=%23100").await.matches("<tr id=").count(), 1);
    assert!(browser.text("/?search=nobody").await.contains("No booking matches"));
}

#[tokio::test]
async fn accounts_clock_faults_and_history_have_forms() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    browser.send("/ui/account", &[("account", "1"), ("credits.2", "7"), ("money_balance", "19.99")]).await;
    let credits = portal.client.get("/credits").await.expect(200);
    assert_eq!(credits["booking_money_balance"], 19.99);
    let held: Vec<&Value> = credits["booking_credits"].as_array().unwrap().iter().map(|it| &it["credits"]).collect();
    assert_eq!(held, [&json!(12), &json!(7)], "what is left empty stays");
    assert_eq!(browser.try_send("/ui/account", &[("account", "1"), ("money_balance", "lots")]).await.status, 422);
    assert_eq!(browser.send("/ui/accounts", &[]).await, "/ui/account?account=2&done=opened");

    let from = [("amount", "1.5"), ("unit", "hours"), ("from", "/ui/faults?x=1")];
    assert_eq!(browser.send("/ui/clock/advance", &from).await, "/ui/faults?x=1&done=advanced");
    assert_eq!(portal.sandbox.now().to_string(), "2026-06-05T11:30:00Z");
    for elsewhere in ["https://evil.example/", "//evil.example/", "/\\evil.example/", "/\t/evil.example/", "/é"] {
        let fields = [("amount", "0"), ("unit", "days"), ("from", elsewhere)];
        assert_eq!(browser.send("/ui/clock/advance", &fields).await, "/ui/clock?done=advanced");
    }
    assert_eq!(browser.try_send("/ui/clock/advance", &[("amount", "-1"), ("unit", "days")]).await.status, 422);
    assert_eq!(browser.try_send("/ui/clock/next", &[]).await.status, 422);
    let client = portal.client.log_in_again(&portal.sandbox).await;
    client.hold(1).await;
    assert!(browser.text("/ui/clock").await.contains("the hold of Basic Life Support"));
    assert!(browser.text("/ui/timeslots").await.contains("class=\"slot held\""));
    browser.send("/ui/clock/next", &[]).await;
    assert_eq!(portal.sandbox.now().to_string(), "2026-06-05T12:00:00Z");

    let fault = [("operation", "listCourses"), ("kind", "status"), ("status", "503"), ("times", "2")];
    browser.send("/ui/faults", &fault).await;
    assert_eq!(portal.sandbox.faults().await.unwrap(), [Fault::status("listCourses", 503).times(2)]);
    client.get("/courses").await.expect(503);
    browser.send("/ui/faults/clear", &[]).await;
    assert_eq!(portal.sandbox.faults().await.unwrap(), []);
    assert_eq!(browser.try_send("/ui/faults", &[("kind", "rain")]).await.status, 422);

    browser.send("/ui/seed", &[("bookings", "5")]).await;
    assert_eq!(browser.text("/").await.matches("<tr id=").count(), 5);
    assert!(browser.text("/?done=seeded").await.contains("The history is made up."));
    assert!(!browser.text("/?done=%3Cb%3Ehello").await.contains("hello"), "a link puts no words on the page");
}

#[tokio::test]
async fn a_reset_asks_first() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    let receiver = Receiver::start().await;
    receiver.register(&portal.client, &["booking.created"]).await;
    portal.sandbox.seed(Seed::default().bookings(5)).await.unwrap();
    let clock = browser.text("/ui/clock").await;
    assert!(clock.contains("href=\"/ui/reset\"") && !clock.contains("action=\"/ui/reset\""), "{clock}");
    let question = browser.text("/ui/reset").await;
    assert!(question.contains("5 bookings and 1 endpoint,") && question.contains("action=\"/ui/reset\""), "{question}");
    assert_eq!(browser.text("/").await.matches("<tr id=").count(), 5, "nothing has happened yet");
    assert_eq!(browser.send("/ui/reset", &[]).await, "/?done=reset");
    assert!(browser.text("/").await.contains("No bookings yet"));
}

#[tokio::test]
async fn the_last_month_that_can_be_written_is_no_error() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    for month in ["9999-12", "9998-12", "0001-01", "soon"] {
        assert_eq!(browser.see(&format!("/ui/timeslots?month={month}")).await.status, 200, "{month}");
    }
}

#[tokio::test]
async fn a_cancelled_booking_says_whether_anything_was_refunded() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    for (pay_option, pays, told) in [
        ("credits", false, "the account&#39;s payment has been refunded"),
        ("candidate_pays", false, "nothing had been paid"),
        ("candidate_pays", true, "the candidate&#39;s payment has not been refunded"),
    ] {
        let booking = id(&portal.client.book(pay_option).await);
        if pays {
            portal.sandbox.pay(booking).await.unwrap();
        }
        portal.sandbox.cancel(booking).await.unwrap();
        let text = browser.text(&format!("/ui/bookings/{booking}")).await;
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[tokio::test]
async fn days_that_are_over_show_no_timeslots() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    let text = browser.text("/ui/timeslots").await;
    let days: Vec<&str> = text.split("<section class=\"day").skip(1).collect();
    assert_eq!(days.len(), 30);
    for (number, day) in (1..).zip(&days) {
        // It is Friday, the 5th, and the kit has to be posted.
        let is_over = number <= 5 || number % 7 == 6 || number % 7 == 0;
        assert_eq!(day.contains("class=\"slot "), !is_over, "{number}: {day}");
        assert!(!day.contains("slot closed"), "{number}: {day}");
    }
}

#[tokio::test]
async fn the_page_says_whether_time_passes() {
    let since = START.parse().unwrap();
    let fast = |speed| ClockMode::Fast { since, speed };
    for (mode, shown, words, button) in [
        (ClockMode::Frozen(since), None, "stands still until", "unfreeze"),
        (ClockMode::Real, Some("data-speed=\"1\""), "runs as fast as the system's", "freeze"),
        (fast(2), Some("data-speed=\"2\""), "runs 2 times as fast as the system's", "freeze"),
    ] {
        let portal = Portal::with(Sandbox::builder().clock(mode)).await;
        let browser = Browser::at(&portal);
        let text = browser.text("/ui/clock").await;
        assert!(text.contains(words), "{mode:?}: {text}");
        assert_eq!(text.contains(">frozen<"), shown.is_none(), "{mode:?}");
        assert!(shown.is_none_or(|shown| text.contains(shown)), "{mode:?}: {text}");

        let action = format!("/ui/clock/{button}");
        assert!(text.contains(&format!("action=\"{action}\"")), "{mode:?}: {text}");
        let next = browser.send(&action, &[]).await;
        let text = browser.text(&next).await;
        assert_eq!(text.contains(">frozen<"), shown.is_some(), "{mode:?}");
        assert!(text.contains("role=\"status\""), "{mode:?}: {text}");
    }
}

#[tokio::test]
async fn a_refusal_leads_back_to_where_the_button_was() {
    let portal = Portal::start().await;
    let browser = Browser::at(&portal);
    portal.client.book("credits").await;
    let press = async |referer: String| {
        let sent = browser.http.post(format!("{}/ui/bookings/1/pay", browser.url)).header("origin", &browser.url);
        let shown = Browser::read(sent.header("referer", referer)).await;
        assert_eq!(shown.status, 422);
        shown.text
    };
    let booking = press(format!("{}/ui/bookings/1?done=pay", browser.url)).await;
    assert!(booking.contains("href=\"/ui/bookings/1\">Back</a>"), "{booking}");
    assert!(booking.contains("name=\"from\" value=\"/ui/bookings/1\""), "so do the clock's buttons: {booking}");
    let list = press(format!("{}/?state=booked&search=a%26b", browser.url)).await;
    assert!(list.contains("href=\"/?state=booked&#38;search=a%26b\">Back</a>"), "{list}");
    for elsewhere in ["https://evil.example/ui/clock", "http://127.0.0.1:1/", "", "/ui/clock"] {
        let text = press(elsewhere.to_owned()).await;
        assert!(!text.contains(">Back</a>") && text.contains(">All bookings</a>"), "{elsewhere}: {text}");
        assert!(text.contains("name=\"from\" value=\"/\""), "{elsewhere}: {text}");
    }
}

#[tokio::test]
async fn changes_are_reported_as_they_happen() {
    let portal = Portal::start().await;
    let url = format!("{}ui/live", portal.sandbox.page_url());
    // Updates that do not come fail the test instead of holding it up.
    let http = reqwest::Client::builder().no_proxy().read_timeout(Duration::from_secs(20)).build().unwrap();
    let mut stream = http.get(url).send().await.unwrap();
    assert_eq!(stream.headers()[CONTENT_TYPE], "text/event-stream");
    let mut told = String::new();
    let mut wait_for = async |name: &str| {
        while !told.contains(&format!("event: {name}\n")) {
            told.push_str(std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap());
        }
        std::mem::take(&mut told)
    };
    wait_for("live").await;
    portal.sandbox.inject(Fault::status("getBooking", 503)).await.unwrap();
    assert_eq!(wait_for("control").await, "event: control\ndata: 1\n\n");
    portal.client.get("/courses").await.expect(200);
    assert_eq!(wait_for("requests").await, "event: requests\ndata: 1\n\n");
    portal.sandbox.seed(Seed::default().bookings(1)).await.unwrap();
    assert_eq!(wait_for("data").await, "event: data\ndata: 1\n\n");
}

impl Client {
    /// The same, with a new token: the clock may have gone past the old one's end.
    async fn log_in_again(&self, sandbox: &hb_bls_sandbox::Sandbox) -> Self {
        let mut client = self.clone();
        client.log_in(sandbox.credentials()).await;
        client
    }
}
