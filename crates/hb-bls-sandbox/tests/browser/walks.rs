//! What people do on the page.

use std::time::Duration;

use hb_bls_sandbox::{AccountPatch, Seed};
use serde_json::{Value, json};

use crate::driver::{Browser, Look, Programs};
use crate::pictures::picture;
use crate::portal::{Candidate, Portal, Receiver};

pub(crate) const AMARA: Candidate = Candidate("Amara", "Okafor", "credits");

/// Ends a walk: nothing failed or was forbidden on the way.
pub(crate) async fn end(browser: Browser) {
    let complaints = browser.complaints().await;
    assert!(complaints.is_empty(), "{complaints:#?}");
}

pub(crate) async fn a_booking_appears_without_reloading(programs: Programs) {
    let portal = Portal::with_a_history(&Receiver::start().await).await;
    let browser = Browser::start(programs, Look::Light).await;
    browser.open(&portal.page("/")).await;
    browser.wait_for_text("Amara Okafor").await;
    browser.run("window.same = true").await;
    browser.press("/").await;
    assert_eq!(browser.is("document.activeElement.name").await, "search");
    browser.type_into("[name=search]", "adey").await;
    portal.book(Candidate("Grace", "Baker", "credits"), 20).await;
    browser.wait_for_text("Grace Baker").await;
    let pending = portal.book(Candidate("Amina", "Adeyemi", "candidate_pays"), 24).await;
    browser.wait_for_text("Amina Adeyemi").await;
    let state = "document.querySelector('#booking-11 .pill').innerText";
    assert_eq!(browser.is(state).await, "Awaiting payment");
    portal.sandbox.pay(pending).await.unwrap();
    browser.wait_until(&format!("{state} === 'Booked'")).await;
    browser.wait_until("document.querySelector('[href=\"/\"] .count')?.innerText === '11'").await;
    assert_eq!(browser.is("[window.same, document.querySelector('[name=search]').value]").await, json!([true, "adey"]));
    // And the search is a page of its own.
    browser.press("\u{e007}").await;
    browser
        .wait_until("location.search.includes('search=adey') && document.querySelectorAll('tbody tr').length === 1")
        .await;
    let foreign = "performance.getEntries().map((it) => it.name).filter((it) => it.startsWith('http') && !it.startsWith(location.origin))";
    assert_eq!(browser.is(foreign).await, json!([]), "it asks no other host for anything");
    browser.open(&portal.page("/")).await;
    picture(&browser, "bookings").await;
    end(browser).await;
}

pub(crate) async fn a_kit_returns_and_its_event_is_sent_and_sent_again(programs: Programs) {
    let portal = Portal::start().await;
    let receiver = Receiver::start().await;
    portal.register(&receiver).await;
    let booking = portal.book(AMARA, 0).await;
    portal.sandbox.advance(Duration::from_secs(26 * 3_600)).await.unwrap();
    let browser = Browser::start(programs, Look::Light).await;
    browser.open(&portal.page("/")).await;
    browser.click("Amara Okafor").await;
    browser.click("Attended and passed").await;
    browser.wait_for_text("booking.attendance_marked").await;
    portal.sandbox.advance(Duration::from_secs(3 * 86_400)).await.unwrap();
    browser.click("Kit returned").await;
    browser.wait_for_text("Certificate ready").await;
    browser.wait_until("[...document.querySelectorAll('.history li')].some((it) => it.innerText.includes('booking.certificate_available') && it.innerText.includes('attempt 1: 200'))").await;
    let pdf = browser.promised("fetch(document.querySelector('[href$=certificate]').href).then((it) => it.text()).then((it) => it.slice(0, 5))");
    assert_eq!(pdf.await, "%PDF-");
    picture(&browser, "booking").await;
    browser.open(&portal.page("/ui/deliveries")).await;
    receiver.answer(503);
    browser.click("booking.certificate_available").await;
    browser.wait_for_text("X-TDTA-Signature").await;
    browser.click("Send again").await;
    browser.wait_until("document.querySelector('.title .pill').innerText === '503'").await;
    browser.wait_for_text("in 15 min").await;
    let sent = portal.sandbox.deliveries().await.unwrap();
    let again: Vec<i64> =
        sent.iter().filter(|it| it.event_type == "booking.certificate_available").map(|it| it.attempt).collect();
    assert_eq!(again, [1, 2, 3], "sent, sent again, and to be tried once more");
    assert!(sent[0].body.contains(&format!("\"id\":{booking}")));
    picture(&browser, "delivery").await;
    end(browser).await;
}

