//! `hb-bls completions`: what shells complete.

use std::io::{self, Write as _};

use anyhow::Result;
use clap_complete::Shell;

/// Prints a completion script.
pub fn completions(mut command: clap::Command, shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "hb-bls", &mut script);
    if shell == Shell::Bash {
        // its case labels have the name of the command otherwise than the words that are looked up: clap issue 6421
        script = String::from_utf8(script)?.replace("hb__subcmd__bls", "hb__bls").into_bytes();
    }
    print(&script)
}

/// Prints it, as long as somebody reads it.
pub fn print(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}
