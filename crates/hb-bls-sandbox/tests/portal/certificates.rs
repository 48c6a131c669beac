//! Certificates are PDFs that say what they should.

use crate::support::{Portal, id, order};

fn words(pdf: &[u8]) -> String {
    let document = lopdf::Document::load_mem(pdf).unwrap();
    assert_eq!(document.get_pages().len(), 1);
    document.extract_text(&[1]).unwrap()
}

async fn certificate(portal: &Portal, first_name: &str, last_name: &str) -> Vec<u8> {
    let hold = portal.client.hold(1).await;
    let mut body = order(&hold, "credits");
    body["first_name"] = first_name.into();
    body["last_name"] = last_name.into();
    let booking = id(&portal.client.post("/bookings", body).await.expect(201));
    portal.sandbox.return_kit(booking).await.unwrap();
    portal.sandbox.complete(booking).await.unwrap();
    let shown = portal.client.get(&format!("/bookings/{booking}")).await.expect(200);
    assert_eq!(shown["certificate_available"], true);
    portal.client.get(&format!("/bookings/{booking}/certificate")).await.bytes
}

#[tokio::test]
async fn candidate_course_and_date_can_be_read() {
    let portal = Portal::start().await;
    // letters that the built-in fonts lack are written in Latin ones
    for (first, last, shown) in [
        ("Siân", "O’Neill", "Siân O’Neill"),
        ("Łukasz", "Ștefan", "Lukasz Stefan"),
        ("Ἀλέξανδρος", "Παπαδόπουλος", "Alexandros Papadopoulos"),
        ("Юлія", "Коваленко", "Iuliia Kovalenko"),
    ] {
        let text = words(&certificate(&portal, first, last).await);
        for expected in [shown, "Basic Life Support", "8 June 2026"] {
            assert!(text.contains(expected), "{expected} is not in {text}");
        }
    }
}

#[tokio::test]
async fn a_name_that_no_font_has_breaks_nothing() {
    let portal = Portal::start().await;
    for (first, last) in [("漢字", "🦀"), ("\u{202e}x", "\u{0}y"), ("a", &"w".repeat(255))] {
        assert!(certificate(&portal, first, last).await.starts_with(b"%PDF-"));
    }
}

#[tokio::test]
async fn who_did_not_come_gets_none() {
    let portal = Portal::start().await;
    let booking = id(&portal.client.book("credits").await);
    portal.sandbox.no_show(booking).await.unwrap();
    portal.sandbox.return_kit(booking).await.unwrap();
    let answer = portal.client.get(&format!("/bookings/{booking}/certificate")).await;
    assert_eq!(answer.refused_fields(), ["certificate"]);
}
