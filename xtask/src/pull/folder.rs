//! The folders into which a site sorts its pages. Their names distinguish the APIs of one portal.

use serde_json::Value;

/// The member of an operation or schema that names its folder.
const MARK: &str = "x-apidog-folder";

/// A folder to pull, by its path.
#[derive(Debug, Clone)]
pub struct Folder(Vec<String>);

impl Folder {
    /// Reads `API` or `API/Bookings`. An empty text means every folder.
    pub fn parse(text: &str) -> Self {
        Self(split(text))
    }

    /// Whether a page at this path is in the folder, at any depth. The folder itself may be in others.
    pub fn holds(&self, path: &[String]) -> bool {
        self.end_in(path).is_some()
    }

    /// Whether every page is wanted.
    pub fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// What follows the folder's own name in a path: the name of a group of operations.
    pub fn rest<'a>(&self, path: &'a [String]) -> &'a [String] {
        self.end_in(path).map_or(path, |end| &path[end..])
    }

    fn end_in(&self, path: &[String]) -> Option<usize> {
        if self.is_everything() {
            return Some(0);
        }
        path.windows(self.0.len()).position(|part| part == self.0).map(|start| start + self.0.len())
    }
}

/// The folder that an operation or a schema names.
pub fn named(value: &Value) -> Option<Vec<String>> {
    value[MARK].as_str().map(split).filter(|path| !path.is_empty())
}

/// Splits a path at its slashes; `\/` is a slash in a name. Spaces around names are dropped, and runs of spaces are
/// one.
pub fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => parts.last_mut().into_iter().for_each(|part| part.extend(letters.next())),
            '/' => parts.push(String::new()),
            _ => parts.last_mut().into_iter().for_each(|part| part.push(letter)),
        }
    }
    let tidy = |part: String| part.split_whitespace().collect::<Vec<_>>().join(" ");
    parts.into_iter().map(tidy).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_and_matched() {
        assert_eq!(split(r" Virtual  BLS APIs/In\/Out/ "), ["Virtual BLS APIs", "In/Out"]);
        let folder = Folder::parse("Virtual BLS APIs");
        for (path, holds) in [
            ("Virtual BLS APIs", true),
            ("Virtual BLS APIs/Bookings", true),
            ("Portal/Virtual BLS APIs/Bookings", true),
            ("Virtual BLS APIs (old)/Bookings", false),
            ("Practical Training APIs", false),
            ("", false),
        ] {
            assert_eq!(folder.holds(&split(path)), holds, "{path}");
        }
        assert!(Folder::parse("").holds(&[]));
        assert_eq!(folder.rest(&split("Portal/Virtual BLS APIs/Bookings/Old")), ["Bookings", "Old"]);
    }
}
