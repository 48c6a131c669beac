use futures::future::BoxFuture;
use hb_bls_gen::{self as raw, CourseId, Date, Operation};
use jiff::{SignedDuration, Timestamp, civil::Time};

use super::{
    lost_holds::{HoldOrigin, SlotRequest},
    pending_hold::PendingHold,
    resource,
};
use crate::{
    Client, Error, Hold, Result,
    model::{HoldDetails, Timeslot},
    pipeline::task,
};

/// How long a hold lasts.
pub(super) const LIFETIME: SignedDuration = SignedDuration::from_mins(30);
/// How many lost holds in a row are released before giving up.
const LATECOMERS: usize = 3;

resource! {
    /// The timeslots of courses, and holds. From [`Client::timeslots`](crate::Client::timeslots).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = hb_bls_sandbox::Sandbox::start().await?;
    /// # let client = hb_bls::testing::client_builder(&sandbox).build()?;
    /// let slots = client.timeslots().list(hb_bls::CourseId::new(1)).months_ahead(2).await?;
    /// let slot = slots.first().ok_or("no free timeslot")?;
    /// let hold = client.timeslots().hold(hb_bls::CourseId::new(1), slot.date, slot.time).await?;
    /// println!("held for another {} minutes", hold.time_left().as_secs() / 60);
    /// hold.release().await?;
    /// # Ok(())
    /// # }
    /// ```
    Timeslots
}

impl Timeslots<'_> {
    /// Lists the bookable timeslots of a course. API: `GET /timeslots`.
    pub fn list(self, course_id: CourseId) -> TimeslotQuery {
        TimeslotQuery { client: self.client.clone(), course_id, months_ahead: None, date: None }
    }

    /// Holds a timeslot for 30 minutes. API: `POST /timeslots/hold`.
    ///
    /// Date and time are UK local time, as in a listed timeslot. Seconds are not sent. If
    /// [`Client::book`](crate::Client::book) is booking for the same account, this call waits for it. If the response
    /// is lost but the portal has made the hold, the client finds that hold and returns it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if the account already has a hold, which
    /// [`conflicting_hold`](Error::conflicting_hold) returns. [`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous) if
    /// the client cannot find out whether a hold was made.
    pub async fn hold(self, course_id: CourseId, date: Date, time: Time) -> Result<Hold> {
        let client = self.client.clone();
        let work = async move {
            let _lease = client.lock_account().await?;
            let details = client.timeslots().make(course_id, date, time).await?;
            Ok(Hold::new(client, details))
        };
        task::run(work, || ambiguous(task::stopped(Operation::HoldTimeslot))).await
    }

    /// Makes a hold. A lost hold that is in the way is used if it is for the same timeslot, and released otherwise.
    pub(crate) async fn make(self, course_id: CourseId, date: Date, time: Time) -> Result<HoldDetails> {
        let wanted = SlotRequest { course_id, date, time };
        let pipeline = &self.client.pipeline;
        let mut outcome = self.attempt(wanted).await;
        for _ in 0..LATECOMERS {
            let in_the_way = outcome.as_ref().err().and_then(Error::conflicting_hold);
            let known = &self.client.memory.lost_holds;
            let left = |hold: &HoldDetails| Some((hold.clone(), known.find(hold, pipeline.clock().now())?));
            let Some((lost, by)) = in_the_way.and_then(left) else { return outcome };
            if by == HoldOrigin::Us && wanted.is(&lost) == Some(true) {
                self.client.memory.lost_holds.give(&lost.hold_hash, pipeline.clock().now());
                return Ok(lost);
            }
            tracing::debug!("releasing a hold that was left earlier");
            match self.release(&lost.hold_hash).await {
                Err(error) if !error.is_not_found() => return Err(error),
                _ => {
                    known.cleared(&lost, pipeline.clock().now());
                    outcome = self.attempt(wanted).await;
                }
            }
        }
        outcome
    }

    /// Requests a hold. If the response is lost, it finds the hold that was made.
    async fn attempt(self, wanted: SlotRequest) -> Result<HoldDetails> {
        let pipeline = &self.client.pipeline;
        let call = self.client.call(Operation::HoldTimeslot);
        let asking = PendingHold::new(self.client, &call, wanted);
        let answer = call.json(|raw| raw.hold_timeslot().body(wanted.to_request()).request()).await;
        asking.over();
        let now = pipeline.clock().now();
        let mut hold = match answer.map_err(|error| in_conflict(error, now)) {
            Ok(hold) => expiring(hold, now),
            Err(error) if !call.earlier_may_have_executed() => return Err(error),
            Err(error) => match error.conflicting_hold().map(|hold| (wanted.is(hold), hold)) {
                Some((Some(true), hold)) => hold.clone(),
                // an account can have only one hold, so ours was not made
                Some((Some(false), _)) => return Err(error),
                _ => return Err(ambiguous(error)),
            },
        };
        // the portal need not repeat the timeslot, and a lost booking is found by it
        hold.slot.get_or_insert_with(|| wanted.to_slot()).course.get_or_insert_with(|| wanted.to_course());
        self.client.memory.lost_holds.give(&hold.hold_hash, pipeline.clock().now());
        Ok(hold)
    }

    /// Takes up a hold whose details were kept elsewhere, for example between two requests of a web form.
    ///
    /// An adopted hold is not released when it is dropped. Use [`Hold::release`] to release it.
    pub fn adopt(self, hold: HoldDetails) -> Hold {
        Hold::adopted(self.client.clone(), hold)
    }

    /// Releases a hold before it expires. API: `DELETE /timeslots/hold/{holdHash}`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the hold does not exist any more.
    pub async fn release(self, hold_hash: &str) -> Result<()> {
        let (client, hold_hash) = (self.client.clone(), hold_hash.to_owned());
        let release = async move { client.timeslots().free(&hold_hash).await.map(drop) };
        task::run(release, || task::stopped(Operation::ReleaseTimeslotHold)).await
    }

    /// Releases a hold, and returns whether this call certainly did it.
    pub(crate) async fn free(self, hold_hash: &str) -> Result<ReleaseOutcome> {
        let call = self.client.call(Operation::ReleaseTimeslotHold);
        match call.done(|raw| raw.release_timeslot_hold().hold_hash(hold_hash).request()).await {
            Ok(()) => Ok(ReleaseOutcome::Now),
            Err(error) if error.is_not_found() && call.earlier_may_have_executed() => Ok(ReleaseOutcome::Perhaps),
            Err(error) if error.is_not_found() => Err(error),
            Err(error) => {
                let pipeline = &self.client.pipeline;
                self.client.memory.lost_holds.hash(hold_hash, pipeline.clock().now());
                Err(error)
            }
        }
    }
}

