//! Why documents cannot be compared.

/// Why documents cannot be compared, or judged as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
#[non_exhaustive]
pub enum Error {
    #[non_exhaustive]
    #[error("{name} is not valid JSON: {reason}")]
    Json { name: String, reason: String },
    #[non_exhaustive]
    #[error("{name} is not valid YAML: {reason}")]
    Yaml { name: String, reason: String },
    #[non_exhaustive]
    #[error("{name}: a number that was read rounded may have been {number}: write it in one way")]
    Number { name: String, number: String },
    #[non_exhaustive]
    #[error("the {which} document is not an OpenAPI document: it has no `openapi` version")]
    NoVersion { which: &'static str },
    #[non_exhaustive]
    #[error("the {which} document is OpenAPI {version:?}; 3.0.x and 3.1.x can be compared")]
    Version { which: &'static str, version: String },
    #[non_exhaustive]
    #[error("the {which} document is nested deeper than {limit} levels")]
    TooDeep { which: &'static str, limit: usize },
    #[non_exhaustive]
    #[error("{name}: {reason}")]
    Settings { name: String, reason: String },
}
