//! What must be known of a command line that cannot be parsed: clap stops at the first error, and what comes after it may
//! say how errors are printed.

use std::ffi::OsString;

use clap::{ColorChoice, ValueEnum as _};

use crate::{
    output::Format,
    report::{Failure, Kind},
};

pub struct PreScan {
    pub format: Format,
    pub color: ColorChoice,
    /// Whether an API key was given, which is refused.
    pub api_key: bool,
}

/// Decides for everything that is printed from here on, clap's help as well.
pub fn set_color(choice: ColorChoice) {
    match choice {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// Looks at the words before a `--`.
pub fn scan(args: &[OsString]) -> PreScan {
    let words: Vec<&str> = args.iter().skip(1).take_while(|arg| *arg != "--").filter_map(|arg| arg.to_str()).collect();
    PreScan {
        format: value(&words, "--output")
            .or_else(|| short(&words, 'o'))
            .and_then(|text| Format::from_str(text, false).ok())
            .unwrap_or_default(),
        color: value(&words, "--color").and_then(|text| ColorChoice::from_str(text, false).ok()).unwrap_or_default(),
        api_key: words.iter().any(|word| *word == "--api-key" || word.starts_with("--api-key=")),
    }
}

/// `--name value` or `--name=value`.
fn value<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words.iter().enumerate().find_map(|(index, word)| match word.strip_prefix(name)? {
        "" => words.get(index + 1).copied(),
        rest => rest.strip_prefix('='),
    })
}

/// `-o value`, `-ovalue` or `-o=value`, also after other letters such as in `-qo`.
fn short<'a>(words: &[&'a str], letter: char) -> Option<&'a str> {
    words.iter().enumerate().find_map(|(index, word)| {
        let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
        let (_, rest) =
            letters.split_once(letter).filter(|(before, _)| before.chars().all(|char| "qv".contains(char)))?;
        if rest.is_empty() { words.get(index + 1).copied() } else { Some(rest.strip_prefix('=').unwrap_or(rest)) }
    })
}

/// Says why, and what to do instead, without repeating the key.
pub fn api_key_refused() -> Failure {
    Failure::new(
        Kind::Usage,
        "--api-key is refused: anybody who lists the processes of this machine would see the key, and the shell keeps \
         it in its history",
    )
    .hint(
        "run `hb-bls auth login` and type it, pipe it to `hb-bls auth login`, or set HB_BLS_API_KEY. If the key was a \
         real one, ask Healthier Business for another",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> PreScan {
        scan(&std::iter::once("hb-bls").chain(words.iter().copied()).map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn found_in_either_spelling_and_anywhere() {
        for words in [&["x", "--output", "json"][..], &["--output=json", "x"]] {
            assert_eq!(of(words).format, Format::Json);
        }
        for words in [&["x", "-o", "json"][..], &["-ojson"], &["-o=json"], &["x", "-qo", "json"], &["-vojson"]] {
            assert_eq!(of(words).format, Format::Json, "{words:?}");
        }
        assert_eq!(of(&["x", "-po", "json"]).format, Format::Table, "the value of another option");
        assert_eq!(of(&["--output"]).format, Format::Table);
        assert_eq!(of(&["--output", "xml"]).format, Format::Table);
        assert_eq!(of(&["--color=never"]).color, ColorChoice::Never);
        assert!(of(&["auth", "--api-key=sesame"]).api_key);
        assert!(of(&["--api-key", "sesame"]).api_key);
        assert!(!of(&["x", "--", "--api-key"]).api_key);
    }
}
