//! Events, and deliveries of them.

use hb_bls_gen::{BookingStatus, EquipmentStatus, Secret, WebhookEventType};
use http::{HeaderName, HeaderValue, Method, Request};
use jiff::Timestamp;
use uuid::Uuid;

use super::booking::{DAY, MADE, at, booking};
#[cfg(feature = "event-queue")]
use crate::webhook::ReceivedEvent;
use crate::{
    Booking,
    webhook::{
        Delivery, Event, EventData, SecretError, Signer, Verified,
        data::{EquipmentLate, Rescheduled, Test},
    },
};

/// The id of the first event.
const EVENT_ID: u128 = 0x018f_4a2b_1234_7000_8abc_def0_1234_5600;
/// The id of its delivery.
const DELIVERY_ID: u64 = 58231;

/// An event of this type, which occurred on 5 June 2026, 10:00 UTC. If the type concerns a booking, it is about the
/// [`booking`]. Each type has its own event id. The data of a type that this version does not know is empty.
pub fn event(event_type: WebhookEventType) -> Event {
    use WebhookEventType as Type;
    let data = match event_type {
        Type::BookingCreated => EventData::BookingCreated(booking()),
        Type::BookingConfirmed => EventData::BookingConfirmed(booking()),
        Type::BookingRescheduled => EventData::BookingRescheduled(rescheduled()),
        Type::BookingCancelled => {
            EventData::BookingCancelled(Booking { booking_status: Some(BookingStatus::Cancelled), ..booking() })
        }
        Type::BookingAttendanceMarked => EventData::BookingAttendanceMarked(booking()),
        Type::BookingEquipmentLate => EventData::BookingEquipmentLate(equipment_late()),
        Type::BookingCertificateAvailable => EventData::BookingCertificateAvailable(booking()),
        Type::WebhookTest => EventData::WebhookTest(webhook_test()),
        _ => EventData::Unknown,
    };
    let number = Type::KNOWN.iter().position(|known| *known == event_type).unwrap_or(Type::KNOWN.len());
    event_with(Uuid::from_u128(EVENT_ID + number as u128), event_type, data)
}

/// An event with your own id and data, which must fit the type. Receivers deduplicate by the id.
///
/// ```
/// use hb_bls::{WebhookEventType, testing, webhook::EventData};
///
/// let mut booking = testing::booking();
/// booking.trainer = None;
/// let id = uuid::Uuid::from_u128(1);
/// let event = testing::event_with(id, WebhookEventType::BookingCreated, EventData::BookingCreated(booking));
/// assert!(event.data_json().contains(r#""trainer":null"#));
/// ```
pub fn event_with(event_id: Uuid, event_type: WebhookEventType, data: EventData) -> Event {
    Event::written(event_id, event_type, MADE, data)
}

/// The data of `booking.rescheduled`: the training was moved from two days earlier.
pub fn rescheduled() -> Rescheduled {
    let before = DAY.yesterday().and_then(jiff::civil::Date::yesterday).unwrap_or(DAY);
    Rescheduled { booking: booking(), previous_start_date: at(before, 9), previous_end_date: at(before, 11) }
}

/// The data of `booking.equipment_late`.
pub fn equipment_late() -> EquipmentLate {
    let booking = Booking { equipment_status: Some(EquipmentStatus::Late), ..booking() };
    EquipmentLate { booking, expected_return_date: DAY.tomorrow().ok() }
}

/// The data of `webhook.test`.
pub fn webhook_test() -> Test {
    Test { message: Some("This is a test delivery.".to_owned()) }
}

/// A delivery of an event as a handler receives it: verified, and sent at the time of the event.
///
/// ```
/// use hb_bls::{WebhookEventType, testing, webhook::{Delivery, EventData}};
///
/// async fn handle(delivery: Delivery) -> Result<(), std::io::Error> {
///     match delivery.event.data {
///         EventData::BookingCreated(booking) => Ok(println!("booking {}", booking.id)),
///         _ => Err(std::io::Error::other("not wanted")),
///     }
/// }
///
/// # futures::executor::block_on(async {
/// handle(testing::delivery(testing::event(WebhookEventType::BookingCreated))).await.unwrap();
/// handle(testing::delivery(testing::event(WebhookEventType::WebhookTest))).await.unwrap_err();
/// # });
/// ```
pub fn delivery(event: Event) -> Delivery {
    let sent_at = event.occurred_at.unwrap_or(MADE);
    Delivery { verified: Verified::believed(&event, DELIVERY_ID, sent_at), event }
}

/// An event as the handler of a [`Worker`](crate::webhook::Worker) receives it: delivered, received when it occurred, and
/// attempted for the first time. Change its fields to test other cases.
///
/// ```
/// use hb_bls::{WebhookEventType, testing, webhook::ReceivedEvent};
///
/// fn is_worth_a_call(received: &ReceivedEvent) -> bool {
///     received.attempt >= 3
/// }
///
/// let mut received = testing::received_event(testing::event(WebhookEventType::BookingCreated));
/// assert!(!is_worth_a_call(&received));
/// received.attempt = 3;
/// assert!(is_worth_a_call(&received));
/// ```
#[cfg(feature = "event-queue")]
pub fn received_event(event: Event) -> ReceivedEvent {
    let received_at = event.occurred_at.unwrap_or(MADE);
    ReceivedEvent::of_no_queue(event, received_at)
}

/// The HTTP request of a delivery: a POST with the raw event and the portal's headers, signed with this secret and sent
/// at this time. Pass its headers and body to a [`Verifier`](crate::webhook::Verifier), or the whole request to a
/// router.
///
/// ```
/// # fn main() -> Result<(), hb_bls::webhook::SecretError> {
/// use hb_bls::{WebhookEventType, testing, webhook::Verifier};
///
/// let event = testing::event(WebhookEventType::BookingCreated);
/// let request = testing::signed_request(&event, "whsec_test_0123456789", jiff::Timestamp::now())?;
/// let verifier = Verifier::new("whsec_test_0123456789")?;
/// let delivery = verifier.verify_and_decode(request.headers(), request.body().as_bytes()).unwrap();
/// assert_eq!(delivery.event.event_id, event.event_id);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`SecretError`] if the secret is empty or has white space around it.
pub fn signed_request(
    event: &Event,
    secret: impl Into<Secret>,
    sent_at: Timestamp,
) -> Result<Request<String>, SecretError> {
    let headers = Signer::new(secret)?.headers_of(
        event.event_type.as_str(),
        event.event_id,
        event.json().as_bytes(),
        DELIVERY_ID,
        sent_at,
    );
    let mut request = Request::new(event.json().to_owned());
    *request.method_mut() = Method::POST;
    for (name, value) in headers {
        // a type with line breaks does not fit into a header
        if let Ok(value) = HeaderValue::try_from(value) {
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    Ok(request)
}
