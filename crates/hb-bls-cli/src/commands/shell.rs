//! `hb-bls completions` and `hb-bls man`: what a shell and a manual need to know of the command.

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

/// Prints what makes a shell complete commands and options.
pub fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut crate::args::command(), "hb-bls", &mut script);
    print(&script)
}

/// Prints the page of the whole command, or writes one for each.
pub fn man(args: &ManArgs) -> Result<()> {
    let command = crate::args::command();
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
