//! Shows what became of each delivery.

use std::io;

use hb_bls::{
    BookingId, Clock as _, SystemClock,
    webhook::{NewEvent, ReceivedEvent},
};
use jiff::Timestamp;
use serde::Serialize;

use super::emit::DeliveryError;
use crate::{
    output::{self, Output, sanitise, wrap},
    when,
};

/// An attempt to deliver an event.
#[derive(Debug, Serialize)]
pub struct Attempt {
    #[serde(skip)]
    at: Timestamp,
    event_id: String,
    event_type: String,
    booking: Option<BookingId>,
    origin: &'static str,
    attempt: u32,
    taken: bool,
    /// Whether it was the last attempt.
    dead: bool,
    /// Why it was not taken.
    reason: Option<String>,
}

impl Attempt {
    /// `attempts` is how many are made.
    pub fn new(received: &ReceivedEvent, outcome: &Result<(), DeliveryError>, attempts: u32) -> Self {
        let event = &received.event;
        let reason = outcome.as_ref().err().map(ToString::to_string);
        Self {
            at: SystemClock.now(),
            event_id: event.event_id.to_string(),
            event_type: event.event_type.to_string(),
            booking: NewEvent::from_event(event, received.origin).booking_id,
            origin: received.origin.as_str(),
            attempt: received.attempt,
            taken: outcome.is_ok(),
            dead: outcome.is_err() && received.attempt >= attempts,
            reason,
        }
    }

    pub fn show(&self, output: Output) -> io::Result<()> {
        if output.is_json() { output.line(self) } else { output.text(&wrap::lines(&self.line(), output::width())) }
    }

    /// Time, event, id, and what became of it.
    fn line(&self) -> String {
        let time = when::second(self.at);
        let event_type = sanitise::line(&self.event_type);
        let end = match &self.reason {
            None => "delivered".to_owned(),
            Some(reason) if self.dead => format!("dead after attempt {}: {}", self.attempt, sanitise::line(reason)),
            Some(reason) => format!("attempt {} failed: {}", self.attempt, sanitise::line(reason)),
        };
        format!("{time}  {event_type:<29}  {}  {end}", self.event_id)
    }
}
