//! Compares what the bookings cost with what the account has.

use std::collections::BTreeMap;

use hb_bls::{Balances, Course, CourseId, Decimal, Money, PayOption};
use serde::Serialize;

use crate::book::fields::Order;

/// What the bookings take from one wallet.
#[derive(Serialize)]
pub struct Cost {
    pay_option: String,
    /// The course that the credits are for.
    course_id: Option<CourseId>,
    bookings: i64,
    /// Credits or money. `None` if the candidates pay or if a price is not known.
    needed: Option<Money>,
    /// The balance. `None` if the pay option has no wallet or if the balance is not known.
    available: Option<Money>,
    currency: Option<String>,
    #[serde(skip)]
    course_name: Option<String>,
}

/// The costs by pay option, and for credits also by course.
pub fn costs<'a>(orders: impl Iterator<Item = &'a Order>, courses: &[Course], balances: &Balances) -> Vec<Cost> {
    let mut counts = BTreeMap::<(PayOption, Option<CourseId>), Vec<CourseId>>::new();
    for order in orders {
        let option = order.details.pay_option.clone();
        let course_id = order.course_id;
        let by_course = (option == PayOption::Credits).then_some(course_id);
        counts.entry((option, by_course)).or_default().push(course_id);
    }
    let price = |id: &CourseId| courses.iter().find(|course| course.id == *id)?.price.map(|price| price.amount());
    let cost = |((option, course_id), booked): ((PayOption, Option<CourseId>), Vec<CourseId>)| {
        let bookings = i64::try_from(booked.len()).unwrap_or(i64::MAX);
        let credits = balances.booking_credits.iter().find(|credits| Some(credits.course_id) == course_id);
        let available = match option {
            PayOption::Credits => credits.map(|credits| Money::new(credits.credits.into())),
            PayOption::Balance => balances.booking_money_balance,
            _ => None,
        };
        Cost {
            needed: match option {
                PayOption::Credits => Some(Money::new(bookings.into())),
                PayOption::CandidatePays => None,
                _ => booked.iter().map(price).sum::<Option<Decimal>>().map(Money::new),
            },
            available,
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
    /// The cost in one line.
    pub fn text(&self) -> String {
        let count = match self.bookings {
            1 => "1 booking".to_owned(),
            count => format!("{count} bookings"),
        };
        if self.pay_option == PayOption::CandidatePays.as_str() {
            return format!("{count} paid by the candidates");
        }
        let wallet = self.wallet();
        let Some(needed) = self.needed else { return format!("{wallet}: {count}, the price is not known") };
        let needed = format!("{wallet}: {} needed", self.amount(needed));
        match (self.available, self.short()) {
            (Some(available), Some(short)) => {
                format!("{needed}, {} available ({} short)", self.number(available), self.number(short))
            }
            (Some(available), None) => format!("{needed}, {} available", self.number(available)),
            (None, _) => needed,
        }
    }

    /// What only booking shows of the way to pay, if there is such a thing.
    pub fn unknown(&self) -> Option<String> {
        let is = |option: PayOption| self.pay_option == option.as_str();
        if is(PayOption::Invoice) {
            let text =
                "the API does not say whether the account may pay by invoice, nor its credit limit: only booking shows";
            return Some(text.to_owned());
        }
        let is_told = self.available.is_some() || is(PayOption::CandidatePays);
        (!is_told)
            .then(|| format!("{}: the portal does not say what is available, so only booking shows", self.wallet()))
    }

    /// What it is taken from.
    fn wallet(&self) -> String {
        match (&self.course_id, &self.course_name) {
            (Some(_), Some(name)) => name.clone(),
            (Some(id), None) => format!("course {id}"),
            (None, _) => self.pay_option.clone(),
        }
    }

    /// How much is missing.
    pub fn short(&self) -> Option<Money> {
        let (available, needed) = (self.available?, self.needed?);
        (available < needed).then(|| Money::new(needed.amount() - available.amount()))
    }

    /// What is missing, with its unit.
    pub fn shortage(&self) -> Option<String> {
        self.short().map(|short| format!("{} short", self.amount(short)))
    }

    fn number(&self, amount: Money) -> String {
        match self.course_id {
            Some(_) => amount.amount().to_string(),
            None => format!("{:.2}", amount.amount()),
        }
    }

    fn amount(&self, amount: Money) -> String {
        let number = self.number(amount);
        match (&self.course_id, &self.currency) {
            (Some(_), _) if number == "1" => format!("{number} credit"),
            (Some(_), _) => format!("{number} credits"),
            (None, Some(currency)) => format!("{number} {currency}"),
            (None, None) => number,
        }
    }
}
