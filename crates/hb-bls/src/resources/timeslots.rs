use hb_bls_gen::{CourseId, Date, Operation, types};
use jiff::civil::Time;

use super::resource;
use crate::{
    Client, Result,
    model::{Hold, Timeslot},
};

resource! {
    /// When a course can be taken, and holds. From [`Client::timeslots`](crate::Client::timeslots).
    Timeslots
}

impl<'a> Timeslots<'a> {
    /// Asks for the bookable timeslots of a course. API: `GET /timeslots`.
    pub fn list(&self, course_id: CourseId) -> TimeslotQuery<'a> {
        TimeslotQuery { client: self.client, course_id, months_ahead: None, date: None }
    }

    /// Reserves a timeslot for 30 minutes. API: `POST /timeslots/hold`.
    ///
    /// Date and time are those of the United Kingdom, as a listed timeslot tells them; seconds are not sent.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`](crate::Error::Conflict), with the existing hold, if the account has one already.
    pub async fn hold(&self, course_id: CourseId, date: Date, time: Time) -> Result<Hold> {
        let call = self.client.pipeline.call(Operation::HoldTimeslot);
        let request = types::HoldRequest { course_id, date, time: time.strftime("%H:%M").to_string() };
        let answer = call.raw.hold_timeslot().body(request).send().await;
        call.finish_as(answer)
    }

    /// Gives a timeslot back before the hold lapses. API: `DELETE /timeslots/hold/{holdHash}`.
    pub async fn release(&self, hold: &Hold) -> Result<()> {
        let call = self.client.pipeline.call(Operation::ReleaseTimeslotHold);
        let answer = call.raw.release_timeslot_hold().hold_hash(&hold.hold_hash).send().await;
        call.finish(answer)
    }
}

/// A question for timeslots. From [`Timeslots::list`].
#[derive(Debug, Clone)]
#[must_use = "nothing is asked before `send`"]
pub struct TimeslotQuery<'a> {
    client: &'a Client,
    course_id: CourseId,
    months_ahead: Option<u8>,
    date: Option<Date>,
}

impl TimeslotQuery<'_> {
    /// Looks so many months ahead.
    pub fn months_ahead(mut self, months: u8) -> Self {
        self.months_ahead = Some(months);
        self
    }

    /// Looks at one day only.
    pub fn date(mut self, date: Date) -> Self {
        self.date = Some(date);
        self
    }

    /// Asks. The timeslots come in the portal's order.
    pub async fn send(self) -> Result<Vec<Timeslot>> {
        let call = self.client.pipeline.call(Operation::ListTimeslots);
        let mut request = call.raw.list_timeslots().course_id(self.course_id);
        if let Some(months) = self.months_ahead {
            request = request.months_ahead(i64::from(months));
        }
        if let Some(date) = self.date {
            request = request.date(date);
        }
        let answer = request.send().await;
        call.finish_as(answer)
    }
}
