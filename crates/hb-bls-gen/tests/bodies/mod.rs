//! Bodies as the API documents them, or as they are assumed to be.
#![allow(dead_code)] // each test binary uses a part

/// A body and the schema that it is of.
pub struct Body {
    pub name: &'static str,
    pub schema: &'static str,
    pub json: &'static str,
}

const fn body(name: &'static str, schema: &'static str, json: &'static str) -> Body {
    Body { name, schema, json }
}

macro_rules! booking {
    ($($more:literal)?) => {
        concat!(
            r#"{"id": 1042, "candidate": {"name": "Amara Okafor", "email": "amara.okafor@example.com", "phone": "+447700900123"},
            "course": {"id": 1, "name": "Virtual BLS"}, "trainer": {"id": 3, "name": "Sam Whitlock"},
            "start_date": "2026-06-15T09:00:00+01:00", "end_date": "2026-06-15T11:00:00+01:00",
            "booking_status": "booked", "pay_status": "completed", "pay_option": "credits",
            "payment_url": "https://pay.example/b/83512", "booked_by": "Agency",
            "virtual": {"zoom_id": "83512047761", "zoom_link": "https://meet.example/j/83512047761", "zoom_password": "k4Tz9w"},
            "certificate_available": true, "created_at": "2026-06-05T10:00:00+00:00",
            "training_status": "completed", "equipment_status": "in", "attendance": "attended""#,
            $($more,)?
            "}"
        )
    };
}

macro_rules! envelope {
    ($data:expr) => {
        concat!(
            r#"{"data": ["#, $data, r#"], "meta": {"current_page": 1, "per_page": 20, "last_page": 3, "total": 45},
            "links": {"next": "https://bls.hbcompliance.co.uk/api/v1/x?page=2", "prev": "https://bls.hbcompliance.co.uk/api/v1/x?page=1"}}"#
        )
    };
}

