//! Lists, however they are wrapped.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::SeqAccessDeserializer},
};

use crate::types::{PaginationLinks, PaginationMeta};

/// A list, or one page of it.
///
/// Read from the published envelope `{data, meta, links}`, from one without `meta` or `links`, or from a bare
/// array: which operations use which is only assumed.
#[derive(Debug, Clone, Serialize)]
pub struct List<T> {
    /// The entries.
    pub data: Vec<T>,
    /// Where the page stands in its list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<PaginationMeta>,
    /// The neighbouring pages.
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
        let data = Vec::deserialize(SeqAccessDeserializer::new(entries))?;
        Ok(List { data, meta: None, links: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<List<T>, A::Error> {
        let (mut data, mut meta, mut links) = (None, None, None);
        while let Some(key) = members.next_key::<Box<str>>()? {
            match &*key {
                // null is an empty list
                "data" => data = Some(members.next_value::<Option<Vec<T>>>()?.unwrap_or_default()),
                // a position that cannot be read is as good as none
                "meta" => meta = serde_json::from_value(members.next_value()?).ok(),
                "links" => links = serde_json::from_value(members.next_value()?).ok(),
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        match data {
            Some(data) => Ok(List { data, meta, links }),
            None => Err(serde::de::Error::missing_field("data")),
        }
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
    fn what_is_no_list_is_refused() {
        for json in ["{}", "null", "3", r#"{"data":{}}"#, r#"{"data":["x"]}"#] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
