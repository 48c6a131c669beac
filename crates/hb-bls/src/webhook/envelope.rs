//! Reads the id and the type of an event from a body, without decoding its data.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer as _,
    de::{IgnoredAny, MapAccess, Visitor},
};
use uuid::Uuid;

use super::NotAnEvent;
use crate::text::Text;

/// The fields of the envelope that the headers repeat.
#[derive(Debug, PartialEq)]
pub(super) struct Identity<'a> {
    pub(super) event_id: Uuid,
    pub(super) event_type: Cow<'a, str>,
}

/// Stops reading when both are known, since they come before the data.
pub(super) fn identity(body: &[u8]) -> Result<Identity<'_>, NotAnEvent> {
    as_written(body).map_or_else(|| in_any_json(body), Ok)
}

/// Reads a body that is written as the portal writes it: strings without escapes, and no white space. Apart from the
/// hash, this is most of the cost of a delivery, so it does without a general parser. Everything else is left to one.
fn as_written(body: &[u8]) -> Option<Identity<'_>> {
    let mut rest = body.strip_prefix(b"{")?;
    let (mut event_id, mut event_type) = (None, None);
    loop {
        let (name, after) = plain_text(rest)?;
        let (value, after) = plain_text(after.strip_prefix(b":")?)?;
        match name {
            b"event_id" => event_id = Some(Uuid::try_parse_ascii(value).ok()?),
            b"event_type" => event_type = Some(std::str::from_utf8(value).ok()?),
            // only a text is a name
            _ => drop(std::str::from_utf8(name).ok()?),
        }
        if let (Some(event_id), Some(event_type)) = (event_id, event_type) {
            return Some(Identity { event_id, event_type: event_type.into() });
        }
        rest = after.strip_prefix(b",")?;
    }
}

/// The content of a quoted string, and what follows it.
fn plain_text(json: &[u8]) -> Option<(&[u8], &[u8])> {
    let json = json.strip_prefix(b"\"")?;
    let end = json.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' '))?;
    Some((&json[..end], json[end..].strip_prefix(b"\"")?))
}

fn in_any_json(body: &[u8]) -> Result<Identity<'_>, NotAnEvent> {
    let mut found = (None, None);
    // serde reports an error when reading stops early, but what was found remains
    let _ = serde_json::Deserializer::from_slice(body).deserialize_map(Members(&mut found));
    match found {
        (Some(event_id), Some(event_type)) => Ok(Identity { event_id, event_type }),
        _ => Err(NotAnEvent),
    }
}

struct Members<'m, 'a>(&'m mut (Option<Uuid>, Option<Cow<'a, str>>));

impl<'a> Visitor<'a> for Members<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        while self.0.0.is_none() || self.0.1.is_none() {
            match members.next_key::<Text<'a>>()?.as_ref().map(|key| &*key.0) {
                Some("event_id") => self.0.0 = Some(members.next_value()?),
                Some("event_type") => self.0.1 = Some(members.next_value::<Text<'a>>()?.0),
                Some(_) => {
                    members.next_value::<IgnoredAny>()?;
                }
                None => break,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "018f4a2b-1234-7000-8abc-def012345678";

    /// Parts of envelopes, and texts that look like them.
    fn body() -> impl Strategy<Value = Vec<u8>> {
        let names = ["event_id", "event_type", "event\\u005fid", "occurred_at", "data", "", "\u{e9}"];
        let values = [
            format!("\"{ID}\""),
            format!("\"{{{ID}}}\""),
            "\"webhook.test\"".into(),
            "\"webhook\\u002etest\"".into(),
            "\"\"".into(),
            "\"\u{e9}\"".into(),
            "\"a\tb\"".into(),
            "\"\\\"\"".into(),
            "{\"event_type\":\"x\"}".into(),
            "7".into(),
            "null".into(),
        ];
        let space = prop::sample::select(vec!["", "", "", "", " ", "\n"]);
        let member = (prop::sample::select(names.to_vec()), prop::sample::select(values.to_vec()), space)
            .prop_map(|(name, value, space)| format!("{space}\"{name}\":{space}{value}"));
        let whole = prop::collection::vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(",")));
        (whole, any::<prop::sample::Index>(), prop::option::weighted(0.3, any::<u8>())).prop_map(
            |(whole, at, other)| {
                let mut body = whole.into_bytes();
                if let Some(other) = other {
                    let at = at.index(body.len());
                    body[at] = other;
                }
                body
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn it_is_read_as_any_json_is(body in body()) {
            if let Some(found) = as_written(&body) {
                prop_assert_eq!(Ok(found), in_any_json(&body));
            }
        }
    }

    #[test]
    fn a_name_that_is_no_text_is_no_event() {
        let body = [format!("{{\"event_id\":\"{ID}\",\"").as_bytes(), b"\x80\":\"\",\"event_type\":\"x\"}"].concat();
        assert_eq!((as_written(&body), identity(&body)), (None, Err(NotAnEvent)));
    }

    #[test]
    fn what_the_portal_writes_needs_no_parser() {
        let identity = Identity { event_id: ID.parse().unwrap(), event_type: "webhook.test".into() };
        let body = format!("{{\"event_id\":\"{ID}\",\"occurred_at\":\"x\",\"event_type\":\"webhook.test\",\"data\":{{");
        assert_eq!(as_written(body.as_bytes()), Some(identity));
    }
}
