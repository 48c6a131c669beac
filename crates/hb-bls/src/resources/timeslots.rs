use hb_bls_gen::{self as raw, CourseId, Date, List, Operation};
use jiff::{SignedDuration, civil::Time};

use super::{
    lost_holds::{PendingHold, SlotRequest},
    resource,
};
use crate::{
    Client, Error, Hold, Result,
    model::{HoldDetails, Timeslot},
    pipeline::task,
};

/// How long a hold lives.
pub(super) const LIFETIME: SignedDuration = SignedDuration::from_mins(30);
/// How many holds of lost answers may come to be one after the other.
const LATECOMERS: usize = 3;

resource! {
    /// When a course can be taken, and holds. From [`Client::timeslots`](crate::Client::timeslots).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = hb_bls_sandbox::Sandbox::start().await?;
    /// # let key = sandbox.credentials();
    /// # let credentials = hb_bls::Credentials::new(&key.hb_client_id, key.api_key.as_str());
    /// # let client = hb_bls::Client::builder().credentials(credentials).base_url(sandbox.base_url()).build()?;
    /// let slots = client.timeslots().list(1.into()).months_ahead(2).send().await?;
    /// let slot = slots.first().ok_or("no free timeslot")?;
    /// let hold = client.timeslots().hold(1.into(), slot.date, slot.time).await?;
    /// println!("held for another {} minutes", hold.time_left().as_secs() / 60);
    /// hold.release().await?;
    /// # Ok(())
    /// # }
    /// ```
    Timeslots
}

impl<'a> Timeslots<'a> {
    /// Asks for the bookable timeslots of a course. API: `GET /timeslots`.
    pub fn list(self, course_id: CourseId) -> TimeslotQuery<'a> {
        TimeslotQuery { client: self.client, course_id, months_ahead: None, date: None }
    }

    /// Reserves a timeslot for 30 minutes. API: `POST /timeslots/hold`.
    ///
    /// Date and time are UK local time, as in a listed timeslot; seconds are not sent. Waits
    /// while [`Client::book`](crate::Client::book) books for the account. If the answer is lost, the hold that the
    /// portal has made all the same is found and used.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`], with the existing hold, if the account has one already; [`Error::Ambiguous`] if it
    /// cannot be told whether a hold was made.
    pub async fn hold(self, course_id: CourseId, date: Date, time: Time) -> Result<Hold> {
        let client = self.client.clone();
        let work = async move {
            let _lock = client.lock_account().await?;
            let details = client.timeslots().make(course_id, date, time).await?;
            Ok(Hold::new(client, details))
        };
        task::run(work, || ambiguous(task::stopped(Operation::HoldTimeslot))).await
    }

    /// Makes a hold; what stands in the way because an answer was lost is used or cleared away.
    pub(crate) async fn make(self, course_id: CourseId, date: Date, time: Time) -> Result<HoldDetails> {
        let wanted = SlotRequest { course_id, date, time };
        let pipeline = &self.client.pipeline;
        let mut outcome = self.attempt(wanted).await;
        for _ in 0..LATECOMERS {
            let lost = match outcome {
                Err(Error::Conflict { hold: Some(hold), .. })
                    if self.client.memory.lost_holds.has(&hold, pipeline.clock().now()) =>
                {
                    *hold
                }
                outcome => return outcome,
            };
            if wanted.is(&lost) == Some(true) {
                self.client.memory.lost_holds.give(&lost.hold_hash, pipeline.clock().now());
                return Ok(lost);
            }
            tracing::debug!("releasing a hold whose answer was lost earlier");
            match self.release(&lost.hold_hash).await {
                Ok(()) | Err(Error::NotFound { .. }) => outcome = self.attempt(wanted).await,
                Err(error) => return Err(error),
            }
        }
        outcome
    }

    /// Asks for a hold; if the answer was lost, finds the hold that was made.
    async fn attempt(self, wanted: SlotRequest) -> Result<HoldDetails> {
        let pipeline = &self.client.pipeline;
        let call = self.client.call(Operation::HoldTimeslot);
        let asking = PendingHold::new(self.client, &call, wanted);
        let mut answer: Result<HoldDetails> =
            call.json(|raw| raw.hold_timeslot().body(wanted.to_request()).request()).await;
        asking.over();
        // it lives no longer than if it were made only now; without this it could never be told to have expired
        let latest = pipeline.clock().now().checked_add(LIFETIME).ok();
        let told = match &mut answer {
            Ok(hold) => Some(hold),
            Err(Error::Conflict { hold: Some(hold), .. }) => Some(&mut **hold),
            Err(_) => None,
        };
        if let Some(hold) = told.filter(|hold| hold.expires_at.is_none()) {
            hold.expires_at = latest;
            hold.expires_at_is_estimated = true;
        }
        let mut hold = match answer {
            Ok(hold) => hold,
            Err(error) if !call.is_unsettled() => return Err(error),
            Err(Error::Conflict { operation, hold: Some(hold) }) => match wanted.is(&hold) {
                Some(true) => *hold,
                // the account can have one only, so ours was not made
                Some(false) => return Err(Error::Conflict { operation, hold: Some(hold) }),
                None => return Err(ambiguous(Error::Conflict { operation, hold: Some(hold) })),
            },
            Err(error) => return Err(ambiguous(error)),
        };
        // the portal need not repeat what is known, and a lost booking is found by it
        hold.slot.get_or_insert_with(|| wanted.to_slot()).course.get_or_insert_with(|| wanted.to_course());
        self.client.memory.lost_holds.give(&hold.hold_hash, pipeline.clock().now());
        Ok(hold)
    }

    /// Goes on with a hold that is known from elsewhere, such as one that was kept between two requests of a form.
    ///
    /// It is not released when it is dropped, since its details are kept elsewhere; [`Hold::release`] does that.
    pub fn adopt(self, hold: HoldDetails) -> Hold {
        Hold::adopted(self.client.clone(), hold)
    }

    /// Releases a hold before it expires. API: `DELETE /timeslots/hold/{holdHash}`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such hold any more.
    pub async fn release(self, hold_hash: &str) -> Result<()> {
        let (client, hold_hash) = (self.client.clone(), hold_hash.to_owned());
        let release = async move { client.timeslots().free(&hold_hash).await.map(drop) };
        task::run(release, || task::stopped(Operation::ReleaseTimeslotHold)).await
    }

    /// Releases a hold, and says whether it is certain that this call did.
    pub(crate) async fn free(self, hold_hash: &str) -> Result<Freed> {
        let call = self.client.call(Operation::ReleaseTimeslotHold);
        match call.done(|raw| raw.release_timeslot_hold().hold_hash(hold_hash).request()).await {
            Ok(()) => Ok(Freed::Now),
            Err(Error::NotFound { .. }) if call.is_unsettled() => Ok(Freed::Perhaps),
            Err(error @ Error::NotFound { .. }) => Err(error),
            Err(error) => {
                let pipeline = &self.client.pipeline;
                self.client.memory.lost_holds.hash(hold_hash, pipeline.clock().now());
                Err(error)
            }
        }
    }
}

/// What released a hold.
pub(crate) enum Freed {
    /// This call.
    Now,
    /// An attempt whose answer was lost; or the hold was gone before.
    Perhaps,
}

fn ambiguous(cause: Error) -> Error {
    Error::Ambiguous { operation: Operation::HoldTimeslot.id(), hold_hash: None, cause: Box::new(cause) }
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
    /// How many months ahead to look.
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
        let list: List<_> = client.json(Operation::ListTimeslots, build).await?;
        Ok(list.data)
    }
}
