//! The control API under `/_sandbox`: it plays the staff, the candidate and the passing of time.

mod accounts;
mod actions;
mod input;
mod routes;
mod trigger;

pub use accounts::AccountPatch;
pub(crate) use accounts::pence;
pub use actions::Seed;
pub(crate) use routes::routes;

use crate::problem::Problem;

/// Does it in a task of its own, so that a caller who hangs up does not stop the clock half way.
pub(crate) async fn finished<T: Send + 'static>(
    work: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    tokio::spawn(work).await.map_err(|error| Problem::Internal(error.to_string()))?
}

/// Where it is mounted.
pub(crate) const PREFIX: &str = "/_sandbox";
