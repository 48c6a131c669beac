//! The page where it is harder to use: from elsewhere, by keyboard, under load, and while the sandbox is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::driver::{Browser, ELSEWHERE, Look, Programs};
use crate::pictures::picture;
use crate::portal::{Portal, Receiver, frozen};
use crate::walks::{AMARA, end};

/// A browser trusts http off this machine with less: it gives the page no clipboard.
pub(crate) async fn another_machine_sees_its_addresses_and_copies_them(programs: Programs) {
    let portal = Portal::with(frozen().control_token("t0ken")).await;
    let page = portal.page("/").replace("127.0.0.1", ELSEWHERE);
    let browser = Browser::start(programs, Look::Light).await;
    browser.open(&page).await;
    browser.type_into("[name=token]", "t0ken\u{e007}").await;
    browser.wait_for_text("No bookings yet").await;
    let environment = format!("HB_BLS_BASE_URL={page}api/v1");
    browser.wait_for_text(&environment).await;
    assert_eq!(browser.is("typeof navigator.clipboard").await, "undefined");
    browser.click("Copy").await;
    browser.wait_until("document.querySelector('[data-copy]').innerText === 'Copied'").await;
    browser.press("/").await;
    browser.paste().await;
    let pasted = browser.is("document.activeElement.value").await;
    assert!(pasted.as_str().unwrap().contains(&environment), "{pasted}");
    // Where even that is forbidden, it is at least selected.
    browser.run("document.execCommand = () => false").await;
    browser.click("Copied").await;
    browser.wait_until("document.querySelector('[data-copy]').innerText.startsWith('Selected')").await;
    let selected = browser.is("getSelection().toString()").await;
    assert!(selected.as_str().unwrap().contains(&environment), "{selected}");
    // A change of the page leaves the button its name. The button's own timer ends when it is told to.
    browser.open(&format!("{page}ui/account")).await;
    browser
        .run(
            "const real = window.setTimeout;
             window.setTimeout = (work, ms) => ms === 2000 ? (window.timed = work, 0) : real(work, ms)",
        )
        .await;
    browser.click("Copy").await;
    browser.wait_until("window.timed !== undefined").await;
    portal.book(AMARA, 0).await;
    browser.wait_for_text("Booking 1").await;
    browser.run("window.timed()").await;
    assert_eq!(browser.is("document.querySelector('[data-copy]').innerText").await, "Copy");
    // The request for the page was refused until the token was there.
}

pub(crate) async fn it_says_when_the_sandbox_is_away(programs: Programs) {
    let portal = Portal::start().await;
    let port = portal.sandbox.page_url().rsplit_once(':').unwrap().1.trim_end_matches('/').parse().unwrap();
    let browser = Browser::start(programs, Look::Phone).await;
    browser.open(&portal.page("/")).await;
    browser.wait_for_text("No bookings yet").await;
    browser.run("window.same = true").await;
    assert_eq!(browser.is("document.querySelector('.lost').checkVisibility()").await, json!(false));
    portal.sandbox.shutdown().await.unwrap();
    browser.wait_until("document.querySelector('.lost').innerText.includes('does not respond')").await;
    assert_eq!(browser.is("document.querySelector('.lost').checkVisibility()").await, json!(true));
    let portal = Portal::with(frozen().port(port)).await;
    portal.book(AMARA, 0).await;
    browser.wait_for_text("Amara Okafor").await;
    browser.wait_until("!document.querySelector('.lost').checkVisibility()").await;
    assert_eq!(browser.is("window.same").await, json!(true), "without loading it again");
}

