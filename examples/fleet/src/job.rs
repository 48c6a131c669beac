//! The bookings to make.

use anyhow::{Context as _, Result};
use hb_bls::{BookRequest, BookingDetails, CourseId, Date, Time};
use serde::Deserialize;

/// A booking, as a line of the file.
#[derive(Debug, Clone, Deserialize)]
pub struct Job {
    /// The key, by which the booking is made once.
    pub key: String,
    /// The place of the account in `FLEET_ACCOUNTS`, from 0.
    pub account: usize,
    course_id: CourseId,
    date: Date,
    time: Time,
    details: BookingDetails,
}

impl Job {
    pub fn request(&self) -> BookRequest {
        BookRequest::at(self.course_id, self.date, self.time, self.details.clone()).key(&self.key)
    }
}

pub fn read(path: &str) -> Result<Vec<Job>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    text.lines().map(|line| serde_json::from_str(line).context("a line is not a booking")).collect()
}
