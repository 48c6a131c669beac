//! The thresholds below which credits and money count as low.

use std::{collections::BTreeMap, str::FromStr};

use hb_bls::{Balances, CourseId, Decimal, Money};

use super::item::{About, CREDITS, Item};
use crate::report::{Failure, Kind};

/// What the limits are called in the configuration.
const OF_CREDITS: &str = "warn-below-credits";
const OF_MONEY: &str = "warn-below-balance";

/// Limits of credits: one for all courses, and others for some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreditLimits {
    all: Option<i64>,
    courses: BTreeMap<CourseId, i64>,
}

impl FromStr for CreditLimits {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const HOW: &str = "write a number such as 5, or COURSE=NUMBER such as 1=5, or several with commas";
        let number = |text: &str| text.trim().parse::<u32>().map(i64::from).map_err(|_| HOW);
        let mut limits = Self::default();
        for part in text.split(',') {
            match part.split_once('=') {
                Some((course, limit)) => {
                    let course = course.trim().parse().map_err(|_| HOW)?;
                    limits.courses.insert(course, number(limit)?);
                }
                None if limits.all.is_some() => return Err("has two limits for all courses"),
                None => limits.all = Some(number(part)?),
            }
        }
        Ok(limits)
    }
}

/// An amount of money that is not negative.
pub fn money(text: &str) -> Result<Money, &'static str> {
    let amount = text.trim().trim_start_matches('£').parse::<Money>().ok();
    amount.filter(|amount| amount.amount() >= Decimal::ZERO).ok_or("write an amount such as 100.00")
}

/// What can be set for a profile.
pub fn names() -> [&'static str; 2] {
    [OF_CREDITS, OF_MONEY]
}

/// The value of a default as it is saved, if there is such a default.
pub fn default(name: &str, value: &str) -> Option<Result<String, Failure>> {
    let checked = match name {
        OF_CREDITS => value.parse::<CreditLimits>().map(|_| value.trim().to_owned()),
        OF_MONEY => money(value).map(|amount| amount.to_string()),
        _ => return None,
    };
    Some(checked.map_err(|why| Failure::new(Kind::Usage, format!("{name} {value}: {why}"))))
}

/// All limits that apply.
#[derive(Debug)]
pub struct Limits {
    credits: CreditLimits,
    money: Option<Money>,
}

impl Limits {
    /// What is given by flags, else by the profile.
    pub fn new(
        credits: Option<CreditLimits>,
        amount: Option<Money>,
        defaults: &BTreeMap<String, String>,
    ) -> Result<Self, Failure> {
        let saved = |name: &str| defaults.get(name).map(String::as_str);
        let wrong = |name: &'static str| {
            move |why: &'static str| Failure::new(Kind::Usage, format!("{name} of the profile: {why}"))
        };
        let credits = match (credits, saved(OF_CREDITS)) {
            (Some(given), _) => given,
            (None, Some(text)) => text.parse().map_err(wrong(OF_CREDITS))?,
            (None, None) => CreditLimits::default(),
        };
        let money = match (amount, saved(OF_MONEY)) {
            (Some(given), _) => Some(given),
            (None, text) => text.map(money).transpose().map_err(wrong(OF_MONEY))?,
        };
        Ok(Self { credits, money })
    }

    pub fn are_none(&self) -> bool {
        self.credits == CreditLimits::default() && self.money.is_none()
    }

    /// What is below its limit. Of a course that is named and that the portal does not list, there are no credits.
    pub fn reached(&self, balances: &Balances) -> Vec<Item> {
        let low = |left: Money, limit: Money, unit: &str| {
            let item = Item {
                needs_attention: true,
                left: Some(left),
                limit: Some(limit),
                unit: Some(unit.to_owned()),
                ..Item::empty(About::LowBalance)
            };
            (left.amount() < limit.amount()).then_some(item)
        };
        let listed = balances.booking_credits.iter().map(|of| (of.course_id, of.course_name.clone(), of.credits));
        let is_listed = |course: &CourseId| balances.booking_credits.iter().any(|of| of.course_id == *course);
        let missing = self.credits.courses.keys().filter(|course| !is_listed(course)).map(|course| (*course, None, 0));
        let credits = listed.chain(missing).filter_map(|(course_id, name, credits)| {
            let limit = self.credits.courses.get(&course_id).copied().or(self.credits.all)?;
            let item = low(Money::new(credits.into()), Money::new(limit.into()), CREDITS)?;
            let course_name = Some(name.unwrap_or_else(|| format!("course {course_id}")));
            Some(Item { course_id: Some(course_id), course_name, ..item })
        });
        let money = balances.booking_money_balance.zip(self.money).and_then(|(left, limit)| {
            let item = low(left, limit, balances.currency.as_deref().unwrap_or("GBP"))?;
            Some(Item { course_name: Some("Money".to_owned()), ..item })
        });
        credits.chain(money).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_for_all_courses_or_for_some() {
        let limits: CreditLimits = "5, 2=0".parse().unwrap();
        assert_eq!((limits.all, limits.courses), (Some(5), BTreeMap::from([(CourseId::new(2), 0)])));
        let limits: CreditLimits = "1=3".parse().unwrap();
        assert_eq!((limits.all, limits.courses), (None, BTreeMap::from([(CourseId::new(1), 3)])));
        for wrong in ["", "-1", "five", "1=", "=3", "5,6", "1.5", "1=2=3"] {
            assert!(wrong.parse::<CreditLimits>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn amounts_are_read() {
        assert_eq!(money("£100").unwrap().to_string(), "100.00");
        assert_eq!(money("99.5").unwrap().to_string(), "99.50");
        for wrong in ["", "-1", "a lot", "1,000"] {
            assert!(money(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_at_its_limit_is_not_below_it() {
        let json = r#"{"booking_credits":[{"course_id":1,"credits":5},{"course_id":2,"credits":4}],
            "booking_money_balance":100.00,"currency":"GBP"}"#;
        let balances: Balances = serde_json::from_str(json).unwrap();
        let reached = |credits: &str, amount: &str| {
            let limits = Limits::new(credits.parse().ok(), money(amount).ok(), &BTreeMap::new()).unwrap();
            let items = limits.reached(&balances).into_iter();
            items.map(|item| item.course_name.unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(reached("5", "100"), ["course 2"]);
        assert_eq!(reached("6,2=4", "100.01"), ["course 1", "Money"]);
        assert_eq!(reached("9=1", ""), ["course 9"], "one that the portal does not list has no credits");
        assert!(reached("", "").is_empty());
    }
}
