//! `hb-bls open`: a page in the browser.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use reqwest::Url;

use super::control_client::SandboxSelector;
use crate::{context::Context, output::Output};

const DOCS: &str = "https://github.com/hb-bls/hb-bls#readme";

/// Open a page in the browser, and print its address
#[derive(clap::Args)]
pub struct Open {
    /// Which page
    #[arg(value_enum, default_value_t = Target::Sandbox)]
    target: Target,
    /// Only print the address
    #[arg(long)]
    print: bool,
    #[command(flatten)]
    at: SandboxSelector,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Target {
    /// The page of a sandbox that runs
    Sandbox,
    /// The page on which candidates book themselves: of your account, or without one, of a sandbox that runs
    BookingUrl,
    /// The documentation
    Docs,
}

pub async fn run(args: Open, context: &Context) -> Result<()> {
    let url = match args.target {
        Target::Sandbox => {
            let remote = args.at.find()?;
            // An address at which nothing responds is no use to a browser.
            remote.get("/clock").await?;
            format!("{}/", remote.control_url.trim_end_matches("/_sandbox"))
        }
        Target::BookingUrl => booking_url(&args.at, context).await?,
        Target::Docs => DOCS.to_owned(),
    };
    context.output().fields(&[("url", url.as_str().into())])?;
    if !args.print {
        browse(&url, context.output());
    }
    Ok(())
}

/// A sandbox names it to those who have no account there, or mean that sandbox.
async fn booking_url(at: &SandboxSelector, context: &Context) -> Result<String> {
    let account = context.settings()?.account();
    if account.is_ok() && !at.is_given() {
        let url = context.client()?.account().booking_url().await.context("cannot get the booking URL")?;
        return url.context("the portal named no booking URL");
    }
    let accounts = match at.find()?.get("/accounts").await {
        Ok(accounts) => accounts,
        Err(error) => return Err(account.err().filter(|_| !at.is_given()).unwrap_or(error)),
    };
    let own = account.map_or("", |account| &account.client_id);
    let accounts = accounts["data"].as_array().map_or(&[][..], Vec::as_slice);
    let chosen = accounts.iter().find(|account| account["hb_client_id"] == own).or(accounts.first());
    let url = chosen.and_then(|account| account["booking_url"].as_str());
    url.map(str::to_owned).context("the sandbox named no booking URL")
}

/// Starts the system's browser; if there is none, the address has been printed.
pub fn browse(url: &str, output: Output) {
    if !is_of_a_page(url) {
        output.note("this is no address of a page, so it is not opened");
        return;
    }
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    let started =
        Command::new(opener).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    if started.is_err() {
        output.note("no browser can be started; open the address yourself");
    }
}

/// The system would open a file, or run a program, that a portal names.
fn is_of_a_page(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_are_opened() {
        for url in ["https://book.example/a?b=c", "http://127.0.0.1:8787/", DOCS] {
            assert!(is_of_a_page(url), "{url}");
        }
        for url in ["file:///etc/hosts", "calc.exe", "C:\\Windows\\calc.exe", "--help", "", "javascript:alert(1)"] {
            assert!(!is_of_a_page(url), "{url}");
        }
    }
}
