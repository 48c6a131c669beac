//! The chain of causes of an error.

use std::{error::Error, fmt, iter};

/// Writes the causes if the formatter is in alternate mode (`{:#}`).
pub(crate) fn show(error: &dyn Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if f.alternate() { of(error).try_for_each(|cause| write!(f, ": {cause}")) } else { Ok(()) }
}

/// The causes, from the nearest to the root.
pub(crate) fn of<'a>(error: &'a (dyn Error + 'a)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(error.source(), |&cause| cause.source())
}