pub(crate) async fn a_fault_is_armed_and_hits(programs: Programs) {
    let portal = Portal::start().await;
    let browser = Browser::start(programs, Look::Dark).await;
    browser.open(&portal.page("/ui/faults")).await;
    browser.type_into("[name=kind]", "reset-after").await;
    browser.type_into("[name=operation]", "listCourses").await;
    browser.click("Arm").await;
    browser.wait_for_text("The fault is armed.").await;
    browser.run("window.same = true").await;
    portal.try_get("/courses").await.expect_err("the connection is reset");
    browser.wait_for_text("no response").await;
    browser.wait_for_text("None. Every request goes through.").await;
    assert_eq!(browser.is("window.same").await, json!(true));
    browser.click("listCourses").await;
    browser.wait_for_text("Injected fault").await;
    browser.open(&portal.page("/ui/faults")).await;
    browser.type_into("[name=times]", "\u{e010}\u{e003}3").await;
    browser.click("Arm").await;
    browser.wait_for_text("The fault is armed.").await;
    portal.sandbox.inject(hb_bls_sandbox::Fault::new("listTimeslots", hb_bls_sandbox::FaultKind::Html)).await.unwrap();
    picture(&browser, "faults").await;
    end(browser).await;
}

pub(crate) async fn the_clock_goes_forward(programs: Programs) {
    let portal = Portal::start().await;
    let receiver = Receiver::start().await;
    receiver.answer(500);
    portal.register(&receiver).await;
    portal.book(AMARA, 0).await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    let browser = Browser::start(programs, Look::Light).await;
    browser.open(&portal.page("/ui/deliveries")).await;
    let time = async |browser: &Browser| browser.is("document.querySelector('.now time').innerText").await;
    assert_eq!(time(&browser).await, "10:00:00");
    browser.click_css(".next").await;
    browser.wait_until("document.querySelectorAll('tbody tr').length === 3").await;
    assert_eq!(time(&browser).await, "10:15:00", "the retry");
    assert_eq!(browser.is("location.pathname").await, "/ui/deliveries");
    browser.click_css(".now [value=days]").await;
    browser.wait_until("document.querySelector('.now .date').innerText === 'Tue 9 Jun 2026'").await;
    assert_eq!(time(&browser).await, "10:15:00");
    // The tests' own clock moves, and the page follows.
    browser.run("window.same = true").await;
    portal.sandbox.advance(Duration::from_secs(60)).await.unwrap();
    browser.wait_until("window.same && document.querySelector('.now time').innerText === '10:16:00'").await;
    browser.open(&portal.page("/ui/clock")).await;
    picture(&browser, "clock").await;
    browser.open(&portal.page("/ui/clock")).await;
    browser.click("Let it run").await;
    browser.wait_until("document.querySelector('.now .mode').innerText === 'running'").await;
    browser.wait_until("document.querySelector('.now time').innerText > '10:16:00'").await;
    browser.click("Freeze it").await;
    browser.wait_until("document.querySelector('.now .mode').innerText === 'frozen'").await;
    browser.wait_for_text("The clock stands still until").await;
    // And a page that is open follows, too.
    browser.run("window.same = true").await;
    portal.sandbox.unfreeze().await.unwrap();
    browser.wait_until("window.same && document.querySelector('.now .mode').innerText === 'running'").await;
    browser.wait_for_text("Freeze it").await;
    end(browser).await;
}

pub(crate) async fn two_accounts_are_kept_apart(programs: Programs) {
    let mut portal = Portal::start().await;
    portal.book(AMARA, 0).await;
    let other = portal.sandbox.add_account().await.unwrap();
    let patch = AccountPatch::default().hb_client_id(other.hb_client_id.clone()).credits([(1, 5)]);
    portal.sandbox.set_account(patch).await.unwrap();
    portal.log_in(&other).await;
    portal.book(Candidate("Mei", "Chen", "credits"), 0).await;
    let browser = Browser::start(programs, Look::Light).await;
    browser.open(&portal.page("/")).await;
    browser.wait_until("document.querySelectorAll('tbody tr').length === 2").await;
    browser.type_into("[name=account]", &other.hb_client_id).await;
    browser.click("Search").await;
    browser
        .wait_until("location.search.includes('account=2') && document.querySelectorAll('tbody tr').length === 1")
        .await;
    browser.wait_for_text("Mei Chen").await;
    browser.open(&portal.page("/ui/account?account=2")).await;
    assert_eq!(browser.is("document.querySelector('.figures dd').innerText").await, "4");
    browser.open(&portal.page("/ui/account?account=1")).await;
    assert_eq!(browser.is("document.querySelector('.figures dd').innerText").await, "11");
    picture(&browser, "account").await;
    end(browser).await;
}

