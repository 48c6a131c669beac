//! What can be wrong with a secret, a delivery or an event, each with what to do about it.

/// Why a text cannot be a signing secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// No secret was given.
    #[error("no signing secret was given; the portal shows it once, when the endpoint is registered or rotated")]
    Missing,
    /// The text is empty.
    #[error("the signing secret is empty; is the variable that it is read from set?")]
    Empty,
    /// There is white space before or after it.
    #[error("the signing secret has white space around it, often a line end from a file; trim it")]
    WhiteSpace,
}

/// Why a delivery is not believed.
///
/// No message holds anything of the secret, the signature or the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A header is not there.
    #[error("header {0} is missing; the request is not a delivery, or a proxy took the header away")]
    MissingHeader(&'static str),
    /// A header is there twice.
    #[error("header {0} is there more than once; a delivery has one, so a proxy or somebody else added the other")]
    RepeatedHeader(&'static str),
    /// A header holds more than printable ASCII.
    #[error("header {0} is not plain ASCII text")]
    NonAsciiHeader(&'static str),
    /// `X-TDTA-Timestamp` is not written in digits alone, or beyond any time.
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
    /// `X-TDTA-Signature` has not 64 digits.
    #[error("header x-tdta-signature must have 64 hex digits after `sha256=`; is it cut short?")]
    SignatureLength,
    /// `X-TDTA-Signature` is written in capitals.
    #[error(
        "header x-tdta-signature must be lower-case hex, as the portal writes it; this was written by another tool"
    )]
    SignatureUpperCase,
    /// `X-TDTA-Signature` is not hex.
    #[error("header x-tdta-signature holds more than hex digits after `sha256=`")]
    SignatureDigits,
    /// The body is longer than any event.
    #[error("the body is longer than {limit} bytes, so it was not hashed; an event is about 1 KiB")]
    BodyTooLarge {
        /// The most that is read, in bytes.
        limit: usize,
    },
    /// The delivery was sent too long ago.
    #[error("the delivery is {seconds} s old; it is sent again, or this machine's clock is fast")]
    TooOld {
        /// Seconds since its timestamp.
        seconds: u64,
    },
    /// The delivery comes from the future.
    #[error("the delivery is from {seconds} s in the future; is this machine's clock slow?")]
    FromTheFuture {
        /// Seconds until its timestamp.
        seconds: u64,
    },
    /// Nobody who has a secret signed this body at this time.
    #[error(
        "no secret fits the signature; verify the raw bytes of the body as they came, not JSON that was parsed and \
         written again, with the secret of this endpoint, the new one after a rotation"
    )]
    Signature,
    /// The signed body is not an event.
    #[error(transparent)]
    NotAnEvent(#[from] NotAnEvent),
    /// `X-TDTA-Event` names another type than the signed body.
    #[error("header x-tdta-event disagrees with the signed body; somebody changed the header")]
    EventTypeMismatch,
    /// `X-TDTA-Event-Id` names another event than the signed body.
    #[error("header x-tdta-event-id disagrees with the signed body; somebody changed the header")]
    EventIdMismatch,
}

impl VerifyError {
    /// What to answer: 413 for a body that is too long, 401 for a signature or time that does not fit, else 400.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::BodyTooLarge { .. } => 413,
            Self::Signature | Self::TooOld { .. } | Self::FromTheFuture { .. } => 401,
            _ => 400,
        }
    }
}

/// A text is not an event's envelope: a JSON object with `event_id`, a UUID, and `event_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is not an event: JSON with a UUID in `event_id` and a text in `event_type`")]
#[non_exhaustive]
pub struct NotAnEvent;
