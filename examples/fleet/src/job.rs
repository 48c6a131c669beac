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
    /// The timeslot, or nothing for the earliest one.
    date: Option<Date>,
    time: Option<Time>,
    details: BookingDetails,
}

impl Job {
    pub fn request(&self) -> BookRequest {
        let details = self.details.clone();
        let request = match (self.date, self.time) {
            (Some(date), Some(time)) => BookRequest::at(self.course_id, date, time, details),
            _ => BookRequest::earliest(self.course_id, details),
        };
        request.key(&self.key)
    }
}

pub fn read(path: &str) -> Result<Vec<Job>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    text.lines().map(|line| serde_json::from_str(line).context("a line is not a booking")).collect()
}
