//! Finds out whether the portal or an assumption changed.

use std::fmt;

use openapi_drift::Change;
use serde::Serialize;

/// Who says what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The portal: `spec/bls.openapi.json` says it.
    Published,
    /// We: `spec/bls.overlay.json` says it.
    Assumed,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Published => "published",
            Self::Assumed => "assumed",
        })
    }
}

/// Where a change of the effective document comes from.
pub fn of(change: &Change, published: &[Change]) -> Origin {
    if published.iter().any(|known| is_part(change, known)) { Origin::Published } else { Origin::Assumed }
}

/// Whether a published change is among those of the effective document.
pub fn shows(published: &Change, effective: &[&Change]) -> bool {
    effective.iter().any(|change| is_part(change, published))
}

/// Whether the effective change is the published one, or is within what the published one added or took away.
fn is_part(effective: &Change, published: &Change) -> bool {
    let is_whole = published.old_pointer.is_none() || published.new_pointer.is_none();
    effective.fingerprint == published.fingerprint
        || (effective.rule, &effective.pointer) == (published.rule, &published.pointer)
        || (&effective.pointer, &effective.old, &effective.new) == (&published.pointer, &published.old, &published.new)
        || (is_whole && is_below(&effective.pointer, &published.pointer))
}

fn is_below(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
