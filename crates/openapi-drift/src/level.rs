//! Levels of changes, and the audiences for which they count.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How much a change is felt by a client that was written for the old document. Worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "files and exit codes are made of these four")]
pub enum Level {
    /// Calls fail, or responses can no longer be read.
    Breaking,
    /// A client may receive something that it does not handle.
    Risky,
    /// A client keeps working.
    Compatible,
    /// Nothing on the wire changes.
    Cosmetic,
}

impl Level {
    /// Every level, worst first.
    pub const ALL: [Self; 4] = [Self::Breaking, Self::Risky, Self::Compatible, Self::Cosmetic];

    /// The level's name, as files and reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Risky => "risky",
            Self::Compatible => "compatible",
            Self::Cosmetic => "cosmetic",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Level {
    type Err = UnknownNameError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|level| level.name() == name).ok_or(UnknownNameError)
    }
}

/// A text is not the id of a [`Rule`](crate::Rule), or not the name of a [`Level`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such name")]
#[non_exhaustive]
pub struct UnknownNameError;

/// For whom the levels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Audience {
    /// A client that was written for the old document, and uses a server of the new one.
    #[default]
    Client,
    /// A server that was written for the old document and is measured by the new one. It reads what a client sends.
    Server,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        assert_eq!("Risky".parse::<Level>(), Err(UnknownNameError));
    }
}
