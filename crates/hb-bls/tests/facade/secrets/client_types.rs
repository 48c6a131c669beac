//! The types of the client, filled with what they must not show.

use std::sync::Arc;

use hb_bls::{
    BookRequest, BookingId, CallOptions, Client, CourseId, Credentials, Error, HoldDetails, Secret, WebhookEventType,
    WebhookId, WebhookRequest, WebhookUpdate,
};

use super::{
    details,
    types::{BOOKING, SECRET, Shown, show},
};
use crate::canned::{Canned, answer, json};

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

pub(super) async fn client_types(shown: &mut Shown) {
    use futures::TryStreamExt as _;

    let server = Canned::start(json(&answers())).await;
    let builder = server.builder().credentials(Credentials::new("client", SECRET)).user_agent("crm/1");
    let builder = builder.record_undocumented();
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
    let transactions: Vec<_> = account.transactions().pages().try_collect().await.unwrap();
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
        hb_bls::Undocumented = client.undocumented()[0];
        hb_bls::UndocumentedKind = client.undocumented()[0].kind;
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
        hb_bls::Pages<hb_bls::Booking> = query.clone().pages();
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
