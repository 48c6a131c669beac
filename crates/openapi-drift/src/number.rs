//! Numbers of any size, compared as they are written.

use std::cmp::Ordering;

use serde_json::{Value, json};

/// The key of the object that stands for a number which 64 bits do not hold exactly. It is the one that `serde_json`
/// itself uses for such numbers.
const KEY: &str = "$serde_json::private::Number";

/// A number in decimal: `0.DIGITS` times ten to the power of `exponent`. Zero has no digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decimal {
    is_negative: bool,
    exponent: i64,
    digits: String,
}

impl Decimal {
    /// Reads a number as JSON writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let (is_negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, power) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let power: i64 = power.parse().ok()?;
        let digits = format!("{whole}{fraction}");
        let leading = digits.len() - digits.trim_start_matches('0').len();
        let trimmed = digits.trim_matches('0').to_owned();
        if trimmed.is_empty() {
            return Some(Self { is_negative: false, exponent: 0, digits: trimmed });
        }
        let places = i64::try_from(whole.len()).ok()?.checked_sub(i64::try_from(leading).ok()?)?;
        Some(Self { is_negative, exponent: power.checked_add(places)?, digits: trimmed })
    }

    /// The number that a value is.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => Self::parse(&number.to_string()),
            other => Self::parse(wide(other)?),
        }
    }

    /// Whether it has no fraction.
    pub fn is_whole(&self) -> bool {
        i64::try_from(self.digits.len()).is_ok_and(|length| length <= self.exponent) || self.digits.is_empty()
    }

    /// The whole number, times a power of ten.
    fn scaled(&self, power: i64) -> Option<i128> {
        let zeros = self.exponent.checked_add(power)?.checked_sub(i64::try_from(self.digits.len()).ok()?)?;
        if self.digits.is_empty() {
            return Some(0);
        }
        let zeros = usize::try_from(zeros).ok().filter(|zeros| *zeros < 40)?;
        let number: i128 = format!("{}{}", self.digits, "0".repeat(zeros)).parse().ok()?;
        Some(if self.is_negative { -number } else { number })
    }

    /// How many digits follow the point.
    fn places(&self) -> i64 {
        i64::try_from(self.digits.len()).unwrap_or(i64::MAX).saturating_sub(self.exponent).max(0)
    }

    /// Whether it is a multiple of another; `None` if the numbers are too large to tell.
    pub fn is_multiple_of(&self, other: &Self) -> Option<bool> {
        let places = self.places().max(other.places());
        let (own, other) = (self.scaled(places)?, other.scaled(places)?);
        own.checked_rem(other).map(|rest| rest == 0)
    }

    /// The nearest whole number above it, or below it, that is not the number itself; none if it is too large.
    pub fn next_whole(&self, is_up: bool) -> Option<Self> {
        let whole = if self.is_whole() {
            self.scaled(0)?.checked_add(if is_up { 1 } else { -1 })?
        } else {
            let places = self.places();
            let unit = 10_i128.checked_pow(u32::try_from(places).ok()?)?;
            self.scaled(places)?.div_euclid(unit) + i128::from(is_up)
        };
        Self::parse(&whole.to_string())
    }

    /// The number in full, if it is whole and not too long; else with an exponent.
    pub fn text(&self) -> String {
        let sign = if self.is_negative { "-" } else { "" };
        let length = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        match self.exponent.saturating_sub(length) {
            _ if self.digits.is_empty() => "0".to_owned(),
            zeros @ 0..400 => format!("{sign}{}{}", self.digits, "0".repeat(usize::try_from(zeros).unwrap_or(0))),
            _ if (1..length).contains(&self.exponent) => {
                let (whole, fraction) = self.digits.split_at(usize::try_from(self.exponent).unwrap_or(0));
                format!("{sign}{whole}.{fraction}")
            }
            _ if (-20..=0).contains(&self.exponent) => {
                format!("{sign}0.{}{}", "0".repeat(usize::try_from(-self.exponent).unwrap_or(0)), self.digits)
            }
            _ => format!("{sign}0.{}e{}", self.digits, self.exponent),
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match number {
            number if number.digits.is_empty() => 0,
            number if number.is_negative => -1,
            _ => 1,
        };
        let size = || self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            0 => Ordering::Equal,
            1 => size(),
            _ => size().reverse(),
        })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The text of a number that 64 bits do not hold exactly.