pub(crate) async fn a_page_of_another_site_can_do_nothing(programs: Programs) {
    let portal = Portal::start().await;
    portal.book(AMARA, 0).await;
    let evil = Receiver::serving(
        "text/html",
        format!(
            "<form method=post action={}></form><iframe src={}></iframe>",
            portal.page("/ui/reset"),
            portal.page("/")
        ),
    )
    .await;
    let browser = Browser::start(programs, Look::Phone).await;
    browser.open(&evil.url).await;
    for (method, path) in [("POST", "/_sandbox/reset"), ("POST", "/ui/reset"), ("GET", "/_sandbox/requests")] {
        let call = format!("fetch('{}', {{ method: '{method}' }}).then((it) => it.status)", portal.page(path));
        let outcome = browser.promised(&call).await;
        assert!(outcome.as_str().is_some_and(|error| error.contains("TypeError")), "{path}: {outcome}");
        let blind = call.replace("method:", "mode: 'no-cors', method:").replace("it.status", "it.type");
        assert_eq!(
            browser.promised(&blind).await.as_str().map(|it| it == "opaque" || it.contains("TypeError")),
            Some(true)
        );
    }
    assert_eq!(browser.is("frames[0].length").await, 0);
    browser.run("document.querySelector('form').submit()").await;
    browser.wait_until("document.body.innerText.includes('page of another site')").await;
    assert_eq!(portal.try_get("/bookings").await.unwrap()["meta"]["total"], 1);
    picture(&browser, "refused").await;
}

pub(crate) async fn a_candidate_called_script_is_only_text(programs: Programs) {
    let portal = Portal::start().await;
    let receiver = Receiver::start().await;
    portal.register(&receiver).await;
    portal
        .book(Candidate("<script>window.hit = 1</script>", "<img src=x onerror='window.hit = 2'>", "credits"), 0)
        .await;
    portal.sandbox.advance(Duration::ZERO).await.unwrap();
    let browser = Browser::start(programs, Look::Light).await;
    for path in ["/", "/ui/bookings/1", "/ui/timeslots", "/ui/deliveries/1", "/ui/clock", "/ui/requests/4"] {
        browser.open(&portal.page(path)).await;
        browser.wait_until("document.body.innerText.includes('<script>window.hit')").await;
        portal.sandbox.seed(Seed::default()).await.unwrap();
        assert_eq!(browser.is("window.hit").await, Value::Null, "{path}");
    }
    end(browser).await;
}

const AXE: &str = include_str!("axe-4.14.1.min.js");

pub(crate) async fn every_view_is_accessible(programs: Programs) {
    let portal = Portal::with_a_history(&Receiver::start().await).await;
    portal.hold(17).await;
    portal.sandbox.inject(hb_bls_sandbox::Fault::status("getBooking", 503)).await.unwrap();
    let url = portal.try_get("/booking-url").await.unwrap()["booking_url"].as_str().unwrap().to_owned();
    let requests = portal.sandbox.requests().await.unwrap();
    let refused = requests.iter().find(|request| request.status == Some(422)).unwrap().number;
    for look in [Look::Light, Look::Dark, Look::Phone, Look::DarkPhone] {
        let browser = Browser::start(programs, look).await;
        let refused = format!("/ui/requests/{refused}");
        let book = format!("/book/{}", url.rsplit_once('/').unwrap().1);
        for path in [
            "/",
            "/ui/bookings/1",
            "/ui/bookings/4?done=pay",
            "/ui/timeslots",
            "/ui/deliveries",
            "/ui/deliveries/1",
            "/ui/requests",
            &refused,
            "/ui/account",
            "/ui/clock",
            "/ui/faults",
            "/ui/reset",
            "/ui/nothing",
            &book,
            "/?search=nobody",
        ] {
            browser.open(&portal.page(path)).await;
            browser.run(AXE).await;
            let faults = browser
                .promised(
                    "axe.run().then((it) => it.violations.filter((it) => ['serious', 'critical'].includes(it.impact))
                     .map((it) => [it.id, it.help, it.nodes.map((it) => it.html + ' ' + it.any.map((it) => it.message))]))",
                )
                .await;
            assert_eq!(faults, json!([]), "{look:?} {path}: {faults:#}");
            let sideways =
                browser.is("document.documentElement.scrollWidth > document.documentElement.clientWidth").await;
            assert_eq!(sideways, json!(false), "{look:?} {path} scrolls sideways");
            match (look, path) {
                (Look::Dark, "/ui/timeslots") => picture(&browser, "timeslots").await,
                (Look::Phone, "/") => picture(&browser, "phone").await,
                (Look::DarkPhone, "/ui/bookings/1") => picture(&browser, "phone-dark").await,
                _ => {}
            }
        }
        let mut complaints = browser.complaints().await;
        complaints.retain(|complaint| !complaint.contains("/ui/nothing"));
        assert_eq!(complaints, [""; 0]);
    }
}
