//! The pictures of the documentation: what walks see on their way.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::driver::Browser;

/// Whatever is random or real time is replaced by something that is always the same.
const STEADY: &str = r#"
    const rules = [
        [/127\.0\.0\.1:\d+/g, "127.0.0.1:8787"],
        [/http:\/\/127\.0\.0\.1:8787\/hooks/g, "http://127.0.0.1:3000/hooks"],
        [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "1f841148-ded6-4dd0-b282-19a560f0f774"],
        [/sha256=[0-9a-f]{64}/g, "sha256=5703c0310ab2c36c6afe175d2a5250067d9557cb0cbd904daa88c6a74b233962"],
        [/whsec_\w{6}/g, "whsec_x7Kq2m"],
        [/hb_[a-z0-9]{20}/g, "hb_4tq8vz1mbk27xw9cye05"],
        [/key_\w{40}/g, "key_Zr8Yq1cWm4Tn6Vb2Kx9Ls3Hd7Gf5Jp0QaEuRiOtX"],
        [/\b\d+ ms\b/g, "4 ms"],
        [/\b\d{11}\b/g, "84812345678"],
    ];
    // Where a long name may be broken: a character, so that it is one text with what is around it.
    const MAY_BREAK = "\u200b";
    document.querySelectorAll("wbr").forEach((it) => it.replaceWith(MAY_BREAK));
    document.body.normalize();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode;
        const password = text.parentElement.previousElementSibling?.innerText === '"zoom_password"';
        const may_break = text.data.includes(MAY_BREAK);
        const whole = text.data.replaceAll(MAY_BREAK, "");
        const steady = password ? '"k3Tz9Qwe"' : rules.reduce((data, [from, to]) => data.replace(from, to), whole);
        text.data = may_break ? steady.replace(/[._@/:](?=.)/g, `$&${MAY_BREAK}`) : steady;
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

/// What the page shows is what a picture shows: with the browser and fonts that it was made with, it is the same again.
/// With `UPDATE_PICTURES=1` it is taken anew. The page follows no changes any more.
pub(crate) async fn picture(browser: &Browser, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures");
    let (file, origin) = (folder.join(format!("{name}.png")), folder.join("made-with.txt"));
    browser.settle().await;
    let fonts = browser.is(FONTS).await;
    let made_with = format!("{}, fonts {}\n", browser.version, fonts.as_str().unwrap());
    browser.run(&format!("{STILL}{STEADY}")).await;
    let picture = browser.picture().await;
    assert!(picture.len() < 200_000, "{name} has {} bytes", picture.len());
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        std::fs::write(file, picture).unwrap();
        std::fs::write(origin, made_with).unwrap();
    } else if std::fs::read_to_string(origin).unwrap() == made_with {
        // A page of ours would not be allowed to show them.
        browser.open("about:blank").await;
        let pictures = [std::fs::read(file).unwrap(), picture].map(|picture| STANDARD.encode(picture));
        let difference = browser.promised(&format!("{DIFFERENCE}({})", json!(pictures))).await;
        let is_stale = difference.as_f64().is_none_or(|share| share > TOLERANCE);
        assert!(!is_stale, "{name}.png differs: {difference}. UPDATE_PICTURES=1 takes it anew");
    } else {
        println!("not compared: {name}.png, which was made with another browser or other fonts than {made_with}");
    }
}
