//! A preview of what a run would do and cost.

use anyhow::{Context as _, Result};
use hb_bls::{Client, Course};

use super::{input::Row, journal::State, runner::booking_order};
use crate::book::{
    candidates,
    preflight::{Cost, Funds, costs},
};

/// How many candidates are to be booked, and the cost.
pub struct Preview {
    pub costs: Vec<Cost>,
    pub text: Vec<String>,
    /// How many are to be booked.
    pub open: usize,
    /// How many of them can be paid for.
    pub payable: usize,
    pub funds: Funds,
}

impl Preview {
    pub async fn new(rows: &[Row], states: &[State], courses: &[Course], client: &Client) -> Result<Self> {
        let balances = client.account().balances().await.context("cannot get the balances")?;
        let open: Vec<_> = booking_order(rows, states).into_iter().map(|row| &rows[row].order).collect();
        let costs = costs(open.iter().copied(), courses, &balances);
        let funds = Funds::new(courses, &balances);
        let earlier = |wanted: fn(&State) -> bool| states.iter().filter(|state| wanted(state)).count();
        let booked = earlier(|state| matches!(state, State::Booked { .. }));
        let rejected = earlier(|state| matches!(state, State::Rejected { .. }));
        let before = match (booked, rejected) {
            (0, 0) => String::new(),
            (booked, 0) => format!("{booked} booked earlier"),
            (booked, rejected) => format!("{booked} booked and {rejected} rejected earlier"),
        };
        let mut text = vec![match (open.len(), before.as_str()) {
            (0, "") => "nothing to book".to_owned(),
            (0, before) => format!("nothing left to book: {before}"),
            (count, "") => format!("{} to book", candidates(count)),
            (count, before) => format!("{} to book; {before}", candidates(count)),
        }];
        text.extend(costs.iter().map(Cost::text));
        let payable = funds.suffice_for(open.iter().copied());
        Ok(Self { costs, text, open: open.len(), payable, funds })
    }

    /// How much is missing of what there is to pay with.
    pub fn shortages(&self) -> Vec<String> {
        self.costs.iter().filter_map(Cost::shortage).collect()
    }

    /// Whether a run is refused because of that: without `--partial`, or if nobody can be paid for.
    pub fn is_too_short(&self, partial: bool) -> bool {
        let goes_on = partial && self.payable > 0;
        !goes_on && !self.shortages().is_empty()
    }
}