/// Moving through a list of choices with the arrow keys submits nothing.
pub(crate) async fn filters_are_used_with_the_keyboard(programs: Programs) {
    const DOWN: &str = "\u{e015}";
    const TAB: &str = "\u{e004}";
    const ENTER: &str = "\u{e007}";
    let portal = Portal::with_a_history(&Receiver::start().await).await;
    let browser = Browser::start(programs, Look::Dark).await;
    let page = portal.page("/ui/requests");
    browser.open(&page).await;
    browser.wait_for_text("hold_hash").await;
    picture(&browser, "requests").await;
    browser.open(&page).await;
    browser.run("window.same = true; document.querySelector('[name=operation]').focus()").await;
    for key in [DOWN, DOWN] {
        browser.press(key).await;
    }
    let chosen = browser.is("document.querySelector('[name=operation]').value").await;
    assert!(chosen.as_str().is_some_and(|name| !name.is_empty()), "{chosen}");
    assert_eq!(browser.is("[window.same, location.search]").await, json!([true, ""]));
    for key in [TAB, ENTER] {
        browser.press(key).await;
    }
    browser.wait_until(&format!("location.search.includes('operation=' + {chosen})")).await;
    end(browser).await;
}

/// How soon a click leads to the page that it asks for: as the browser measures it, in milliseconds.
const SOON: f64 = 1_500.0;
/// How many changes a second there are meanwhile, at least.
const CHANGES: f64 = 50.0;

pub(crate) async fn many_changes_leave_it_usable(programs: Programs) {
    let portal = Arc::new(Portal::with(frozen().rate_limit(false)).await);
    let browser = Browser::start(programs, Look::Light).await;
    browser.open(&portal.page("/ui/requests")).await;
    browser.wait_for_text("createToken").await;
    browser.run("window.swaps = 0; document.addEventListener('htmx:after:swap', () => window.swaps++)").await;
    let load = Load::start(portal.clone());
    browser.wait_for_text("/courses?n=").await;
    let (began, before) = (now(&browser).await, load.count());
    for name in ["Refused", "Failed", "No response", "Success", "All"] {
        // The time of the event is that of the click, however busy the page was at that moment.
        let note = "document.addEventListener('click', (event) => {
                        sessionStorage.clicked = performance.timeOrigin + event.timeStamp }, { once: true })";
        browser.run(note).await;
        browser.click(name).await;
        browser
            .wait_until(&format!("document.querySelector('main .tabs [aria-current]').innerText === '{name}'"))
            .await;
        let shown = "performance.timeOrigin + performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd";
        let took = browser.is(&format!("{shown} - Number(sessionStorage.clicked)")).await.as_f64().unwrap();
        assert!((0.0..SOON).contains(&took), "{name} took {took} ms");
    }
    browser.run("window.swaps = 0; document.addEventListener('htmx:after:swap', () => window.swaps++)").await;
    let (middle, at_middle) = (now(&browser).await, load.count());
    browser.wait_until(&format!("performance.timeOrigin + performance.now() > {middle} + 2000")).await;
    let (ended, after) = (now(&browser).await, load.count());
    let swaps = browser.is("window.swaps").await.as_f64().unwrap();
    let rate = |(from, to): (f64, f64), changes: u32| f64::from(changes) * 1_000.0 / (to - from);
    for (name, rate) in [
        ("while clicking", rate((began, middle), at_middle - before)),
        ("while looking", rate((middle, ended), after - at_middle)),
    ] {
        println!("{rate:.0} changes a second {name}");
        assert!(rate >= CHANGES, "only {rate:.0} changes a second {name}");
    }
    assert!(swaps >= 1.0 && rate((middle, ended), 1) * swaps <= 5.0, "{swaps} updates in {} ms", ended - middle);
    load.end().await;
    portal.try_get("/courses?last").await.unwrap();
    browser.wait_for_text("?last").await;
    end(browser).await;
}

/// The browser's time, in milliseconds.
async fn now(browser: &Browser) -> f64 {
    browser.is("performance.timeOrigin + performance.now()").await.as_f64().unwrap()
}

/// Requests, one after the other, as fast as they are answered.
struct Load {
    count: Arc<AtomicU32>,
    is_over: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl Load {
    fn start(portal: Arc<Portal>) -> Self {
        let (count, is_over) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, ended) = (count.clone(), is_over.clone());
        let task = tokio::spawn(async move {
            while !ended.load(Ordering::Relaxed) {
                let number = counted.fetch_add(1, Ordering::Relaxed);
                let _: Value = portal.try_get(&format!("/courses?n={number}")).await.unwrap();
            }
        });
        Self { count, is_over, task }
    }

    fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }

    async fn end(self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.task.await.unwrap();
    }
}
