//! Holds that were made by `holds create`. An account can have one at a time, so each is in the way of a run.

use anyhow::{Context as _, Result};
use hb_bls::{Client, Error, HoldDetails};

use super::{input::Row, journal::State};
use crate::{book::preflight, context::Context};

/// The row that is still to be booked for the timeslot of a hold.
pub fn wanted_by(hold: &HoldDetails, rows: &[Row], states: &[State]) -> Option<usize> {
    (0..rows.len()).find(|row| states[*row] == State::Open && preflight::is_of(hold, &rows[*row].order))
}

/// Releases one so that the run can book.
pub async fn release(hold: &HoldDetails, client: &Client, context: &Context) -> Result<()> {
    let released = client.timeslots().release(&hold.hold_hash).await;
    // it may have expired
    if released.as_ref().err().is_none_or(Error::is_not_found) {
        context.forget_hold(&hold.hold_hash);
        return Ok(());
    }
    released.context("cannot release the hold")
}
