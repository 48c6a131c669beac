//! What the bookings cost, against what there is.

use std::collections::BTreeMap;

use hb_bls::{Balances, Course, CourseId, Decimal, PayOption};
use serde::Serialize;

use super::input::Row;

/// What is needed of one wallet.
#[derive(Serialize)]
pub struct Cost {
    pay_option: String,
    /// The course whose credits are meant.
    course_id: Option<CourseId>,
    bookings: i64,
    /// Credits or money; nothing if a price is not known.
    needed: Option<Decimal>,
    /// What is there; nothing if the option has no wallet, or it is not known.
    there: Option<Decimal>,
    currency: Option<String>,
    #[serde(skip)]
    course_name: Option<String>,
}

/// By option, and for credits by course.
pub fn costs<'a>(rows: impl Iterator<Item = &'a Row>, courses: &[Course], balances: &Balances) -> Vec<Cost> {
    let mut counts = BTreeMap::<(PayOption, Option<CourseId>), Vec<CourseId>>::new();
    for row in rows {
        let option = row.order.details.pay_option.clone();
        let course_id = row.order.course_id;
        let by_course = (option == PayOption::Credits).then_some(course_id);
        counts.entry((option, by_course)).or_default().push(course_id);
    }
    let price = |id: &CourseId| courses.iter().find(|course| course.id == *id)?.price.map(|price| price.amount());
    let cost = |((option, course_id), booked): ((PayOption, Option<CourseId>), Vec<CourseId>)| {
        let bookings = i64::try_from(booked.len()).unwrap_or(i64::MAX);
        let credits = balances.booking_credits.iter().find(|credits| Some(credits.course_id) == course_id);
        let there = match option {
            PayOption::Credits => credits.map(|credits| credits.credits.into()),
            PayOption::Balance => balances.booking_money_balance.map(|balance| balance.amount()),
            _ => None,
        };
        Cost {
            needed: match course_id {
                Some(_) => Some(bookings.into()),
                None => booked.iter().map(price).sum(),
            },
            there,
            currency: course_id.is_none().then(|| balances.currency.clone()).flatten(),
            course_name: courses
                .iter()
                .find(|course| Some(course.id) == course_id)
                .and_then(|course| course.name.clone()),
            pay_option: option.to_string(),
            course_id,
            bookings,
        }
    };
    counts.into_iter().map(cost).collect()
}

impl Cost {
    /// In a line.
    pub fn text(&self) -> String {
        let count = match self.bookings {
            1 => "1 booking".to_owned(),
            count => format!("{count} bookings"),
        };
        let unit = match &self.currency {
            Some(currency) => format!(" {currency}"),
            None => String::new(),
        };
        let wallet = match (&self.course_id, &self.course_name) {
            (Some(id), Some(name)) => format!("credits of course {id}, {name}"),
            (Some(id), None) => format!("credits of course {id}"),
            (None, _) => self.pay_option.clone(),
        };
        let needed = match self.needed {
            Some(needed) => format!("{needed}{unit} needed"),
            None => "the price is not known".to_owned(),
        };
        let there = match (self.there, self.needed) {
            (Some(there), Some(needed)) if there < needed => format!(", {there} there: {} SHORT", needed - there),
            (Some(there), _) => format!(", {there} there"),
            (None, _) => String::new(),
        };
        format!("{wallet}: {count}, {needed}{there}")
    }
}
