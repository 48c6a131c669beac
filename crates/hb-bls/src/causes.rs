//! The causes of an error, after what it says itself.

use std::{error::Error, fmt, iter};

/// Shows them where `{:#}` asks for them.
pub(crate) fn show(error: &dyn Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if f.alternate() { of(error).try_for_each(|cause| write!(f, ": {cause}")) } else { Ok(()) }
}

/// From the nearest to the root.
pub(crate) fn of<'a>(error: &'a (dyn Error + 'a)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(error.source(), |&cause| cause.source())
}
