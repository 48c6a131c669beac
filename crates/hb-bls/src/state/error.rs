use std::{error::Error, fmt, sync::Arc};

use crate::error_chain;

/// A failure of shared state or of a webhook inbox.
///
/// `Display` says that it failed. The store's own error is the [`source`](Error::source), which `{:#}` shows, too.
#[derive(Clone)]
pub struct StateError {
    what: &'static str,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl StateError {
    /// Wraps a cause or a text. It may be logged, so it must not contain a token.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { what: "the store failed", source: Some(cause.into().into()) }
    }

    /// A failure without another cause than its text.
    pub(crate) const fn of(what: &'static str) -> Self {
        Self { what, source: None }
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        error_chain::show(self, f)
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
