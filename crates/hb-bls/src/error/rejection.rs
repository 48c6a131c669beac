use std::{collections::BTreeMap, fmt};

/// What the portal says about the input that it rejected.
///
/// `Display` and `Debug` show only the names of the fields, since messages may repeat the input.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Rejection {
    pub(crate) message: Option<String>,
    pub(crate) fields: BTreeMap<String, Vec<String>>,
}

impl Rejection {
    /// The message about the request as a whole.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The messages about single fields, by the name of the field.
    pub fn fields(&self) -> &BTreeMap<String, Vec<String>> {
        &self.fields
    }

    /// The fields whose names look like field names. A response may contain anything.
    fn names(&self) -> impl Iterator<Item = &str> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.*".contains(c);
        let is_name = move |name: &&str| {
            name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(fits)
        };
        self.fields.keys().map(String::as_str).filter(is_name)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.names().collect::<Vec<_>>()[..] {
            [] => f.write_str("a rule of the portal forbids it"),
            ref fields => write!(f, "check {}", fields.join(", ")),
        }
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection").field("fields", &self.names().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}
