//! Which event a body is about, without decoding it.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer as _,
    de::{IgnoredAny, MapAccess, Visitor},
};
use uuid::Uuid;

use super::NotAnEvent;
use crate::text::Text;

/// The members of the envelope that the headers repeat.
pub(super) struct Identity<'a> {
    pub(super) event_id: Uuid,
    pub(super) event_type: Cow<'a, str>,
}

/// Reads no further than both are known: they stand before the data.
pub(super) fn identity(body: &[u8]) -> Result<Identity<'_>, NotAnEvent> {
    let mut found = (None, None);
    // stopping early is an error to serde, and what was found remains
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
