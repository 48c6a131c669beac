//! What a run would do and cost.

use anyhow::{Context as _, Result};
use hb_bls::{Client, Course};

use super::{input::Row, journal::State};
use crate::book::{
    candidates,
    outlook::{Cost, costs},
};

/// How many candidates are to be booked, and the cost.
pub struct Preview {
    pub costs: Vec<Cost>,
    pub text: Vec<String>,
    /// How many are to be booked.
    pub open: usize,
}

impl Preview {
    pub async fn new(rows: &[Row], states: &[State], courses: &[Course], client: &Client) -> Result<Self> {
        let balances = client.account().balances().await.context("cannot get the balances")?;
        let open: Vec<_> = rows.iter().zip(states).filter(|(_, state)| !state.is_done()).map(|(row, _)| row).collect();
        let costs = costs(open.iter().map(|row| &row.order), courses, &balances);
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
        Ok(Self { costs, text, open: open.len() })
    }
}
