//! `hb-bls completions` and `hb-bls man`: a shell's completions and the manual pages.

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use anyhow::{Context as _, Result};
use clap_complete::Shell;

/// Arguments of `man`.
#[derive(clap::Args)]
pub struct ManArgs {
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

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

/// Prints the page of the whole command, or writes one for each.
pub fn man(command: clap::Command, args: &ManArgs) -> Result<()> {
    if let Some(dir) = &args.dir {
        std::fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        return clap_mangen::generate_to(command, dir).with_context(|| format!("cannot write to {}", dir.display()));
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    print(&page)
}

fn print(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}
