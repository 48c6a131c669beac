//! The `Debug` output of every public type, filled with what it must not show.

use std::{collections::BTreeSet, fmt::Write as _, path::Path, sync::Arc};

use hb_bls::{
    BookRequest, BookingId, CallOptions, Client, Clock as _, CourseId, Credentials, Error, HoldDetails, Secret,
    WebhookId,
};
use hb_bls::{WebhookEventType, WebhookRequest, WebhookUpdate, portal_v1, state, webhook};

use super::{Hidden, details};
use crate::canned::{Canned, answer, json};

/// The output, by the public path of the type.
#[derive(Default)]
pub(super) struct Shown {
    paths: BTreeSet<String>,
    text: String,
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

#[cfg(feature = "event-queue")]
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
            if (needs("file-state") && !cfg!(feature = "file-state"))
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
const BOOKING: &str = r#"{"id":7,"candidate":{"name":"Adalbertine Quillfeather","email":"adalbertine@quill.example.com",
    "phone":"+447700900987"},"course":{"id":1,"name":"Basic Life Support"},"trainer":{"id":3,"name":"Boadicea Marsh"},
    "start_date":"2026-06-15T09:00:00+01:00","booking_status":"booked","pay_status":"completed","pay_option":"credits",
    "booked_by":"Agency","training_status":"completed","equipment_status":"in","attendance":"attended",
    "virtual":{"zoom_id":"swordfish-swordfish","zoom_link":"https://zoom.example/swordfish-swordfish",
    "zoom_password":"swordfish-swordfish"}}"#;

