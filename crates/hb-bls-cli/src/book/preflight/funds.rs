//! The credits and the money of the account, and for which bookings they are enough.

use std::collections::HashMap;

use hb_bls::{Balances, Course, CourseId, Decimal, PayOption};

use crate::book::fields::Order;

/// The credits and the money of the account, as far as the portal tells.
#[derive(Debug, Clone, Default)]
pub struct Funds {
    credits: HashMap<CourseId, i64>,
    money: Option<Decimal>,
    prices: HashMap<CourseId, Decimal>,
}

impl Funds {
    pub fn new(courses: &[Course], balances: &Balances) -> Self {
        let credits = balances.booking_credits.iter().map(|credits| (credits.course_id, credits.credits));
        let prices = courses.iter().filter_map(|course| Some((course.id, course.price?.amount())));
        Self {
            credits: credits.collect(),
            money: balances.booking_money_balance.map(|money| money.amount()),
            prices: prices.collect(),
        }
    }

    /// Why one more booking cannot be paid for. What is not known may be enough.
    pub fn shortfall(&self, order: &Order) -> Option<String> {
        let course_id = &order.course_id;
        match order.details.pay_option {
            PayOption::Credits => (*self.credits.get(course_id)? <= 0)
                .then(|| format!("not tried: no credit is left for course {course_id}")),
            PayOption::Balance => (self.money? < *self.prices.get(course_id)?)
                .then(|| "not tried: what is left of the balance is less than the price".to_owned()),
            _ => None,
        }
    }

    /// Takes from it what a booking costs.
    pub fn spend(&mut self, order: &Order) {
        let course_id = &order.course_id;
        match order.details.pay_option {
            PayOption::Credits => {
                if let Some(credits) = self.credits.get_mut(course_id) {
                    *credits -= 1;
                }
            }
            PayOption::Balance => {
                if let (Some(money), Some(price)) = (&mut self.money, self.prices.get(course_id)) {
                    *money -= *price;
                }
            }
            _ => {}
        }
    }

    /// How many of these bookings can be paid for.
    pub fn suffice_for<'a>(&self, orders: impl Iterator<Item = &'a Order>) -> usize {
        let mut left = self.clone();
        let paid = orders.filter(|order| {
            let is_covered = left.shortfall(order).is_none();
            if is_covered {
                left.spend(order);
            }
            is_covered
        });
        paid.count()
    }
}
