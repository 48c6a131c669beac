//! The errors of secrets, deliveries and events. Each message says what to do.

/// Why a text is not a valid signing secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// No secret was given.
    #[error("no signing secret was given; the portal shows it once, when the endpoint is registered or rotated")]
    Missing,
    /// The secret is empty.
    #[error("the signing secret is empty; is the variable that it is read from set?")]
    Empty,
    /// There is white space before or after the secret.
    #[error("the signing secret has white space around it, often a line end from a file; trim it")]
    WhiteSpace,
}

/// Why a delivery was refused.
///
/// No message contains any part of the secret, the signature or the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A header is missing.
    #[error("header {0} is missing; the request is not a delivery, or a proxy removed the header")]
    MissingHeader(&'static str),
    /// A header occurs more than once.
    #[error("header {0} occurs more than once; the portal sends it once, so a proxy or somebody else added the other")]
    RepeatedHeader(&'static str),
    /// A header contains something other than printable ASCII.
    #[error("header {0} is not plain ASCII text")]
    NonAsciiHeader(&'static str),
    /// `X-TDTA-Timestamp` does not consist of digits alone, or is out of range.
    #[error("header x-tdta-timestamp must be Unix seconds in digits alone, without sign, space or fraction")]
    TimestampFormat,
    /// `X-TDTA-Delivery-Id` is not a number.
    #[error("header x-tdta-delivery-id must be a number in digits alone, without sign or space")]
    DeliveryIdFormat,
    /// `X-TDTA-Event-Id` is not a UUID.
    #[error("header x-tdta-event-id must be a UUID with hyphens")]
    EventIdFormat,
    /// `X-TDTA-Signature` does not begin with `sha256=`.
    #[error("header x-tdta-signature must begin with `sha256=`; give the whole header, not the hex alone")]
    SignaturePrefix,
    /// `X-TDTA-Signature` does not have 64 hex digits.
    #[error("header x-tdta-signature must have 64 hex digits after `sha256=`; is it cut short?")]
    SignatureLength,
    /// `X-TDTA-Signature` contains upper-case letters.
    #[error(
        "header x-tdta-signature must be lower-case hex, as the portal writes it; another tool made this signature"
    )]
    SignatureUpperCase,
    /// `X-TDTA-Signature` contains something other than hex digits.
    #[error("header x-tdta-signature contains something other than hex digits after `sha256=`")]
    SignatureDigits,
    /// The body is longer than the limit.
    #[error("the body is longer than {limit} bytes, so it was not hashed; an event is about 1 KiB")]
    BodyTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The delivery was sent too long ago.
    #[error("the delivery is {seconds} s old; it is being replayed, or this machine's clock is fast")]
    TooOld {
        /// The age of the delivery, in seconds.
        seconds: u64,
    },
    /// The timestamp of the delivery is in the future.
    #[error("the delivery is from {seconds} s in the future; is this machine's clock slow?")]
    FromTheFuture {
        /// The number of seconds until that timestamp.
        seconds: u64,
    },
    /// None of the secrets has signed this body with this timestamp.
    #[error(
        "no secret fits the signature; verify the raw bytes of the body as they came, not JSON that was parsed and \
         written again, with the secret of this endpoint, the new one after a rotation"
    )]
    Signature,
    /// The signed body is not an event.
    #[error(transparent)]
    NotAnEvent(#[from] NotAnEvent),
    /// `X-TDTA-Event` names another event type than the signed body.
    #[error("header x-tdta-event disagrees with the signed body; somebody changed the header")]
    EventTypeMismatch,
    /// `X-TDTA-Event-Id` has another event id than the signed body.
    #[error("header x-tdta-event-id disagrees with the signed body; somebody changed the header")]
    EventIdMismatch,
}

impl VerifyError {
    /// The HTTP status code to respond with: 413 for a body that is too long, 401 for a signature or timestamp that
    /// does not match, 400 otherwise.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::BodyTooLarge { .. } => 413,
            Self::Signature | Self::TooOld { .. } | Self::FromTheFuture { .. } => 401,
            _ => 400,
        }
    }
}

/// The text is not the envelope of an event: a JSON object with `event_id`, a UUID, and `event_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is not an event: JSON with a UUID in `event_id` and a text in `event_type`")]
#[non_exhaustive]
pub struct NotAnEvent;
