//! Amounts of money.

use std::{fmt, str::FromStr};

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Number, Value};

/// An amount of money as an exact decimal, in the currency that the same object names. Throughout this API that is GBP.
///
/// It is read from a JSON number or string, and written as a JSON number. A number keeps up to 15 digits exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(Decimal);

/// The text is not a decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number")]
pub struct ParseMoneyError;

impl Money {
    /// Makes an amount from a number of currency units, such as pounds.
    pub const fn new(amount: Decimal) -> Self {
        Self(amount)
    }

    /// The amount as a decimal number.
    pub const fn amount(self) -> Decimal {
        self.0
    }
}

impl From<Decimal> for Money {
    fn from(amount: Decimal) -> Self {
        Self(amount)
    }
}

impl FromStr for Money {
    type Err = ParseMoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed =
            if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { Decimal::from_str_exact(text) };
        parsed.map(Self).map_err(|_| ParseMoneyError)
    }
}

/// Shows at least two decimal places, such as `480.00`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = usize::try_from(self.0.normalize().scale()).unwrap_or(2).max(2);
        f.pad(&format!("{:.decimals$}", self.0))
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match Number::from_str(&self.0.normalize().to_string()) {
            Ok(number) => number.serialize(serializer),
            Err(error) => Err(serde::ser::Error::custom(error)),
        }
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde_json keeps the shortest digits of a number, so 0.1 is read as exactly 0.1
        let text = match Value::deserialize(deserializer)? {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text,
            _ => return Err(D::Error::custom("expected an amount, as a number or a string")),
        };
        text.parse().map_err(|_| D::Error::custom("amount is not a decimal number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Money {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn digits_are_kept() {
        for (json, text) in [
            ("480.00", "480.00"),
            ("480", "480.00"),
            ("0.1", "0.10"),
            ("1234567890123.45", "1234567890123.45"),
            ("\"19.99\"", "19.99"),
            ("-3.5", "-3.50"),
            ("0.125", "0.125"),
            ("1e3", "1000.00"),
        ] {
            assert_eq!(read(json).to_string(), text, "{json}");
        }
    }

    #[test]
    fn sums_do_not_round() {
        let sum: Decimal = (0..10).map(|_| read("0.1").amount()).sum();
        assert_eq!(sum, read("1").amount());
    }

    #[test]
    fn amounts_are_written_as_numbers() {
        for json in ["480", "480.5", "0.1", "-3.25"] {
            assert_eq!(serde_json::to_string(&read(json)).unwrap().trim_end_matches(".0"), json);
        }
    }

    #[test]
    fn rubbish_is_refused_without_repeating_it() {
        for json in ["\"12 pounds\"", "null", "[]", "\"\"", "1e99", "\"1,5\""] {
            let message = serde_json::from_str::<Money>(json).unwrap_err().to_string();
            assert!(!message.contains("pounds"), "{message}");
        }
    }
}
