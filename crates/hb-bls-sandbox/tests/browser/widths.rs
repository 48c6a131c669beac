//! The page on every width of a window, from phones to desks.

use hb_bls_sandbox::{Fault, FaultKind};
use serde_json::json;

use crate::driver::{Browser, Look, Programs};
use crate::portal::{Candidate, Portal, Receiver};

const WIDTHS: [u32; 12] = [320, 360, 414, 480, 600, 760, 768, 820, 900, 960, 1024, 1280];

/// The pairs of things that cover each other, although neither is in the other.
const COVERED: &str = r#"
    (() => {
        const things = "button, .button, input, select, pre, .brand, .now .date, .now .time, .title h1, .pill";
        const seen = [...document.querySelectorAll(things)].filter((it) => it.checkVisibility() && it.type !== "hidden");
        const boxes = seen.map((it) => [it, it.getBoundingClientRect()]);
        const overlap = (one, other) =>
            Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2 &&
            Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 2;
        return boxes.flatMap(([one, box], at) =>
            boxes.slice(at + 1)
                .filter(([other, its]) => !one.contains(other) && !other.contains(one) && overlap(box, its))
                .map(([other]) => `${one.outerHTML} and ${other.outerHTML}`));
    })()"#;

/// Whether the time stands below its date, and the buttons beside or below both.
const CLOCK_IN_ORDER: &str = r#"
    (() => {
        const box = (css) => document.querySelector(`.now ${css}`).getBoundingClientRect();
        const [date, time, buttons] = [box(".date"), box(".time"), box(".steps-forward")];
        const below = (one, other) => one.bottom <= other.top + 2;
        return below(date, time) && Math.abs(date.left - time.left) < 2
            && (below(time, buttons) || time.right <= buttons.left);
    })()"#;

/// The words that are broken in the middle, although they are less than half as wide as the window. Keys and ids are none.
const BROKEN: &str = r#"
    (() => {
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const [range, broken] = [document.createRange(), []];
        while (texts.nextNode()) {
            const text = texts.currentNode;
            if (text.parentElement.closest("pre, option, script") || !text.parentElement.checkVisibility()) continue;
            for (const word of text.data.matchAll(/[\p{L}\p{N}]+/gu)) {
                if (word[0].length >= 20 && /\d/.test(word[0])) continue;
                range.setStart(text, word.index);
                range.setEnd(text, word.index + word[0].length);
                const boxes = [...range.getClientRects()];
                const lines = new Set(boxes.map((box) => Math.round(box.top)));
                const width = boxes.reduce((sum, box) => sum + box.width, 0);
                if (lines.size > 1 && width < innerWidth / 2) broken.push(`${word[0]} in ${text.data.trim()}`);
            }
        }
        return broken;
    })()"#;

pub(crate) async fn everything_fits_on_every_width(programs: Programs) {
    let empty = Portal::start().await;
    let used = Portal::with_a_history(&Receiver::start().await).await;
    used.book(Candidate("Bartholomew", "Featherstonehaugh", "credits"), 24).await;
    used.hold(17).await;
    used.sandbox.add_account().await.unwrap();
    used.sandbox.inject(Fault::new("createBooking", FaultKind::ResetAfter)).await.unwrap();
    used.sandbox.inject(Fault::latency("updateWebhook", 1_000)).await.unwrap();
    let requests = used.sandbox.requests().await.unwrap();
    let refused = requests.iter().find(|request| request.status == Some(422)).unwrap();
    let book = used.try_get("/booking-url").await.unwrap()["booking_url"].as_str().unwrap().to_owned();
    let mut pages: Vec<String> =
        ["/", "/ui/timeslots", "/ui/deliveries", "/ui/requests", "/ui/account", "/ui/clock", "/ui/faults"]
            .iter()
            .flat_map(|path| [empty.page(path), used.page(path)])
            .collect();
    let others = ["/ui/bookings/1", "/ui/bookings/10?done=complete", "/ui/deliveries/1", "/ui/requests/1", "/ui/reset"];
    pages.extend(others.iter().map(|path| used.page(path)));
    pages.extend([used.page(&format!("/ui/requests/{}", refused.number)), book]);
    pages.extend([used.page("/?search=nobody"), used.page("/ui/nothing"), used.page("/ui/account?account=2")]);
    let browser = Browser::start(programs, Look::Light).await;
    let mut faults = Vec::new();
    for page in pages {
        browser.open(&page).await;
        browser.settle().await;
        for width in WIDTHS {
            browser.resize(width).await;
            let sideways = browser.is("document.documentElement.scrollWidth - innerWidth").await.as_i64().unwrap();
            let found = [("covered", browser.is(COVERED).await), ("broken", browser.is(BROKEN).await)];
            faults.extend(
                found
                    .into_iter()
                    .filter(|(_, found)| *found != json!([]))
                    .map(|(what, found)| format!("{page} at {width}: {what}: {found}")),
            );
            faults.extend((sideways > 0).then(|| format!("{page} at {width}: {sideways} too wide")));
            let is_alone = page.contains("/book/");
            if !is_alone && browser.is(CLOCK_IN_ORDER).await != json!(true) {
                faults.push(format!("{page} at {width}: the clock is out of order"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    let mut complaints = browser.complaints().await;
    complaints.retain(|complaint| !complaint.contains("/ui/nothing"));
    assert_eq!(complaints, [""; 0]);
}