pub fn wide(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get(KEY)?.as_str()
}

/// Whether there is such a number in a value.
pub fn holds_wide(value: &Value) -> bool {
    match value {
        Value::Object(members) => wide(value).is_some() || members.values().any(holds_wide),
        Value::Array(items) => items.iter().any(holds_wide),
        _ => false,
    }
}

/// The value that stands for a number which 64 bits do not hold exactly.
pub fn wide_value(text: &str) -> Value {
    json!({KEY: text})
}

/// The value with each number that [`parse`](crate::parse) has kept as it is written rounded to the nearest that 64
/// bits hold, for tools that take no others. What is too large for that stays as it is.
pub fn rounded(value: Value) -> Value {
    let nearest = wide(&value).and_then(|text| text.parse().ok()).and_then(serde_json::Number::from_f64);
    match (nearest, value) {
        (Some(nearest), _) => Value::Number(nearest),
        (None, Value::Object(members)) => members.into_iter().map(|(key, value)| (key, rounded(value))).collect(),
        (None, Value::Array(items)) => items.into_iter().map(rounded).collect(),
        (None, other) => other,
    }
}

/// Whether a value is a number of any size.
pub fn is_number(value: &Value) -> bool {
    value.is_number() || wide(value).is_some()
}

/// Whether reading the number loses nothing.
pub fn is_exact(text: &str) -> bool {
    if text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
        return true;
    }
    let read = text.parse::<f64>().ok().filter(|number| number.is_finite());
    // the shortest text that leads to a floating-point number stands for it, so that no two numbers are taken for one
    read.is_some_and(|number| Decimal::parse(&number.to_string()) == Decimal::parse(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_ordered_whatever_their_size() {
        let sorted = [
            "-1e400",
            "-18446744073709552001",
            "-18446744073709552000",
            "-0.1",
            "0",
            "1e-9",
            "0.1",
            "0.10000000000000000001",
            "1",
            "9.99",
            "10",
            "18446744073709551616",
            "18446744073709552000",
            "1e400",
        ];
        for (index, low) in sorted.iter().enumerate() {
            for high in &sorted[index + 1..] {
                assert!(number(low) < number(high), "{low} {high}");
            }
        }
        for (one, other) in [("1", "1.0"), ("0", "-0.0"), ("1e2", "100"), ("0.5", "5e-1"), ("007", "7")] {
            assert_eq!(number(one), number(other));
        }
        for text in ["", "-", "1.2.3", "x", "1e", "0x1"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_64_bits_do_not_hold_is_known() {
        for text in
            ["1", "-5", "0.1", "1e3", "18446744073709551615", "1.7976931348623157e308", "1.50", "18446744073709552000"]
        {
            assert!(is_exact(text), "{text}");
        }
        for text in ["18446744073709552001", "-9223372036854775809", "1e400", "0.10000000000000000001"] {
            assert!(!is_exact(text), "{text}");
        }
    }

    #[test]
    fn multiples_and_neighbours_are_exact() {
        assert_eq!(number("0.3").is_multiple_of(&number("0.1")), Some(true));
        assert_eq!(number("4").is_multiple_of(&number("2")), Some(true));
        assert_eq!(number("3").is_multiple_of(&number("2")), Some(false));
        assert_eq!(number("3").is_multiple_of(&number("0")), None);
        for (text, up, down) in [("1", "2", "0"), ("0.5", "1", "0"), ("-0.5", "0", "-1"), ("-3", "-2", "-4")] {
            assert_eq!(number(text).next_whole(true), Some(number(up)), "{text}");
            assert_eq!(number(text).next_whole(false), Some(number(down)), "{text}");
        }
        for text in ["18446744073709552000", "-1.5", "0.001", "0", "100"] {
            assert_eq!(number(text).text(), text);
        }
    }
}
