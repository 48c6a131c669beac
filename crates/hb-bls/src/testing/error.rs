//! Errors with the details that the portal's response would give them.

use std::time::Duration;

use hb_bls_gen::Operation;

use crate::{Error, ErrorKind, HoldDetails, Rejection};

/// The error of a booking whose values the portal has rejected, with its messages by field.
///
/// ```
/// use hb_bls::{Error, testing};
///
/// /// What a form shows beside a field.
/// fn hint<'e>(error: &'e Error, field: &str) -> Option<&'e str> {
///     let messages = error.rejection()?.fields().get(field)?;
///     messages.first().map(String::as_str)
/// }
///
/// let error = testing::rejected([("postcode", "The postcode is not valid.")]);
/// assert_eq!(hint(&error, "postcode"), Some("The postcode is not valid."));
/// assert_eq!(hint(&error, "email"), None);
/// ```
pub fn rejected<F: Into<String>, M: Into<String>>(messages: impl IntoIterator<Item = (F, M)>) -> Error {
    let mut rejection = Rejection::default();
    for (field, message) in messages {
        rejection.fields.entry(field.into()).or_default().push(message.into());
    }
    Error::new(ErrorKind::Rejected, Operation::CreateBooking).with_status(422).with_rejection(rejection)
}

/// The error of holding a timeslot while this hold is in the way.
///
/// ```
/// use hb_bls::testing;
///
/// let error = testing::conflict(testing::hold_details());
/// assert_eq!(error.conflicting_hold(), Some(&testing::hold_details()));
/// ```
pub fn conflict(hold: HoldDetails) -> Error {
    Error::new(ErrorKind::Conflict, Operation::HoldTimeslot).with_hold(hold)
}

/// The error of a request that the portal refused because the rate limit is used up, with the pause that it asks for.
///
/// ```
/// use std::time::Duration;
/// use hb_bls::testing;
///
/// let error = testing::rate_limited(Duration::from_secs(30));
/// assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
/// assert!(error.is_retryable());
/// ```
pub fn rate_limited(retry_after: Duration) -> Error {
    Error::rate_limited(Operation::ListBookings, Some(retry_after))
}
