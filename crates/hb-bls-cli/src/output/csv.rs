//! Comma-separated values that no spreadsheet runs as formulas.

use std::{borrow::Cow, io};

use super::{Column, sanitise};

pub fn header<T>(columns: &[&Column<T>]) -> io::Result<String> {
    line(columns.iter().map(|column| Cow::Borrowed(column.name)))
}

pub fn row<T>(columns: &[&Column<T>], record: &T) -> io::Result<String> {
    line(columns.iter().map(|column| field((column.value)(record)).into()))
}

/// One line, with its end.
pub fn line<'a>(fields: impl Iterator<Item = Cow<'a, str>>) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields.map(|field| field.into_owned()))?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// A spreadsheet runs what begins as a formula does: an apostrophe makes it text. Phone numbers and amounts are left
/// alone, since they do nothing.
pub fn field(text: String) -> String {
    let text = sanitise::lines(&text).into_owned();
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if formula && !is_number(&text) { format!("'{text}") } else { text }
}

/// One sign, then digits, spaces and points only.
fn is_number(text: &str) -> bool {
    text.strip_prefix(['+', '-'])
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|char| char.is_ascii_digit() || " .".contains(char)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        for text in ["=1+1", "@SUM(A1)", "+1+cmd|' /C calc'!A0", "-2+3", " =1", "\u{ff1d}1", "-", "+44(0)20"] {
            assert_eq!(field(text.to_owned()), format!("'{text}"));
        }
        for text in ["+447700900123", "+44 7700 900123", "-3.50", "Ada", "", "'quoted'", "a=b"] {
            assert_eq!(field(text.to_owned()), text);
        }
        assert_eq!(field("\t=1".to_owned()), " =1".replacen(' ', "' ", 1));
    }

    #[test]
    fn commas_quotes_and_lines_are_quoted() {
        let fields = ["a,b", "say \"x\"", "two\nlines", ""].map(Cow::Borrowed);
        assert_eq!(line(fields.into_iter()).unwrap(), "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\n");
    }
}
