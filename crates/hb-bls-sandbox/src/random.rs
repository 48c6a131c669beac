//! Secrets, hashes and ids, from a cryptographically secure source.

use rand::RngExt as _;
use rand::distr::{Alphanumeric, SampleString as _};

/// A random string of letters and digits.
pub(crate) fn text(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}

/// A random string of decimal digits that does not start with zero.
pub(crate) fn digits(length: u32) -> String {
    let low = 10_u64.saturating_pow(length.saturating_sub(1));
    rand::rng().random_range(low..low.saturating_mul(10)).to_string()
}

/// A random UUID.
pub(crate) fn uuid() -> uuid::Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}
