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

/// The same error, unless it or a cause of it shows this text: then what they say without it. A type of somebody else's
/// cannot be changed, and would still show it.
#[cfg(feature = "client")]
#[cold]
pub(crate) fn without(error: Box<dyn Error + Send + Sync>, text: &str) -> Box<dyn Error + Send + Sync> {
    let messages: Vec<_> = iter::once(error.to_string()).chain(of(&*error).map(ToString::to_string)).collect();
    if !messages.iter().any(|message| message.contains(text)) {
        return error;
    }
    let said = messages
        .iter()
        .rev()
        .fold(None, |source, message| Some(Box::new(RedactedError(message.replace(text, "/..."), source))));
    said.map_or(error, |said| said)
}

/// What an error said, and what its cause did.
#[cfg(feature = "client")]
#[derive(Debug)]
struct RedactedError(String, Option<Box<RedactedError>>);

#[cfg(feature = "client")]
impl fmt::Display for RedactedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(feature = "client")]
impl Error for RedactedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|cause| cause as _)
    }
}
