//! Timeslots: which are open, and holding one.

use std::sync::Arc;

use axum::extract::State;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::caller::Caller;
use super::check::Check;
use super::input::{Input, PathText, Query};
use crate::core::Core;
use crate::problem::Problem;
use crate::response::{HandlerResult, created, ok};
use crate::store::courses::{self, Course};
use crate::store::holds;
use crate::store::slots::{self, DEFAULT_MONTHS_AHEAD, MAX_MONTHS_AHEAD, SlotAvailability};

pub(super) async fn list(State(core): State<Arc<Core>>, _caller: Caller, query: Query) -> HandlerResult {
    let mut check = Check::new(&query.fields);
    let course_id = check.integer("course_id");
    let months = check.optional_integer("months_ahead", (1, MAX_MONTHS_AHEAD));
    let date = check.optional_date("date");
    check.finish()?;
    let now = core.clock.now();
    // A request for one day is not limited to the next few months.
    let default = if date.is_some() { MAX_MONTHS_AHEAD } else { DEFAULT_MONTHS_AHEAD };
    let (first, last) = slots::bookable_days(now, months.unwrap_or(default))?;
    let days = date.map_or((first, last), |date| (first.max(date), last.min(date)));
    let slots = core.store.read(|db| slots::open(db, &course(db, course_id)?, days, now))?;
    let data: Vec<Value> = slots.iter().map(slots::Slot::json).collect();
    ok(&json!({ "data": data }))
}

fn course(db: &Connection, id: i64) -> Result<Course, Problem> {
    courses::by_id(db, id)?.ok_or_else(|| Problem::rule("course_id", "The selected course id is invalid."))
}

pub(super) async fn hold(State(core): State<Arc<Core>>, caller: Caller, Input(fields): Input) -> HandlerResult {
    let mut check = Check::new(&fields);
    let course_id = check.integer("course_id");
    let date = check.date("date");
    let time = check.time("time");
    check.finish()?;
    let now = core.clock.now();
    let hold = core.store.write(|db| {
        let course = course(db, course_id)?;
        holds::expire(db, now)?;
        if let Some(hold) = holds::active(db, caller.account, now)? {
            return Err(Problem::Conflict {
                message: "You already have an active hold.".to_owned(),
                hold: Some(hold.json(now)),
            });
        }
        match slots::find(db, &course, (date, time), None, now)? {
            SlotAvailability::Open(slot) => holds::place(db, caller.account, &slot, now),
            SlotAvailability::Taken => Err(Problem::conflict("The timeslot is no longer available.")),
            SlotAvailability::NotOffered => Err(Problem::rule("time", "The selected timeslot is not available.")),
        }
    })?;
    created(&hold.json(now))
}

pub(super) async fn release(
    State(core): State<Arc<Core>>,
    caller: Caller,
    PathText(hold_hash): PathText,
) -> HandlerResult {
    let now = core.clock.now();
    core.store
        .write(|db| holds::take(db, caller.account, &hold_hash, now))?
        .ok_or_else(|| Problem::not_found("Hold"))?;
    ok(&json!({ "message": "The hold has been released." }))
}
