//! Positions in a list.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Error;

/// A position in a list, from which another stream can continue: in another process, or after an error.
///
/// As text it is the page number and the number of entries of that page that were yielded, such as `3:17`. serde stores
/// it in the same form.
///
/// ```
/// # fn main() -> Result<(), hb_bls::Error> {
/// let position: hb_bls::Position = "3:17".parse()?;
/// assert_eq!((position.page(), position.offset()), (3, 17));
/// assert_eq!(position.to_string(), "3:17");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Position {
    pub(super) page: u32,
    pub(super) offset: usize,
}

impl Position {
    /// The page number, counted from 1.
    pub fn page(self) -> u32 {
        self.page
    }

    /// How many entries of the page have been yielded.
    pub fn offset(self) -> usize {
        self.offset
    }
}

impl Default for Position {
    /// The start of the list.
    fn default() -> Self {
        Self { page: 1, offset: 0 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.page, self.offset)
    }
}

impl FromStr for Position {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let read = || {
            let (page, offset) = text.split_once(':')?;
            let (page, offset) = (page.parse().ok()?, offset.parse().ok()?);
            (page > 0).then_some(Self { page, offset })
        };
        read().ok_or_else(|| Error::configuration("a position in a list is a page and an offset, such as 3:17"))
    }
}

impl TryFrom<String> for Position {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Position> for String {
    fn from(position: Position) -> Self {
        position.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_survives_text_and_json() {
        let position = Position { page: 7, offset: 19 };
        assert_eq!(position.to_string().parse::<Position>().unwrap(), position);
        let json = serde_json::to_string(&position).unwrap();
        assert_eq!(json, r#""7:19""#);
        assert_eq!(serde_json::from_str::<Position>(&json).unwrap(), position);
        for wrong in ["", "7", ":", "0:1", "-1:1", "1:x", "1:1:1", "99999999999:1"] {
            assert!(wrong.parse::<Position>().is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Position>("7").is_err());
    }
}
