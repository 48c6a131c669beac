//! `hb-bls completions`: what shells complete.

use std::io::{self, Write as _};

use anyhow::Result;
use clap::builder::StringValueParser;
use clap_complete::Shell;

use crate::{
    config::{Folder, Profiles},
    offered::offered,
};

/// Prints a completion script, which knows the profiles that there are now.
pub fn completions(mut command: clap::Command, shell: Shell) -> Result<()> {
    if let Ok(profiles) = Folder::find().and_then(|folder| Profiles::new(&folder).all()) {
        let names = profiles.into_iter().map(|(name, _)| name);
        command = command.mut_arg("profile", |arg| arg.value_parser(offered(StringValueParser::new(), names)));
    }
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
