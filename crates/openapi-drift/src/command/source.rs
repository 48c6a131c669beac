//! The sources of documents: files, URLs, and Git revisions.

use std::{io::Read as _, process::Command, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

/// Larger documents are not downloaded.
const MOST_BYTES: u64 = 256 << 20;
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Reads a document: a URL, `git:REF:PATH`, standard input, or else a file.
pub fn read(name: &str) -> Result<Value> {
    let bytes = match name {
        "-" => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
            bytes
        }
        name if name.starts_with("https://") || name.starts_with("http://") => download(name)?,
        name => match name.strip_prefix("git:") {
            Some(place) => committed(place)?,
            None => std::fs::read(name).with_context(|| format!("cannot read {name}"))?,
        },
    };
    Ok(openapi_drift::parse(name, &bytes)?)
}

fn download(url: &str) -> Result<Vec<u8>> {
    let client = reqwest::blocking::Client::builder()
        .timeout(LONGEST_WAIT)
        .user_agent(concat!("openapi-drift/", env!("CARGO_PKG_VERSION")))
        .build()
        .context("cannot make HTTP requests")?;
    let response = client.get(url).send().with_context(|| format!("cannot get {url}"))?;
    ensure!(response.status().is_success(), "{url} responds with status {}", response.status());
    let mut bytes = Vec::new();
    response.take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {url}"))?;
    ensure!(bytes.len() as u64 <= MOST_BYTES, "{url} is larger than {} MB", MOST_BYTES >> 20);
    Ok(bytes)
}

/// A file as a commit has it. The path is from the top of the repository, or from here if it starts with a dot.
fn committed(place: &str) -> Result<Vec<u8>> {
    let (reference, path) = place.split_once(':').with_context(|| format!("git:{place} is not git:REF:PATH"))?;
    ensure!(!reference.starts_with('-') && !reference.is_empty(), "{reference:?} is no commit");
    let output = Command::new("git")
        .args(["show", "--end-of-options", &format!("{reference}:{path}")])
        .output()
        .context("cannot run git")?;
    if !output.status.success() {
        bail!("git has no {path} at {reference}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(output.stdout)
}
