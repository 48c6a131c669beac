use hb_bls_gen::CourseId;
use serde::{Deserialize, Serialize};

#[cfg(feature = "schemars")]
use super::schema;

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