macro_rules! only_data {
    ($data:expr) => {
        concat!(r#"{"data": ["#, $data, "]}")
    };
}

macro_rules! bare {
    ($data:expr) => {
        concat!("[", $data, "]")
    };
}

macro_rules! slot {
    () => {
        r#"{"date": "2026-06-15", "time": "09:00", "course": {"id": 1, "name": "Virtual BLS"}}"#
    };
}

macro_rules! hold {
    () => {
        concat!(
            r#""hold_hash": "9f2c41d07be84c6aa35e17d20b6c8f14", "expires_at": "2026-06-05T10:30:00+00:00", "expires_in_seconds": 1800, "slot": "#,
            slot!()
        )
    };
}

macro_rules! transaction {
    () => {
        r#"{"id": 9001, "type": "withdraw", "amount": 1, "wallet": "booking_balance", "meta": {"description": "Booking 1042"}, "created_at": "2026-06-05T10:00:00+00:00"}"#
    };
}

macro_rules! course {
    () => {
        r#"{"id": 1, "name": "Virtual BLS", "price": 39.5, "duration_minutes": 120}"#
    };
}

macro_rules! webhook {
    ($more:literal) => {
        concat!(
            r#"{"id": 7, "name": "Bookings to CRM", "url": "https://crm.agency.example/hooks/bls",
            "events": ["booking.created", "booking.cancelled"], "secret_prefix": "whsec_test_0", "is_active": true,
            "created_at": "2026-06-05T10:00:00+00:00", "#,
            $more,
            "}"
        )
    };
}

/// Every body, at least one for each schema that an answer or an event has.
pub const BODIES: &[Body] = &[
    body(
        "token pair",
        "TokenPair",
        r#"{"access_token": "at-1", "refresh_token": "rt-1", "token_type": "Bearer", "expires_in": 3600, "refresh_expires_in": 604800}"#,
    ),
    body("token info", "TokenInfo", r#"{"hb_client_id": "agency-1", "expires_at": "2026-06-05T11:00:00+00:00"}"#),
    body("booking URL", "BookingUrl", r#"{"booking_url": "https://bls.hbcompliance.co.uk/book/agency-1"}"#),
    body(
        "credits",
        "Credits",
        r#"{"booking_credits": [{"course_id": 1, "course_name": "Virtual BLS", "credits": 12}], "booking_money_balance": 480.25, "currency": "GBP"}"#,
    ),
    body("transactions", "PaginatedTransactions", envelope!(transaction!())),
    body("transactions, no links", "PaginatedTransactions", only_data!(transaction!())),
    body("transactions, bare", "PaginatedTransactions", bare!(transaction!())),
    body("courses", "CoursesResponse", only_data!(course!())),
    body("courses, paged", "CoursesResponse", envelope!(course!())),
    body("courses, bare", "CoursesResponse", bare!(course!())),
    body("timeslots", "TimeslotsResponse", only_data!(slot!())),
    body("timeslots, paged", "TimeslotsResponse", envelope!(slot!())),
    body("timeslots, bare", "TimeslotsResponse", bare!(slot!())),
    body("hold", "Hold", concat!("{", hold!(), "}")),
    body("hold conflict", "HoldConflict", concat!(r#"{"message": "A hold is active.", "#, hold!(), "}")),
    body(
        "hold conflict, below",
        "HoldConflict",
        concat!(r#"{"message": "A hold is active.", "hold": {"#, hold!(), "}}"),
    ),
    body(
        "hold conflict, both",
        "HoldConflict",
        concat!(r#"{"message": "A hold is active.", "hold": {"#, hold!(), "}, ", hold!(), "}"),
    ),
    body("booking", "Booking", booking!()),
    body("bookings", "PaginatedBookings", envelope!(booking!())),
    body("bookings, no links", "PaginatedBookings", only_data!(booking!())),
    body("bookings, bare", "PaginatedBookings", bare!(booking!())),
    body("webhook", "Webhook", webhook!(r#""timeout_seconds": 10"#)),
    body(
        "webhook, new",
        "WebhookCreated",
        webhook!(r#""secret": "whsec_test_0123456789", "notice": "Store the secret: it is not shown again.""#),
    ),
    body("webhooks", "WebhooksResponse", only_data!(webhook!(r#""timeout_seconds": 10"#))),
    body("webhooks, bare", "WebhooksResponse", bare!(webhook!(r#""timeout_seconds": 10"#))),
    body(
        "rotated secret",
        "WebhookSecret",
        r#"{"secret": "whsec_test_9876543210", "notice": "Store the secret: it is not shown again."}"#,
    ),
    body(
        "event, signed test vector",
        "WebhookEvent",
        r#"{"event_id":"018f4a2b-1234-7000-8abc-def012345678","event_type":"webhook.test","occurred_at":"2026-06-05T10:00:00+00:00","data":{}}"#,
    ),
    body(
        "event, booking created",
        "WebhookEvent",
        concat!(
            r#"{"event_id": "018f4a2b-1234-7000-8abc-def012345679", "event_type": "booking.created", "occurred_at": "2026-06-05T10:00:00+00:00", "data": "#,
            booking!(),
            "}"
        ),
    ),
    body("data of booking.created", "BookingCreatedData", booking!()),
    body("data of booking.confirmed", "BookingConfirmedData", booking!()),
    body("data of booking.cancelled", "BookingCancelledData", booking!()),
    body("data of booking.certificate_available", "BookingCertificateAvailableData", booking!()),
    body("data of booking.attendance_marked", "BookingAttendanceMarkedData", booking!()),
    body(
        "data of booking.rescheduled",
        "BookingRescheduledData",
        booking!(
            r#", "previous_start_date": "2026-06-12T09:00:00+01:00", "previous_end_date": "2026-06-12T11:00:00+01:00""#
        ),
    ),
    body(
        "data of booking.equipment_late",
        "BookingEquipmentLateData",
        booking!(r#", "expected_return_date": "2026-06-29""#),
    ),
    body("data of webhook.test", "WebhookTestData", r#"{"message": "This is a test."}"#),
    body("message", "Message", r#"{"message": "Not found."}"#),
    body(
        "validation error",
        "ValidationError",
        r#"{"message": "The phone field is required.", "errors": {"phone": ["The phone field is required."], "email": ["one", "two"]}}"#,
    ),
];
