//! The other values that a client takes and returns.

use hb_bls_gen::{Decimal, Money, PayOption, TransactionId, TransactionType, WebhookEventType, WebhookId};
use jiff::SignedDuration;

use super::booking::{DAY, MADE, course_summary};
use crate::{
    Balances, BookingDetails, Course, CourseCredits, CourseSummary, HoldDetails, Timeslot, TokenInfo, Transaction,
    Webhook, WebhookCreated, WebhookRequest, WebhookUpdate,
};

const ENDPOINT: &str = "https://crm.agency.example/hooks/bls";
const SECRET: &str = "whsec_test_0123456789";

/// 12 credits and 480.00 GBP.
pub fn balances() -> Balances {
    Balances {
        booking_credits: vec![course_credits()],
        booking_money_balance: Some(Money::new(Decimal::new(48_000, 2))),
        currency: Some("GBP".to_owned()),
    }
}

/// 12 credits for the [`course`].
pub fn course_credits() -> CourseCredits {
    let course = course_summary();
    CourseCredits { course_id: course.id, course_name: course.name, credits: 12 }
}

/// The course to which all other values refer.
pub fn course() -> Course {
    let CourseSummary { id, name } = course_summary();
    Course { id, name, price: Some(Money::new(Decimal::new(4_800, 2))), duration_minutes: Some(120) }
}

/// The timeslot of the [`booking`](super::booking).
pub fn timeslot() -> Timeslot {
    Timeslot { date: DAY, time: jiff::civil::time(9, 0, 0, 0), course: Some(course_summary()) }
}

/// A hold of the [`timeslot`], for 30 minutes from 5 June 2026, 10:00 UTC.
pub fn hold_details() -> HoldDetails {
    HoldDetails {
        hold_hash: "9f2c41d07be84c6aa35e17d20b6c8f14".to_owned(),
        expires_at: MADE.checked_add(SignedDuration::from_mins(30)).ok(),
        expires_at_is_estimated: false,
        slot: Some(timeslot()),
    }
}

/// The details with which the [`booking`](super::booking) was made.
pub fn booking_details() -> BookingDetails {
    BookingDetails::builder()
        .first_name("Amara")
        .last_name("Okafor")
        .email("amara.okafor@example.com")
        .phone("+447700900123")
        .address("12 Harbour Street")
        .city("Leeds")
        .postcode("LS1 4AP")
        .job_role("Registered Nurse")
        .pay_option(PayOption::Credits)
        .agency_contact_name("Jo Field")
        .agency_contact_email("jo.field@agency.example")
        .agency_email("bookings@agency.example")
        .build()
}

/// A deposit into the account's money balance.
pub fn transaction() -> Transaction {
    Transaction {
        id: Some(TransactionId::new(7)),
        transaction_type: Some(TransactionType::Deposit),
        amount: Some(Decimal::new(48_000, 0)),
        wallet: Some("booking_balance".to_owned()),
        description: Some("Invoice 2026-0042".to_owned()),
        created_at: Some(MADE),
    }
}

/// An access token that expires one hour after 5 June 2026, 10:00 UTC.
pub fn token_info() -> TokenInfo {
    TokenInfo {
        hb_client_id: Some("agency-042".to_owned()),
        expires_at: MADE.checked_add(SignedDuration::from_hours(1)).ok(),
    }
}

/// A webhook endpoint for every type of event.
pub fn webhook() -> Webhook {
    let WebhookCreated { id, name, url, events, secret_prefix, is_active, created_at, .. } = webhook_created();
    Webhook { id, name, url, events, secret_prefix, timeout_seconds: Some(10), is_active, created_at }
}

/// The [`webhook`] as it was registered, with its signing secret.
pub fn webhook_created() -> WebhookCreated {
    let WebhookRequest { name, url, events, is_active, .. } = webhook_request();
    WebhookCreated {
        id: WebhookId::new(5),
        name: Some(name),
        url: Some(url),
        events,
        secret: SECRET.into(),
        secret_prefix: SECRET.get(..12).map(str::to_owned),
        is_active,
        created_at: Some(MADE),
    }
}

/// The request with which the [`webhook`] was registered.
pub fn webhook_request() -> WebhookRequest {
    WebhookRequest::builder()
        .name("Bookings to CRM")
        .url(ENDPOINT)
        .events(WebhookEventType::KNOWN)
        .timeout_seconds(10)
        .is_active(true)
        .build()
}

/// A change of all fields of the [`webhook`] that can be changed.
pub fn webhook_update() -> WebhookUpdate {
    WebhookUpdate::builder()
        .name("Bookings to CRM, old")
        .url(ENDPOINT)
        .events([WebhookEventType::BookingCreated])
        .timeout_seconds(20)
        .is_active(false)
        .build()
}
