//! The `Debug` output of every public type, filled with what it must not show.

use std::{collections::BTreeSet, fmt::Write as _, path::Path, sync::Arc};

use hb_bls::{BookingId, WebhookEventType, portal_v1, webhook};

use super::{Hidden, client_types::client_types, state_types::state_types};
use crate::canned::{Canned, json};

/// The output, by the public path of the type.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) paths: BTreeSet<String>,
    pub(super) text: String,
}

impl Shown {
    pub(super) fn add(&mut self, path: &str, value: &dyn std::fmt::Debug) {
        let path = path.split('<').next().unwrap().replace(' ', "");
        writeln!(self.text, "{path}: {value:?}\n{path}: {value:#?}").unwrap();
        self.paths.insert(path.trim_start_matches("hb_bls::").to_owned());
    }
}

/// Shows values of these types, which the compiler checks.
macro_rules! show {
    ($shown:expr, $($type:ty = $value:expr;)*) => {
        $({
            let value: &$type = &$value;
            $shown.add(stringify!($type), value);
        })*
    };
}

pub(super) use show;

/// The public path of every struct and enum, according to the reviewed snapshot, without modules of features that are
/// off.
fn public_types() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtask/tests/snapshots/facade_public_items");
    let mut types = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let module = file.file_stem().unwrap().to_str().unwrap().replace("__", "::");
        // the state types that `bon` generates have no values
        if module == "builder"
            || (module.ends_with("::axum") && !cfg!(feature = "axum"))
            || (module == "blocking" && !cfg!(feature = "blocking"))
            || (module == "state::conformance" && !cfg!(feature = "conformance"))
        {
            continue;
        }
        let prefix = if module == "crate" { String::new() } else { format!("{module}::") };
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let Some((kind @ ("struct" | "enum" | "resource!" | "use"), rest)) = line.split_once(' ') else { continue };
            let needs = |feature: &str| rest.contains(&format!("feature = \"{feature}\""));
            // state that processes share is shown as files have it
            if ((needs("file-state") || needs("shared-state")) && !cfg!(feature = "file-state"))
                || (needs("event-queue") && !cfg!(feature = "event-queue"))
            {
                continue;
            }
            // `use a as b` names a module
            if !rest.contains(" as ") {
                let path = rest.split([' ', '<', '(']).next().unwrap();
                let name = if kind == "use" { path.rsplit("::").next().unwrap() } else { path };
                // the types that `bon` generates have no `Debug`
                if kind != "use" || !name.ends_with("Builder") {
                    types.insert(format!("{prefix}{name}"));
                }
            }
        }
    }
    assert!(types.len() > 80, "{types:?}");
    types
}

pub(super) const SECRET: &str = "swordfish-swordfish";
pub(super) const BOOKING: &str = r#"{"id":7,"candidate":{"name":"Adalbertine Quillfeather","email":"adalbertine@quill.example.com",
    "phone":"+447700900987"},"course":{"id":1,"name":"Basic Life Support"},"trainer":{"id":3,"name":"Boadicea Marsh"},
    "start_date":"2026-06-15T09:00:00+01:00","booking_status":"booked","pay_status":"completed","pay_option":"credits",
    "payment_url":"https://pay.example/swordfish-swordfish",
    "booked_by":"Agency","training_status":"completed","equipment_status":"in","attendance":"attended",
    "virtual":{"zoom_id":"swordfish-swordfish","zoom_link":"https://zoom.example/swordfish-swordfish",
    "zoom_password":"swordfish-swordfish"}}"#;

