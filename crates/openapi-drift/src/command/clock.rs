//! The date, which nothing else of the command asks for.

/// Today's date in UTC.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
pub fn today() -> String {
    jiff::Timestamp::now().strftime("%F").to_string()
}
