//! From credentials to certificate.

use hb_bls::{
    Attendance, BookingDetails, BookingStatus, EquipmentStatus, ErrorKind, PayOption, PayStatus, TrainingStatus,
    WebhookEventType, WebhookRequest,
};
use hb_bls_sandbox::{ClockMode, Sandbox};

use crate::{client, count};

pub fn details() -> BookingDetails {
    BookingDetails::builder()
        .first_name("Łukasz")
        .last_name("O'Neill")
        .email("lukasz@example.com")
        .phone("+447700900123")
        .address("12 Harbour Street")
        .city("Leeds")
        .postcode("LS1 4AP")
        .job_role("Nurse")
        .pay_option(PayOption::Credits)
        .agency_contact_name("Jo Field")
        .agency_contact_email("jo@agency.example")
        .build()
}

#[tokio::test]
async fn a_booking_is_made_and_followed_to_its_certificate() {
    let start = "2026-06-05T10:00:00Z".parse().unwrap();
    let sandbox = Sandbox::builder().clock(ClockMode::Frozen(start)).start().await.unwrap();
    let client = client(&sandbox);

    let balances = client.account().balances().await.unwrap();
    assert_eq!(balances.booking_credits[0].credits, 12);
    assert_eq!(balances.booking_money_balance.unwrap().to_string(), "480.00");

    let courses = client.courses().list().await.unwrap();
    let course = courses.iter().find(|course| course.id == balances.booking_credits[0].course_id).unwrap();
    let slots = client.timeslots().list(course.id).months_ahead(1).await.unwrap();
    let slot = &slots[0];
    // June: one hour ahead of UTC
    assert_eq!(slot.starts_at().unwrap().offset(), jiff::tz::offset(1));
    let that_day = client.timeslots().list(course.id).months_ahead(1).date(slot.date).await.unwrap();
    assert!(!that_day.is_empty() && that_day.iter().all(|other| other.date == slot.date));

    let hold = client.timeslots().hold(course.id, slot.date, slot.time).await.unwrap();
    assert_eq!(hold.hash().len(), 32);
    assert_eq!(hold.slot().unwrap().time, slot.time);
    assert_eq!(hold.expires_at().unwrap(), start + jiff::SignedDuration::from_mins(30));

    let booking = client.bookings().create(hold, &details()).await.unwrap();
    assert_eq!(booking.booking_status, Some(BookingStatus::Booked));
    assert_eq!(booking.pay_status, Some(PayStatus::Completed));
    assert_eq!(booking.candidate.as_ref().unwrap().name.as_deref(), Some("Łukasz O'Neill"));
    assert_eq!(booking.start_date, slot.starts_at());

    let not_ready = client.bookings().certificate(booking.id).await.unwrap_err();
    assert_eq!(not_ready.kind(), ErrorKind::CertificateNotReady, "{not_ready:?}");
    sandbox.complete(booking.id.get()).await.unwrap();
    sandbox.return_kit(booking.id.get()).await.unwrap();
    let booking = client.bookings().get(booking.id).await.unwrap();
    assert_eq!(booking.training_status, Some(TrainingStatus::Completed));
    assert_eq!(booking.equipment_status, Some(EquipmentStatus::In));
    assert_eq!(booking.attendance, Some(Attendance::Attended));
    assert_eq!(booking.certificate_available, Some(true));
    assert!(client.bookings().certificate(booking.id).await.unwrap().starts_with(b"%PDF-"));

    assert_eq!(count(&sandbox, "createToken").await, 1);
    assert_eq!(client.account().balances().await.unwrap().booking_credits[0].credits, 11);
}

#[tokio::test]
async fn a_second_hold_is_a_conflict_that_carries_the_first() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client(&sandbox);
    let course = client.courses().list().await.unwrap().remove(0).id;
    let slots = client.timeslots().list(course).await.unwrap();
    let first = client.timeslots().hold(course, slots[0].date, slots[0].time).await.unwrap();
    let error = client.timeslots().hold(course, slots[1].date, slots[1].time).await.unwrap_err();
    assert_eq!(error.status(), Some(409));
    let existing = error.conflicting_hold().unwrap();
    assert_eq!(existing.hold_hash, first.hash());
    assert_eq!(existing.slot.as_ref().unwrap().time, slots[0].time);

    first.release().await.unwrap();
    client.timeslots().hold(course, slots[1].date, slots[1].time).await.unwrap();
}

#[tokio::test]
async fn refused_details_are_named_by_field() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client(&sandbox);
    let course = client.courses().list().await.unwrap().remove(0).id;
    let slot = client.timeslots().list(course).await.unwrap().remove(0);
    let hold = client.timeslots().hold(course, slot.date, slot.time).await.unwrap();
    let mut wrong = details();
    wrong.email = "nobody".into();
    let failed = client.bookings().create(hold, &wrong).await.unwrap_err();
    let error = &failed.error;
    assert_eq!(failed.to_string(), error.to_string());
    assert!(!error.is_retryable());
    assert_eq!((error.kind(), error.status()), (ErrorKind::Rejected, Some(422)), "{error:?}");
    assert_eq!(error.rejection().unwrap().fields().keys().collect::<Vec<_>>(), ["email"]);
    // the hold is returned
    let hold = failed.hold.unwrap();
    let kept = hold.details().clone();
    client.bookings().create(*hold, &details()).await.unwrap();
    // and then consumed
    assert!(client.bookings().create(client.timeslots().adopt(kept), &details()).await.is_err());
    assert_eq!(count(&sandbox, "releaseTimeslotHold").await, 0);
}

#[tokio::test]
async fn a_hold_that_comes_back_with_an_error_is_released_if_nobody_wants_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client(&sandbox);
    let course = client.courses().list().await.unwrap().remove(0).id;
    let slot = client.timeslots().list(course).await.unwrap().remove(0);
    let mut wrong = details();
    wrong.email = "nobody".into();
    let book = async || -> hb_bls::Result<hb_bls::Booking> {
        let hold = client.timeslots().hold(course, slot.date, slot.time).await?;
        Ok(client.bookings().create(hold, &wrong).await?)
    };
    assert!(book().await.is_err_and(|error| error.is_rejected()));
    while count(&sandbox, "releaseTimeslotHold").await == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_belongs_to_nobody_is_not_found() {
    let sandbox = Sandbox::start().await.unwrap();
    let error = client(&sandbox).bookings().get(hb_bls::BookingId::new(404)).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, Some("getBooking")), "{error:?}");
}

#[tokio::test]
async fn an_endpoint_is_registered_with_its_secret() {
    let sandbox = Sandbox::start().await.unwrap();
    let request = WebhookRequest::builder()
        .name("here")
        .url("http://127.0.0.1:9/")
        .events([WebhookEventType::BookingCreated])
        .build();
    let webhook = client(&sandbox).webhooks().create(&request).await.unwrap();
    assert_eq!(webhook.events, [WebhookEventType::BookingCreated]);
    assert!(webhook.secret.expose().starts_with(webhook.secret_prefix.as_deref().unwrap()));
}
