//! The calls that a booking needs, for `--dry-run`.

use hb_bls::raw::Operation;
use serde::Serialize;

use super::fields::{Field, Order, Search};
use crate::output::{self, Column, Record};

/// A call that would be made.
#[derive(Serialize)]
pub struct PlannedCall {
    method: &'static str,
    path: &'static str,
    /// What would be sent. Personal fields appear only by name.
    sends: String,
}

impl PlannedCall {
    fn new(operation: Operation, sends: String) -> Self {
        Self { method: operation.method(), path: operation.path(), sends }
    }

    /// `POST /bookings`.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// The calls for an order, in their order. `at` is the timeslot, if it is known.
pub fn calls(order: &Order, search: Option<&Search>, at: Option<(hb_bls::Date, hb_bls::Time)>) -> Vec<PlannedCall> {
    let mut calls = Vec::new();
    if let Some(search) = search {
        let mut sends = format!("course_id={}", order.course_id);
        if let Some(months) = search.months {
            sends += &format!(" months_ahead={months}");
        }
        if let Some(date) = search.date {
            sends += &format!(" date={date}");
        }
        calls.push(PlannedCall::new(Operation::ListTimeslots, sends));
    }
    let when = match at {
        Some((date, time)) => format!("date={date} time={}", output::time(time)),
        None => "date and time of the earliest timeslot".to_owned(),
    };
    calls.push(PlannedCall::new(Operation::HoldTimeslot, format!("course_id={} {when}", order.course_id)));
    let personal = Field::all().filter(|field| field.is_personal());
    let given = personal.filter(|field| field.is_required() || order.details.agency_email.is_some());
    let names: Vec<_> = given.map(Field::name).collect();
    let sends = format!("hold_hash {} pay_option={}", names.join(" "), order.details.pay_option);
    calls.push(PlannedCall::new(Operation::CreateBooking, sends));
    calls
}

impl Record for PlannedCall {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("method", |call| call.method.to_owned()),
        Column::new("path", |call| call.path.to_owned()),
        Column::long("sends", |call| call.sends.clone()),
    ];
}