pub(super) fn event(event_type: &str, more: &str) -> String {
    let data = format!("{}{more}}}", &BOOKING[..BOOKING.len() - 1]);
    let head = r#""event_id":"018f4a2b-1234-7000-8abc-def012345678","occurred_at":"2026-06-05T10:00:00+00:00""#;
    format!(r#"{{{head},"event_type":"{event_type}","data":{data}}}"#)
}

/// A delivery with its headers.
pub(super) fn delivery(body: &str) -> (webhook::VerifierBuilder, http::HeaderMap) {
    let at = jiff::Timestamp::from_second(1_780_653_600).unwrap();
    let headers = webhook::Signer::new(SECRET).unwrap().headers(body.as_bytes(), 1, at).unwrap();
    let headers = headers.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let clock = Arc::new(crate::clock::TestClock::at(at));
    (webhook::Verifier::builder().secret(SECRET).clock(clock), headers)
}

async fn webhook_types(shown: &mut Shown) {
    use webhook::{EventData, Inbox as _};

    for event_type in WebhookEventType::KNOWN.iter().map(WebhookEventType::as_str).chain(["booking.moved"]) {
        let more = r#","previous_start_date":"2026-06-15T09:00:00+01:00","message":"Hello""#;
        let read = webhook::Event::from_json(event(event_type, more).as_bytes()).unwrap();
        show! { shown, webhook::Event = read; webhook::EventData = read.data; }
        match read.data {
            EventData::BookingRescheduled(data) => show!(shown, webhook::data::Rescheduled = data;),
            EventData::BookingEquipmentLate(data) => show!(shown, webhook::data::EquipmentLate = data;),
            EventData::WebhookTest(data) => show!(shown, webhook::data::Test = data;),
            _ => {}
        }
        let unexpected = event(event_type, "").replace("\"id\":7", "\"id\":[\"Adalbertine Quillfeather\"]");
        show!(shown, webhook::Event = webhook::Event::from_json(unexpected.as_bytes()).unwrap(););
    }
    let body = event("booking.created", "");
    let (builder, headers) = delivery(&body);
    show!(shown, webhook::VerifierBuilder = builder;);
    let verifier = builder.build().unwrap();
    let received = verifier.verify_and_decode(&headers, body.as_bytes()).unwrap();
    let inbox = webhook::MemoryInbox::new();
    let claim = inbox.claim(received.event.event_id).await.unwrap();
    let webhook::ClaimOutcome::New(lease) = claim else { panic!("{claim:?}") };
    show! { shown,
        webhook::ClaimOutcome = claim;
        webhook::Delivery = received;
        webhook::MemoryInbox = inbox;
        webhook::NotAnEvent = webhook::Event::from_json(SECRET.as_bytes()).unwrap_err();
        webhook::SecretError = webhook::Signer::new(format!(" {SECRET}")).unwrap_err();
        webhook::Signer = webhook::Signer::new(SECRET).unwrap();
        webhook::EventLease = lease;
        webhook::Verified = received.verified;
        webhook::Verifier = verifier;
        webhook::VerifyError = verifier.verify_and_decode(&headers, b"{}").unwrap_err();
    }
    #[cfg(feature = "axum")]
    {
        use axum::extract::{FromRef, FromRequest as _};

        #[derive(Clone)]
        struct App(webhook::Verifier, webhook::MemoryInbox);
        impl FromRef<App> for webhook::Verifier {
            fn from_ref(app: &App) -> Self {
                app.0.clone()
            }
        }
        impl FromRef<App> for webhook::MemoryInbox {
            fn from_ref(app: &App) -> Self {
                app.1.clone()
            }
        }
        let app = App(verifier, webhook::MemoryInbox::new());
        let request = || {
            let mut request = axum::extract::Request::new(axum::body::Body::from(body.clone()));
            *request.headers_mut() = headers.clone();
            request
        };
        let taken = webhook::axum::InboxDelivery::<webhook::MemoryInbox>::from_request(request(), &app).await.unwrap();
        let again =
            webhook::axum::InboxDelivery::<webhook::MemoryInbox>::from_request(request(), &app).await.unwrap_err();
        show! { shown, webhook::axum::InboxDelivery<webhook::MemoryInbox> = taken; webhook::axum::Refused = again; }
    }
}

async fn portal_v1_types(shown: &mut Shown) {
    let course = r#"{"candidate_ref":"3f0b9a52-6f0c-4a0e-9a55-0d9d6f5f2c11","candidate_id":"48213","course_id":"7",
        "date_completed":"2021-12-01 01:42:59","course_status":"pass","grade":0.8,"email":"adalbertine@quill.example.com"}"#;
    let body = format!(r#"{{"course":{course},"candidate":"Adalbertine Quillfeather"}}"#);
    let payload = portal_v1::Payload::from_json(body.as_bytes()).unwrap();
    let portal_v1::Payload::CourseCompletion { completion, .. } = &payload else { panic!("{payload:?}") };
    show! { shown,
        portal_v1::ApiKeys = portal_v1::ApiKeys::new([SECRET]).unwrap();
        portal_v1::CourseCompletion = completion;
        portal_v1::CourseStatus = completion.course_status;
        portal_v1::Grade = completion.grade.clone().unwrap();
        portal_v1::NotificationError = portal_v1::Payload::from_json(SECRET.as_bytes()).unwrap_err();
        portal_v1::Payload = payload;
        portal_v1::Payload = portal_v1::Payload::from_json(b"{\"name\":\"Adalbertine Quillfeather\"}").unwrap();
    }
    // only the router makes one
    shown.paths.insert("portal_v1::Notification".to_owned());
    #[cfg(feature = "axum")]
    {
        use tower::ServiceExt as _;

        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let handler = move |notification: portal_v1::Notification| {
            std::future::ready(sender.send(format!("{notification:?} {notification:#?}")))
        };
        let router = portal_v1::axum::router(portal_v1::ApiKeys::new([SECRET]).unwrap(), handler);
        let request = axum::http::Request::post("/")
            .header("api-key", SECRET)
            .header("content-type", "application/json")
            .body(axum::body::Body::from(body))
            .unwrap();
        assert_eq!(router.oneshot(request).await.unwrap().status().as_u16(), 202);
        shown.text += &receiver.recv().await.unwrap();
    }
}

/// Values of enums and names of fields that are a person's data.
async fn strange_types(shown: &mut Shown) {
    let mut body = BOOKING.replace("Agency", "boadicea").replace(r#":"booked""#, r#":"Boadicea Marsh""#);
    for known in ["completed", "credits", "attended", "in"] {
        body = body.replace(&format!(r#":"{known}""#), r#":"adalbertine@quill.example.com""#);
    }
    let body = body.replace(r#"{"id":1,"#, r#"{"id":1,"Boadicea":{"Marsh":"Quillfeather"},"#);
    let server = Canned::start(json(&body)).await;
    let client = server.builder().record_undocumented().build().unwrap();
    let booking = client.bookings().get(BookingId::new(7)).await.unwrap();
    assert_eq!(booking.booked_by.as_ref().unwrap().as_str(), "boadicea", "whoever asks is told");
    assert!(!booking.attendance.as_ref().unwrap().is_known());
    assert_eq!(client.undocumented().len(), 8);
    for found in client.undocumented() {
        show!(shown, hb_bls::Undocumented = found; hb_bls::UndocumentedKind = found.kind;);
        shown.text += &found.to_string();
    }
    let read = webhook::Event::from_json(event("Boadicea", "").as_bytes()).unwrap();
    let event_type: WebhookEventType = "Boadicea".into();
    show!(shown, hb_bls::Booking = booking; webhook::Event = read; hb_bls::WebhookEventType = event_type;);
}

#[tokio::test]
async fn debug_of_no_public_type_shows_a_secret_or_a_person() {
    let mut shown = Shown::default();
    client_types(&mut shown).await;
    state_types(&mut shown).await;
    webhook_types(&mut shown).await;
    #[cfg(feature = "event-queue")]
    super::queue_types::queue_types(&mut shown).await;
    portal_v1_types(&mut shown).await;
    strange_types(&mut shown).await;
    let hidden = Hidden::new();
    for secret in [SECRET, "tok_canned", "ref_canned", "48213", "3f0b9a52"] {
        hidden.add(secret);
    }
    hidden.check(&shown.text);
    let missing: Vec<_> = public_types().difference(&shown.paths).cloned().collect();
    assert!(missing.is_empty(), "show these, too: {missing:?}");
}
