//! The pictures of the documentation.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::driver::{Browser, Look, Programs};
use crate::portal::{Candidate, Portal, Receiver};

/// Whatever is random or real time is replaced by something that is always the same.
const STEADY: &str = r#"
    const rules = [
        [/127\.0\.0\.1:\d+/g, "127.0.0.1:8787"],
        [/http:\/\/127\.0\.0\.1:8787\/hooks/g, "http://127.0.0.1:3000/hooks"],
        [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "1f841148-ded6-4dd0-b282-19a560f0f774"],
        [/sha256=[0-9a-f]{64}/g, "sha256=5703c0310ab2c36c6afe175d2a5250067d9557cb0cbd904daa88c6a74b233962"],
        [/whsec_\w{6}/g, "whsec_x7Kq2m"],
        [/\b\d+ ms\b/g, "4 ms"],
        [/\b\d{11}\b/g, "84812345678"],
    ];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode;
        const password = text.parentElement.previousElementSibling?.innerText === '"zoom_password"';
        text.data = password ? '"k3Tz9Qwe"' : rules.reduce((data, [from, to]) => data.replace(from, to), text.data);
    }
    document.activeElement?.blur();
"#;

/// A copy of the page does not follow changes, which would bring the random texts back.
const STILL: &str = "document.body.replaceWith(document.body.cloneNode(true));";

/// How many of a picture's pixels may differ: those of one letter do.
const TOLERANCE: f64 = 0.000_02;

/// How much two pictures differ: the share of pixels whose colour is clearly another. All, if they differ in size.
const DIFFERENCE: &str = r#"
    (async (pictures) => {
        const [old, now] = await Promise.all(pictures.map(async (picture) => {
            const image = new Image();
            image.src = `data:image/png;base64,${picture}`;
            await image.decode();
            const { width, height } = image;
            const canvas = new OffscreenCanvas(width, height).getContext("2d");
            canvas.drawImage(image, 0, 0);
            return { width, height, data: canvas.getImageData(0, 0, width, height).data };
        }));
        if (old.width !== now.width || old.height !== now.height) return 1;
        let different = 0;
        for (let at = 0; at < old.data.length; at += 4) {
            const by = (channel) => Math.abs(old.data[at + channel] - now.data[at + channel]);
            if (by(0) + by(1) + by(2) > 40) different += 1;
        }
        return (different * 4) / old.data.length;
    })"#;

/// The widths of some letters in the fonts of the page, which are the system's.
const FONTS: &str = r#"
    (() => {
        const canvas = document.createElement("canvas").getContext("2d");
        const style = getComputedStyle(document.documentElement);
        return [getComputedStyle(document.body).fontFamily, style.getPropertyValue("--mono")].map((family) => {
            canvas.font = `100px ${family}`;
            return canvas.measureText("Siân Łukasz Шевченко 0123456789").width.toFixed(1);
        }).join(" ");
    })()"#;

/// The pictures are what the page looks like: with the browser and fonts that they were made with, they are the same again.
pub(crate) async fn the_documentation_has_pictures(programs: Programs) {
    let is_update = std::env::var_os("UPDATE_PICTURES").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures");
    let origin = folder.join("made-with.txt");
    let portal = Portal::start().await;
    let receiver = Receiver::start().await;
    portal.register(&receiver).await;
    fill(&portal, &receiver).await;
    let mut stale = Vec::new();
    for (look, name, path, seen) in [
        (Look::Light, "bookings", "/", "Amara Okafor"),
        (Look::Light, "booking", "/ui/bookings/1", "Certificate (PDF)"),
        (Look::Light, "delivery", "/ui/deliveries/1", "X-TDTA-Signature"),
        (Look::Dark, "timeslots", "/ui/timeslots?month=2026-06", "held"),
        (Look::Dark, "requests", "/ui/requests", "hold_hash"),
        (Look::Dark, "faults", "/ui/faults", "reset-after"),
        (Look::Phone, "phone", "/", "Amara Okafor"),
        (Look::DarkPhone, "phone-dark", "/ui/bookings/1", "Certificate (PDF)"),
    ] {
        let browser = Browser::start(programs, look).await;
        browser.open(&portal.page(path)).await;
        browser.wait_for_text(seen).await;
        let fonts = browser.is(FONTS).await;
        let made_with = format!("{}, fonts {}\n", browser.version, fonts.as_str().unwrap());
        browser.run(&format!("{STILL}{STEADY}")).await;
        let picture = browser.picture().await;
        assert!(picture.len() < 150_000, "{name} has {} bytes", picture.len());
        let file = folder.join(format!("{name}.png"));
        if is_update {
            std::fs::write(file, picture).unwrap();
            std::fs::write(&origin, &made_with).unwrap();
        } else if std::fs::read_to_string(&origin).unwrap() == made_with {
            // A page of ours would not be allowed to show them.
            browser.open("about:blank").await;
            let pictures = [std::fs::read(file).unwrap(), picture].map(|picture| STANDARD.encode(picture));
            let difference = browser.promised(&format!("{DIFFERENCE}({})", json!(pictures))).await;
            if difference.as_f64().is_none_or(|share| share > TOLERANCE) {
                stale.push(format!("{name}: {difference}"));
            }
        } else {
            println!("not compared: {name}.png, which was made with another browser or other fonts than {made_with}");
        }
        browser.end().await;
    }
    assert!(stale.is_empty(), "stale, UPDATE_PICTURES=1 takes them anew: {stale:?}");
}

async fn fill(portal: &Portal, receiver: &Receiver) {
    let candidates = [
        Candidate("Amara", "Okafor", "credits"),
        Candidate("Łukasz", "Kowalski", "invoice"),
        Candidate("Priya", "Desai", "credits"),
        Candidate("Siân", "Evans", "candidate_pays"),
        Candidate("Юлія", "Шевченко", "balance"),
        Candidate("Tomás", "García", "credits"),
        Candidate("Mei", "Chen", "invoice"),
        Candidate("Oluwaseun", "Mensah", "credits"),
        Candidate("Niamh", "Fraser", "balance"),
    ];
    let mut bookings = Vec::new();
    for (slot, candidate) in candidates.into_iter().enumerate() {
        bookings.push(portal.book(candidate, slot * 2).await);
        portal.sandbox.advance(Duration::from_secs(97)).await.unwrap();
    }
    let wrong = json!({ "first_name": "Ana", "pay_option": "gold" });
    portal.post("/bookings", wrong).await;
    portal.sandbox.complete(bookings[0]).await.unwrap();
    portal.sandbox.return_kit(bookings[0]).await.unwrap();
    portal.sandbox.complete(bookings[1]).await.unwrap();
    portal.sandbox.no_show(bookings[2]).await.unwrap();
    portal.sandbox.advance(Duration::from_secs(41)).await.unwrap();
    receiver.answer(500);
    portal.sandbox.cancel(bookings[6]).await.unwrap();
    let slots = portal.try_get("/timeslots?course_id=1").await.unwrap();
    let slot = &slots["data"][17];
    portal.post("/timeslots/hold", json!({ "course_id": 1, "date": slot["date"], "time": slot["time"] })).await;
    portal
        .sandbox
        .inject(hb_bls_sandbox::Fault::new("createBooking", hb_bls_sandbox::FaultKind::ResetAfter))
        .await
        .unwrap();
    portal.sandbox.inject(hb_bls_sandbox::Fault::status("getBooking", 503).times(3)).await.unwrap();
    drop(portal.try_get("/bookings/2").await);
    portal.sandbox.advance(Duration::from_secs(5)).await.unwrap();
}
