//! Lists in any envelope.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::types::{PaginationLinks, PaginationMeta};

/// The most entries that are read, about a hundred times those of the longest page. A small compressed body could
/// otherwise expand to millions.
const MOST: usize = 20_000;
/// How the error begins if there are more entries.
#[doc(hidden)]
pub const TOO_MANY: &str = "the list has more than 20,000 entries";

/// A list, or one page of it.
///
/// It is read from the published envelope `{data, meta, links}`, from an envelope without `meta` or `links`, or from a
/// bare array. Which operation uses which form is only assumed.
#[derive(Debug, Clone, Serialize)]
pub struct List<T> {
    /// The entries.
    pub data: Vec<T>,
    /// The position of the page in the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<PaginationMeta>,
    /// Links to the neighbouring pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<PaginationLinks>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Envelope(PhantomData))
    }
}

struct Envelope<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Envelope<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, bare or in `data`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, entries: A) -> Result<List<T>, A::Error> {
        let Entries(data) = Entries::take(entries)?;
        Ok(List { data, meta: None, links: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<List<T>, A::Error> {
        let (mut data, mut meta, mut links) = (None, None, None);
        while let Some(key) = members.next_key::<Box<str>>()? {
            match &*key {
                // null is read as an empty list
                "data" => {
                    data = Some(members.next_value::<Option<Entries<T>>>()?.map_or_else(Vec::new, |entries| entries.0))
                }
                // a position that cannot be read is ignored
                "meta" => meta = serde_json::from_value(members.next_value()?).ok(),
                "links" => links = serde_json::from_value(members.next_value()?).ok(),
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        match data {
            Some(data) => Ok(List { data, meta, links }),
            None => Err(A::Error::missing_field("data")),
        }
    }
}

/// An array whose length is limited.
struct Entries<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Entries<T> {
    fn take<A: SeqAccess<'de>>(mut entries: A) -> Result<Self, A::Error> {
        let mut taken = Vec::new();
        while let Some(entry) = entries.next_element()? {
            if taken.len() == MOST {
                return Err(A::Error::custom(TOO_MANY));
            }
            taken.push(entry);
        }
        Ok(Self(taken))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Array<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Array<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, entries: A) -> Result<Entries<T>, A::Error> {
                Entries::take(entries)
            }
        }

        deserializer.deserialize_seq(Array(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<List<u8>, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn any_envelope_is_read() {
        for json in [
            "[1,2]",
            r#"{"data":[1,2]}"#,
            r#"{"data":[1,2],"meta":null,"links":null}"#,
            r#"{"links":{"next":null},"new":{"x":[1]},"meta":{"total":"many"},"data":[1,2]}"#,
        ] {
            assert_eq!(read(json).unwrap().data, [1, 2], "{json}");
        }
        assert_eq!(read(r#"{"data":null}"#).unwrap().data, Vec::<u8>::new());
        let page = read(r#"{"data":[],"meta":{"current_page":2,"last_page":3}}"#).unwrap();
        assert_eq!(page.meta.unwrap().last_page, Some(3));
    }

    #[test]
    fn a_list_has_so_many_entries_at_most() {
        let array = |entries| format!("[{}]", vec!["1"; entries].join(","));
        for wrap in [|array| array, |array| format!(r#"{{"data":{array}}}"#)] {
            assert_eq!(read(&wrap(array(MOST))).unwrap().data.len(), MOST);
            assert!(read(&wrap(array(MOST + 1))).unwrap_err().to_string().starts_with(TOO_MANY));
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for json in ["{}", "null", "3", r#"{"data":{}}"#, r#"{"data":["x"]}"#] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
