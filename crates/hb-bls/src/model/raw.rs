//! Conversion from the generated types.

use hb_bls_gen as raw;

/// Part of an answer that decodes and still cannot be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) path: String,
    pub(crate) reason: &'static str,
}

impl Unreadable {
    pub(super) fn new(path: &str, reason: &'static str) -> Self {
        Self { path: path.to_owned(), reason }
    }

    pub(super) fn below(self, parent: &str) -> Self {
        Self { path: format!("{parent}.{}", self.path), reason: self.reason }
    }
}

/// Made from a type of the raw layer, which must not show in the public API.
pub(crate) trait FromRaw<R>: Sized {
    fn from_raw(raw: R) -> Result<Self, Unreadable>;
}

/// What may be absent, named by its field.
pub(crate) fn optional<R, T: FromRaw<R>>(raw: Option<R>, field: &str) -> Result<Option<T>, Unreadable> {
    raw.map(T::from_raw).transpose().map_err(|error| error.below(field))
}

/// Entries, named by their index.
pub(crate) fn entries<R, T: FromRaw<R>>(raw: Vec<R>, field: &str) -> Result<Vec<T>, Unreadable> {
    let below = |(index, raw)| T::from_raw(raw).map_err(|error| error.below(&format!("{field}[{index}]")));
    raw.into_iter().enumerate().map(below).collect()
}

impl<R, T: FromRaw<R>> FromRaw<raw::List<R>> for Vec<T> {
    fn from_raw(list: raw::List<R>) -> Result<Self, Unreadable> {
        // collecting would do it in place and then move all that to where it fits
        let mut entries = Vec::with_capacity(list.data.len());
        for (index, raw) in list.data.into_iter().enumerate() {
            entries.push(T::from_raw(raw).map_err(|error| error.below(&format!("data[{index}]")))?);
        }
        Ok(entries)
    }
}
