//! The engine (tokens, rate limit, retries, sending, state) knows nothing about the subject of the API, so that it
//! could be used for another API of the same portal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The files and folders of the engine, below `src`.
const ENGINE: [&str; 8] = [
    "error_chain.rs",
    "clock.rs",
    "credentials.rs",
    "undocumented",
    "pipeline",
    "resources/paging.rs",
    "state",
    "transport.rs",
];
/// What is in the engine's folders and is about bookings or events: the log of bookings, and what checks contracts.
const NOT_THE_ENGINE: [&str; 6] = [
    "state/booking_log.rs",
    "state/file/booking_log.rs",
    "state/conformance/booking_log.rs",
    "state/conformance/event_queue.rs",
    "state/conformance/event_queue",
    "state/conformance/inbox.rs",
];
/// What the engine may use of the crate's root besides its own modules. None of these knows a resource.
const SHARED: [&str; 11] = [
    "CallOptions",
    "Clock",
    "Credentials",
    "Error",
    "ErrorKind",
    "Rejection",
    "Response",
    "Result",
    "RetryPolicy",
    "SystemClock",
    "Transport",
];
/// What the engine may use of the raw crate: token requests, and what all operations have in common.
const RAW: [&str; 13] = [
    "DOCUMENT",
    "self",
    "Client",
    "ErrorBody",
    "List",
    "Operation",
    "PaginationLinks",
    "PaginationMeta",
    "Secret",
    "TOO_MANY",
    "is_word",
    "raw",
    "types",
];
/// The operations that get tokens, and the types of their bodies.
const TOKENS: [&str; 7] =
    ["CreateToken", "RefreshToken", "RevokeToken", "RefreshRequest", "TokenPair", "TokenRequest", "ALL"];

#[test]
fn the_engine_names_no_resource_of_the_api() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    ENGINE.iter().for_each(|name| collect(&src.join(name), &mut files));
    for other in NOT_THE_ENGINE.map(|other| src.join(other)) {
        let all = files.len();
        files.retain(|file| !file.starts_with(&other));
        assert!(files.len() < all, "{} is no longer there", other.display());
    }
    assert!(files.len() > 15, "{files:?}");
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        // unit tests may use any operation as an example
        let text = text.split("#[cfg(test)]").next().unwrap();
        // documentation may refer to code outside the engine
        let text = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        let mut tell = |what: String| wrong.push(format!("{}: {what}", file.strip_prefix(&src).unwrap().display()));
        for name in imported(&text, "crate::") {
            if !SHARED.contains(&name.as_str()) && !ENGINE.iter().any(|module| is_module(module, &name)) {
                tell(format!("uses crate::{name}"));
            }
        }
        for name in imported(&text, "hb_bls_gen::") {
            if !RAW.contains(&name.as_str()) {
                tell(format!("uses hb_bls_gen::{name}"));
            }
        }
        for path in ["Operation::", "types::"] {
            for name in text.split(path).skip(1).map(word) {
                let is_type = name.starts_with(|first: char| first.is_ascii_uppercase());
                if is_type && !TOKENS.contains(&name) {
                    tell(format!("names {path}{name}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "the engine would not fit another API:\n{}", wrong.join("\n"));
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), files);
        }
    } else if path.file_name().is_some_and(|name| name != "tests.rs")
        && path.extension().is_some_and(|kind| kind == "rs")
    {
        files.push(path.to_owned());
    }
}

fn is_module(engine: &str, name: &str) -> bool {
    // the texts of the engine's own errors are in the crate's error module
    name == "error" || engine.trim_end_matches(".rs").split('/').any(|part| part == name && part != "resources")
}

/// The names directly below a path, where it is used: `b` and `c` of `a::{b::x, c}` and of `a::b` and `a::c`.
fn imported(text: &str, path: &str) -> Vec<String> {
    let mut names = Vec::new();
    for rest in text.split(path).skip(1) {
        let Some(inner) = rest.strip_prefix('{') else {
            names.push(word(rest).to_owned());
            continue;
        };
        let (mut depth, mut name) = (0, String::new());
        for letter in inner.chars() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => names.push(word(std::mem::take(&mut name).trim()).to_owned()),
                other if depth == 0 => name.push(other),
                _ => {}
            }
        }
        names.push(word(name.trim()).to_owned());
    }
    names.retain(|name| !name.is_empty());
    names
}

fn word(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    &text[..end]
}

#[test]
fn imports_are_found_however_they_are_written() {
    let text = "use crate::{Client, model::{Booking, Course}, state};\nuse crate::hold;\nfn f() { crate::zone::now() }";
    assert_eq!(imported(text, "crate::"), ["Client", "model", "state", "hold", "zone"]);
}
