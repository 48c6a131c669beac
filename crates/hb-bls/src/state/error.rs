use std::{error::Error, fmt, sync::Arc};

use crate::causes;

/// Why shared state, or an inbox of webhook events, cannot be reached.
///
/// `Display` says that it failed; what a store said is the [`source`](Error::source), shown with `{:#}`.
#[derive(Clone)]
pub struct StateError {
    what: &'static str,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl StateError {
    /// Wraps the cause, or a text. It may be logged, so it must hold no token.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { what: "the store failed", source: Some(cause.into().into()) }
    }

    /// A failure that nothing caused but what it says.
    pub(crate) const fn of(what: &'static str) -> Self {
        Self { what, source: None }
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        causes::show(self, f)
    }
}

/// As `{:#}`: what errors of stores show otherwise is not known.
impl fmt::Debug for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateError({self:#})")
    }
}

impl Error for StateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
