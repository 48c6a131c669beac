//! Errors when a program starts or controls the sandbox.

use crate::problem::Problem;

/// Why a sandbox could not start, or why it refused something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The address could not be bound, or a thread or file could not be opened.
    #[error("the sandbox could not start: {0}")]
    Io(#[from] std::io::Error),
    /// The database could not be opened or used.
    #[error("the sandbox database failed: {0}")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database file belongs to another sandbox that is still running.
    #[error("the database file is in use by another sandbox")]
    DatabaseInUse,
    /// The database file holds another program's data. Nothing in it was changed.
    #[error("the database file holds another program's tables and was left as it is; name a file that is new")]
    DatabaseForeign,
    /// The database file was written by an incompatible version.
    #[non_exhaustive]
    #[error("the database file has schema version {found}, this sandbox needs {expected}")]
    DatabaseVersion {
        /// The version in the file.
        found: i64,
        /// The version this crate writes.
        expected: i64,
    },
    /// There is no such booking, delivery or account.
    #[error("{0}")]
    NotFound(String),
    /// The input is wrong, or the portal's rules forbid it now.
    #[error("{0}")]
    Refused(String),
    /// The sandbox has stopped.
    #[error("the sandbox has stopped")]
    Stopped,
    /// A defect of the sandbox itself.
    #[error("the sandbox failed: {0}")]
    Internal(String),
}

impl SandboxError {
    /// The library behind the database does not show, so that any version of it can be used.
    pub(crate) fn database(cause: rusqlite::Error) -> Self {
        Self::Database(Box::new(cause))
    }
}

impl From<Problem> for SandboxError {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::NotFound(message) => Self::NotFound(message),
            Problem::Internal(message) => Self::Internal(message),
            other => Self::Refused(other.message()),
        }
    }
}
