//! Asks for credentials, without showing the key.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, Result};
use hb_bls::Secret;

use super::hidden;
use crate::{
    report::{Failure, Kind},
    settings::{Account, Source, variable},
};

/// What is not given is asked for on a terminal; a key may also come on the first line of stdin.
pub(super) fn credentials(client_id: Option<String>) -> Result<Account> {
    let terminal = io::stdin().is_terminal();
    let client_id = match client_id.filter(|id| !id.is_empty()) {
        Some(id) => id,
        None if terminal => line("Client id: ")?,
        None => {
            return Err(Failure::new(Kind::Usage, "the client id is missing")
                .hint("give it with --client-id, or set HB_BLS_CLIENT_ID")
                .into());
        }
    };
    let api_key = match variable("HB_BLS_API_KEY") {
        Some(key) => key,
        None if terminal => hidden::line("API key (not shown): ").context("cannot read the API key")?,
        None => first_line()?,
    };
    let api_key = api_key.trim();
    if api_key.contains(char::is_control) {
        return Err(Failure::new(Kind::Usage, "the API key holds a control character")
            .hint("type or paste it again")
            .into());
    }
    if client_id.trim().is_empty() || api_key.is_empty() {
        return Err(Failure::new(Kind::Usage, "client id and API key must not be empty")
            .hint("Healthier Business hands out both")
            .into());
    }
    Ok(Account { client_id: client_id.trim().to_owned(), api_key: Secret::from(api_key), source: Source::Environment })
}

fn line(prompt: &str) -> Result<String> {
    let mut out = anstream::stderr().lock();
    write!(out, "{prompt}")?;
    out.flush()?;
    first_line()
}

fn first_line() -> Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read stdin")?;
    Ok(line)
}
