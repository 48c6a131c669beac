//! Equality of values, however they are written.

use std::collections::HashSet;

use serde_json::Value;

use crate::{
    number::{Decimal, wide},
    side::{Id, Side, is_bare},
};

/// Whether two values mean the same: numbers by what they are, not how they are written.
pub fn same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.is_f64() != b.is_f64() && plain_number(a) == plain_number(b))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        // too large for 64 bits
        (Value::Object(_), Value::Object(_) | Value::Number(_)) | (Value::Number(_), Value::Object(_))
            if wide(old).or(wide(new)).is_some() =>
        {
            Decimal::of(old).is_some() && Decimal::of(old) == Decimal::of(new)
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => old == new,
    }
}

/// The value's JSON text, the same for all that mean the same.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Number(number) => plain_number(number),
        Value::Array(items) => format!("[{}]", items.iter().map(text_of).collect::<Vec<_>>().join(",")),
        Value::Object(_) if wide(value).is_some() => {
            Decimal::of(value).map_or_else(String::new, |number| number.text())
        }
        Value::Object(members) => {
            let pairs = members.iter().map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), text_of(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// A number without a fraction that is zero, and never negative zero.
fn plain_number(number: &serde_json::Number) -> String {
    match number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0) {
        Some(_) => Decimal::parse(&number.to_string()).map_or_else(String::new, |number| number.text()),
        None => number.to_string(),
    }
}

/// Whether two values are the same once references are followed.
pub fn alike<'a>(old_side: &Side<'a>, old: &'a Value, new_side: &Side<'a>, new: &'a Value) -> bool {
    // a pair that has been seen is taken to be alike: if it is not, the other visit finds out
    let (mut seen, mut open) = (HashSet::new(), vec![(old, new)]);
    while let Some((old, new)) = open.pop() {
        let (old, new) = (bare_end(old_side, old), bare_end(new_side, new));
        if !seen.insert((old as Id, new as Id)) {
            continue;
        }
        match (old, new) {
            (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
                for (key, a) in a {
                    let Some(b) = b.get(key) else { return false };
                    open.push((a, b));
                }
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => open.extend(a.iter().zip(b)),
            (old, new) if same(old, new) => {}
            _ => return false,
        }
    }
    true
}

/// What a reference that says nothing else leads to.
fn bare_end<'a>(side: &Side<'a>, value: &'a Value) -> &'a Value {
    if !is_bare(value) {
        return value;
    }
    let chain = side.chain(value);
    chain.iter().find(|value| !is_bare(value)).copied().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_count_not_their_spelling() {
        assert!(same(&json!({"a": [1]}), &json!({"a": [1.0]})));
        assert!(!same(&json!(9_007_199_254_740_993_i64), &json!(9_007_199_254_740_992_i64)));
        assert!(!same(&json!("1"), &json!(1)));
    }
}
