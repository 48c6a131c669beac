use std::{sync::Arc, time::Duration};

use hb_bls::{
    state::StateFuture,
    webhook::{ClaimOutcome, EventLease, Inbox, MemoryInbox, RETENTION},
};
use uuid::Uuid;

use crate::{
    PostgresState,
    driver::{Driver, seconds, signed},
};

/// An [`Inbox`] in a table, which processes share. From [`PostgresState::inbox`].
///
/// What was handled stays recorded if the server crashes, unless it is configured otherwise (`synchronous_commit`). Events
/// that need not be remembered any more are deleted, a few with each claim.
#[derive(Debug, Clone)]
pub struct PostgresInbox {
    driver: Arc<dyn Driver>,
    statements: Arc<Statements>,
    lease: Duration,
}

#[derive(Debug)]
struct Statements {
    claim: String,
    done: String,
    failed: String,
}

impl PostgresState {
    /// Records which webhook events were handled.
    #[must_use]
    pub fn inbox(&self) -> PostgresInbox {
        PostgresInbox::new(self)
    }
}

impl PostgresInbox {
    pub(crate) fn new(state: &PostgresState) -> Self {
        let statements = Statements {
            claim: state.statement(include_str!("sql/claim.sql")),
            done: state.statement(include_str!("sql/done.sql")),
            failed: state.statement(include_str!("sql/failed.sql")),
        };
        Self { driver: state.driver(), statements: Arc::new(statements), lease: MemoryInbox::DEFAULT_LEASE }
    }

    /// Sets how long a claim lasts, 10 minutes by default. It must be longer than any handler takes.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }
}

impl Inbox for PostgresInbox {
    fn claim(&self, event_id: Uuid) -> StateFuture<'_, ClaimOutcome> {
        Box::pin(async move {
            let claim = fastrand::u64(..);
            let parameters = [&event_id.to_string(), &signed(claim), &seconds(self.lease)];
            let rows = self.driver.query(&self.statements.claim, &parameters.map(String::as_str)).await?;
            let outcome = rows.into_iter().flatten().flatten().next();
            Ok(match outcome.as_deref() {
                Some("new") => ClaimOutcome::New(EventLease::new(event_id, claim)),
                Some("done") => ClaimOutcome::Done,
                // or nothing: who was claiming it at the same time is not seen yet
                _ => ClaimOutcome::Taken,
            })
        })
    }

    fn done(&self, lease: EventLease) -> StateFuture<'_, ()> {
        Box::pin(async move {
            let parameters = [&lease.event_id.to_string(), &seconds(RETENTION)];
            self.driver.query(&self.statements.done, &parameters.map(String::as_str)).await.map(drop)
        })
    }

    fn failed(&self, lease: EventLease) -> StateFuture<'_, ()> {
        Box::pin(async move {
            let parameters = [&lease.event_id.to_string(), &signed(lease.token)];
            self.driver.query(&self.statements.failed, &parameters.map(String::as_str)).await.map(drop)
        })
    }
}