/// One response from which every reader can decode what it needs.
fn answers() -> String {
    let hold = r#""hold_hash":"swordfish-swordfish","slot":{"date":"2026-06-15","time":"09:00"}"#;
    let webhook = r#""url":"https://crm.example/?key=swordfish-swordfish","secret":"swordfish-swordfish","events":[]"#;
    let transaction = r#""type":"deposit","amount":1,"wallet":"1","meta":{"description":"Adalbertine Quillfeather"}"#;
    let credits = r#""booking_credits":[{"course_id":1,"credits":2}],"booking_money_balance":480.00"#;
    let info = r#""hb_client_id":"client","expires_at":"2026-06-05T11:00:00+00:00""#;
    let entry = r#""id":7,"date":"2026-06-15","time":"09:00","price":75.50,"name":"Basic Life Support""#;
    let booking = &BOOKING[1..];
    format!(r#"{{{hold},{webhook},{credits},{info},"data":[{{{entry},{transaction}}}],{booking}"#)
}

async fn error(status: &str, call: impl AsyncFnOnce(Client) -> Error) -> Error {
    let body = r#"{"message":"swordfish-swordfish","errors":{"email":["adalbertine@quill.example.com"]}}"#;
    call(Canned::start(answer(status, "application/json", body)).await.client()).await
}

async fn client_types(shown: &mut Shown) {
    use futures::TryStreamExt as _;

    let server = Canned::start(json(&answers())).await;
    let builder = server.builder().credentials(Credentials::new("client", SECRET)).user_agent("crm/1");
    let builder = builder.watch_drift();
    show!(shown, hb_bls::ClientBuilder = builder;);
    let client = builder.build().unwrap();
    let date = "2026-06-15".parse().unwrap();
    let time = "09:00".parse().unwrap();
    let (account, bookings, webhooks) = (client.account(), client.bookings(), client.webhooks());
    let hold = client.timeslots().hold(CourseId::new(1), date, time).await.unwrap();
    let kept = hold.details().clone();
    let booking = bookings.create(hold, &details()).await.unwrap();
    let request = WebhookRequest::builder().name("CRM").url(format!("https://crm.example/?key={SECRET}"));
    let request = request.events([WebhookEventType::BookingCreated]).build();
    let update = WebhookUpdate::builder().url(format!("https://crm.example/?key={SECRET}")).build();
    let balances = account.balances().await.unwrap();
    let transactions: Vec<_> = account.transactions().pages(1).try_collect().await.unwrap();
    let query = bookings.list().search("Quillfeather");
    let (seen, slot) = (Arc::new(std::sync::Mutex::new(String::new())), client.timeslots().list(CourseId::new(1)));
    let log = Arc::clone(&seen);
    let options = CallOptions::new().header("x-gateway-key", SECRET).unwrap();
    let options = options.on_response(move |answer| *log.lock().unwrap() = format!("{answer:?} {answer:#?}"));
    client.with_options(options.clone()).courses().list().await.unwrap();
    shown.paths.insert("Response".to_owned());
    shown.text += &seen.lock().unwrap();
    let refused = error("422 Wrong", async |client| {
        let hold = client.timeslots().adopt(HoldDetails::new(SECRET));
        let failed = client.bookings().create(hold, &details()).await.unwrap_err();
        show!(shown, hb_bls::CreateError = failed;);
        failed.error
    });
    let refused = refused.await;
    let rejection = refused.rejection().unwrap();
    let with_key = BookRequest::at(CourseId::new(1), date, "09:00".parse().unwrap(), details()).key("key");
    // whatever comes of it, it is in the log
    let _ = client.book(&with_key).await;
    let keyed = client.keyed_bookings().get("key").await.unwrap().unwrap();
    show! { shown,
        hb_bls::Account<'_> = account;
        hb_bls::Attendance = booking.attendance.clone().unwrap();
        hb_bls::Balances = balances;
        hb_bls::BookRequest = BookRequest::earliest(CourseId::new(1), details());
        hb_bls::BookedBy = booking.booked_by.clone().unwrap();
        hb_bls::Booking = booking;
        hb_bls::BookingDetails = details();
        hb_bls::BookingId = booking.id;
        hb_bls::BookingQuery = query;
        hb_bls::BookingStatus = booking.booking_status.clone().unwrap();
        hb_bls::Bookings<'_> = bookings;
        hb_bls::CallOptions = options;
        hb_bls::Candidate = booking.candidate.clone().unwrap();
        hb_bls::Client = client;
        hb_bls::Course = client.courses().list().await.unwrap()[0];
        hb_bls::CourseCredits = balances.booking_credits[0];
        hb_bls::CourseId = balances.booking_credits[0].course_id;
        hb_bls::CourseSummary = booking.course.clone().unwrap();
        hb_bls::CourseQuery = client.courses().list();
        hb_bls::Courses<'_> = client.courses();
        hb_bls::Credentials = Credentials::new("client", SECRET);
        hb_bls::Date = date;
        hb_bls::Decimal = balances.booking_money_balance.unwrap().amount();
        hb_bls::Drift = client.drift()[0];
        hb_bls::DriftKind = client.drift()[0].kind;
        hb_bls::EquipmentStatus = booking.equipment_status.clone().unwrap();
        hb_bls::Error = refused;
        hb_bls::ErrorKind = refused.kind();
        hb_bls::Hold = client.timeslots().adopt(kept.clone());
        hb_bls::HoldDetails = kept;
        hb_bls::KeyedBookings<'_> = client.keyed_bookings();
        hb_bls::KeyedBooking = keyed;
        hb_bls::Items<hb_bls::Booking> = query.clone().items();
        hb_bls::Money = balances.booking_money_balance.unwrap();
        hb_bls::Page<hb_bls::Transaction> = transactions[0];
        hb_bls::Pages<hb_bls::Booking> = query.clone().pages(1);
        hb_bls::PayOption = booking.pay_option.clone().unwrap();
        hb_bls::PayStatus = booking.pay_status.clone().unwrap();
        hb_bls::Position = query.clone().items().position();
        hb_bls::Rejection = rejection;
        hb_bls::RetryPolicy = hb_bls::RetryPolicy::default();
        hb_bls::Secret = Secret::from(SECRET);
        hb_bls::SystemClock = hb_bls::SystemClock;
        hb_bls::Time = time;
        hb_bls::Timeslot = slot.clone().await.unwrap()[0];
        hb_bls::TimeslotQuery = slot;
        hb_bls::Timeslots<'_> = client.timeslots();
        hb_bls::TokenInfo = account.token_info().await.unwrap();
        hb_bls::Trainer = booking.trainer.clone().unwrap();
        hb_bls::TrainerId = booking.trainer.clone().unwrap().id.unwrap();
        hb_bls::TrainingStatus = booking.training_status.clone().unwrap();
        hb_bls::Transaction = transactions[0].items[0];
        hb_bls::TransactionId = transactions[0].items[0].id.unwrap();
        hb_bls::TransactionQuery = account.transactions();
        hb_bls::TransactionType = transactions[0].items[0].transaction_type.clone().unwrap();
        hb_bls::VirtualMeeting = booking.virtual_meeting.clone().unwrap();
        hb_bls::Webhook = webhooks.get(WebhookId::new(7)).await.unwrap();
        hb_bls::WebhookQuery = webhooks.list();
        hb_bls::WebhookCreated = webhooks.create(&request).await.unwrap();
        hb_bls::WebhookEventType = WebhookEventType::BookingCreated;
        hb_bls::WebhookId = hb_bls::WebhookId::new(7);
        hb_bls::WebhookRequest = request;
        hb_bls::WebhookUpdate = update;
        hb_bls::Webhooks<'_> = webhooks;
    }
    for status in ["401 Who", "404 Gone", "409 Taken", "429 Slow", "500 Oops", "302 Found"] {
        let error = error(status, async |client| client.bookings().get(BookingId::new(7)).await.unwrap_err()).await;
        show!(shown, hb_bls::Error = error;);
    }
    #[cfg(feature = "blocking")]
    blocking_types(shown, client.clone());
}

#[cfg(feature = "blocking")]
fn blocking_types(shown: &mut Shown, client: Client) {
    use hb_bls::blocking;

    let client = blocking::Client::new(client).unwrap();
    show! { shown,
        blocking::Account<'_> = client.account();
        blocking::BookingQuery = client.bookings().list().search("Quillfeather");
        blocking::Bookings<'_> = client.bookings();
        blocking::CourseQuery = client.courses().list();
        blocking::Courses<'_> = client.courses();
        blocking::Iter<hb_bls::Items<hb_bls::Booking>> = client.bookings().list().search("Quillfeather").items();
        blocking::KeyedBookings<'_> = client.keyed_bookings();
        blocking::TimeslotQuery = client.timeslots().list(CourseId::new(1));
        blocking::Timeslots<'_> = client.timeslots();
        blocking::TransactionQuery = client.account().transactions();
        blocking::WebhookQuery = client.webhooks().list();
        blocking::Webhooks<'_> = client.webhooks();
        blocking::Client = client;
    }
}

#[cfg(feature = "file-state")]
async fn files_log(folder: &tempfile::TempDir, account: &state::AccountKey) -> state::FileBookingLog {
    use state::BookingLog as _;

    let log = state::FileState::new(folder.path()).booking_log();
    log.write(account, "key", 0, &logged_booking()).await.unwrap();
    log
}

fn logged_booking() -> state::BookingRecord {
    let text = format!(
        r#"{{"format":1,"state":"held","hold":{{"hold_hash":"{SECRET}","slot":null}},
        "fingerprint":{{"key":"{SECRET}","fields":{{"email":"{SECRET}"}},"name":"{SECRET}","email":"{SECRET}"}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

async fn state_types(shown: &mut Shown) {
    use state::{AccountLock as _, BookingLog as _, RateLimiter as _, TokenStore as _};

    let now = Canned::start("").await.clock.now();
    let tokens = state::TokenSet::new(Secret::from(SECRET), now).with_refresh(Secret::from(SECRET), now);
    let store = state::MemoryTokenStore::default();
    let account = state::AccountKey::new("https://example.com/", &hb_bls::Credentials::new(SECRET, SECRET));
    store.save(&account, 0, Some(&tokens)).await.unwrap();
    let lease = state::MemoryAccountLock::default().acquire(&account).await.unwrap();
    lease.set_note(Some(SECRET)).await.unwrap();
    let limiter = state::MemoryRateLimiter::default();
    let answer = limiter.acquire().await.unwrap();
    let state::Acquire::Granted(permit) = answer else { panic!("{answer:?}") };
    let log = state::MemoryBookingLog::default();
    let record = logged_booking();
    log.write(&account, "key", 0, &record).await.unwrap();
    let logged = log.read(&account, "key").await.unwrap().unwrap();
    show! { shown,
        state::BookingState = record.state().clone();
        state::BookingRecord = record;
        state::LoggedBooking = logged;
        state::MemoryBookingLog = log;
        state::AccountKey = account;
        state::RateLimitHeaders = state::RateLimitHeaders::default();
        state::MemoryAccountLock = state::MemoryAccountLock::default();
        state::MemoryTokenStore = store;
        state::StateError = state::StateError::new("away");
        state::Permit = permit;
        state::TokenSet = tokens.clone();
        state::Acquire = answer;
        state::MemoryRateLimiter = limiter;
        state::AccountLease = lease;
    }
    #[cfg(feature = "file-state")]
    {
        let folder = tempfile::tempdir().unwrap();
        let files = state::FileState::new(folder.path());
        let store = files.token_store(&hb_bls::Credentials::new(SECRET, SECRET));
        store.save(&account, 0, Some(&tokens)).await.unwrap();
        show! { shown,
            state::SharedAccountLock = files.account_lock();
            state::SharedRateLimiter = files.rate_limiter("london", 60);
            state::SharedTokenStore = store;
            state::FileState = files;
        }
        let log = files_log(&folder, &account).await;
        let store = state::FileStore::new(folder.path());
        show! { shown,
            state::Stored = state::KeyValueStore::read(&store, "tokens").await.unwrap();
            state::SharedState = state::SharedState::new(store.clone());
            state::FileStore = store;
            state::FileBookingLog = log;
        }
    }
    #[cfg(feature = "conformance")]
    {
        let subject =
            state::conformance::Subject::new(state::MemoryTokenStore::default(), state::MemoryTokenStore::default());
        show!(shown, state::conformance::Subject<state::MemoryTokenStore> = subject;);
    }
}

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
    let received = verifier.receive(&headers, body.as_bytes()).unwrap();
    let inbox = webhook::MemoryInbox::new();
    let claim = inbox.claim(received.event.event_id).await.unwrap();
    let webhook::Claim::New(lease) = claim else { panic!("{claim:?}") };
    show! { shown,
        webhook::Claim = claim;
        webhook::Delivery = received;
        webhook::MemoryInbox = inbox;
        webhook::NotAnEvent = webhook::Event::from_json(SECRET.as_bytes()).unwrap_err();
        webhook::SecretError = webhook::Signer::new(format!(" {SECRET}")).unwrap_err();
        webhook::Signer = webhook::Signer::new(SECRET).unwrap();
        webhook::Lease = lease;
        webhook::Verified = received.verified;
        webhook::Verifier = verifier;
        webhook::VerifyError = verifier.receive(&headers, b"{}").unwrap_err();
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
    let client = server.builder().watch_drift().build().unwrap();
    let booking = client.bookings().get(BookingId::new(7)).await.unwrap();
    assert_eq!(booking.booked_by.as_ref().unwrap().as_str(), "boadicea", "whoever asks is told");
    assert!(!booking.attendance.as_ref().unwrap().is_known());
    assert_eq!(client.drift().len(), 8);
    for drift in client.drift() {
        show!(shown, hb_bls::Drift = drift; hb_bls::DriftKind = drift.kind;);
        shown.text += &drift.to_string();
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
