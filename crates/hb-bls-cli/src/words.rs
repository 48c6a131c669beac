//! Texts as people compare them.

/// A text apart from case and spaces.
pub fn words(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}