/// How a hold came to be released.
pub(crate) enum ReleaseOutcome {
    /// This call released it.
    Now,
    /// An attempt whose response was lost released it, or it was gone before.
    Perhaps,
}

fn ambiguous(cause: Error) -> Error {
    Error::ambiguous(Operation::HoldTimeslot, None, cause)
}

/// Adds the conflicting hold to the error, if the response describes it.
fn in_conflict(error: Error, now: Timestamp) -> Error {
    match HoldDetails::from_conflict(error.body()) {
        Some(hold) => error.with_hold(expiring(hold, now)),
        None => error,
    }
}

/// Limits the expiry to that of a hold made now. Without an expiry, the client could never know that the hold has
/// expired.
fn expiring(mut hold: HoldDetails, now: Timestamp) -> HoldDetails {
    if hold.expires_at.is_none() {
        hold.expires_at = now.checked_add(LIFETIME).ok();
        hold.expires_at_is_estimated = true;
    }
    hold
}

/// A query for timeslots, which is sent when it is awaited. They are returned in the portal's order. From
/// [`Timeslots::list`].
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before it is awaited"]
pub struct TimeslotQuery {
    client: Client,
    course_id: CourseId,
    months_ahead: Option<u8>,
    date: Option<Date>,
}

impl TimeslotQuery {
    /// Sets how many months ahead to look. By default the portal decides.
    pub fn months_ahead(mut self, months: u8) -> Self {
        self.months_ahead = Some(months);
        self
    }

    /// Lists only the timeslots of this day.
    pub fn date(mut self, date: Date) -> Self {
        self.date = Some(date);
        self
    }
}

impl IntoFuture for TimeslotQuery {
    type Output = Result<Vec<Timeslot>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { client, course_id, months_ahead, date } = self;
        let build = move |raw: &raw::Client| {
            let mut request = raw.list_timeslots().course_id(course_id);
            if let Some(months) = months_ahead {
                request = request.months_ahead(i64::from(months));
            }
            if let Some(date) = date {
                request = request.date(date);
            }
            request.request()
        };
        Box::pin(async move { client.list(Operation::ListTimeslots, build).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn a_conflict_tells_of_the_hold_in_either_shape() {
        let now = Timestamp::from_second(1_780_653_600).unwrap();
        let error_with = |body: &str| {
            let error = Error::new(ErrorKind::Conflict, Operation::HoldTimeslot).with_body(body.to_owned().into());
            in_conflict(error, now)
        };
        let hold = r#""hold_hash":"9f2c41d07be84c6aa35e17d20b6c8f14","slot":{"date":"2026-06-15","time":"09:00"}"#;
        for body in [format!(r#"{{"message":"m","hold":{{{hold}}}}}"#), format!(r#"{{"message":"m",{hold}}}"#)] {
            let error = error_with(&body);
            let hold = error.conflicting_hold().unwrap();
            assert_eq!(hold.hold_hash, "9f2c41d07be84c6aa35e17d20b6c8f14", "{body}");
            assert_eq!((hold.expires_at, hold.expires_at_is_estimated), (now.checked_add(LIFETIME).ok(), true));
            assert_eq!(error.body(), b"", "it is read once");
        }
        for body in ["", "{}", "[]", r#"{"hold":{"hold_hash":7}}"#, "<html>"] {
            assert_eq!(error_with(body).conflicting_hold(), None, "{body}");
        }
    }
}
