use hb_bls_gen::CourseId;
#[cfg(feature = "client")]
use hb_bls_gen::types;
use serde::{Deserialize, Serialize};

#[cfg(feature = "client")]
use super::{FromRaw, Unreadable};
#[cfg(feature = "schemars")]
use crate::webhook::schema;

/// The course that something belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CourseSummary {
    /// The course's id.
    #[cfg_attr(feature = "schemars", schemars(schema_with = "schema::id"))]
    pub id: CourseId,
    /// The display name.
    pub name: Option<String>,
}

#[cfg(feature = "client")]
impl FromRaw<types::CourseSummary> for CourseSummary {
    fn from_raw(raw: types::CourseSummary) -> Result<Self, Unreadable> {
        Ok(Self { id: raw.id, name: raw.name })
    }
}
