//! The workspace's own commands. `cargo xtask --help` lists them.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand};
use xtask::{
    drift, effective, pull,
    regen::{self, Change},
};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Keeps spec/ and hb-bls-gen in step with what the portal publishes")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write crates/hb-bls-gen/src/generated anew from spec/
    Regen {
        /// Write nothing; name each file that is out of date and exit 1
        #[arg(long)]
        check: bool,
        #[command(flatten)]
        input: Input,
        /// Write into this folder instead
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Say what a changed spec/ means for users of hb-bls
    ///
    /// Exit status 1: a change is as bad as --fail-on, or worse. 2: there is nothing that can be compared.
    Drift(drift::command::Arguments),
    /// Get what the portal publishes into spec/, generate, and say what changed
    ///
    /// Nothing is written unless all of it could be read. Exit status 3: the document is written, but the overlay
    /// must be mended by hand before code can be generated.
    Pull(pull::command::Arguments),
    /// Print the effective document: spec/bls.openapi.json with the overlay applied
    Spec {
        /// Write it to a file instead of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        input: Input,
    },
}

#[derive(clap::Args)]
struct Input {
    /// Another OpenAPI document, JSON or YAML, 3.0.x or 3.1.x
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// Another overlay. With --spec and without this, none is applied
    #[arg(long, value_name = "FILE")]
    overlay: Option<PathBuf>,
}

impl Input {
    fn is_default(&self) -> bool {
        self.spec.is_none() && self.overlay.is_none()
    }

    fn sources(self) -> effective::Sources {
        let spec_dir = regen::workspace_root().join("spec");
        let overlay = match (&self.spec, self.overlay) {
            (_, Some(overlay)) => Some(overlay),
            (Some(_), None) => None,
            (None, None) => Some(spec_dir.join("bls.overlay.json")),
        };
        effective::Sources { document: self.spec.unwrap_or_else(|| spec_dir.join("bls.openapi.json")), overlay }
    }
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            tell(&format!("error: {error:#}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Prints text. A reader that wants no more, as `head`, has what it wants.
fn print(text: impl Display) -> Result<()> {
    let mut out = io::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        _ => Ok(()),
    }
}

/// Prints to standard error. If that fails, there is nobody to be told.
fn tell(text: &str) {
    drop(io::stderr().write_all(text.as_bytes()));
}

fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Regen { check, input, out } => {
            ensure!(
                input.is_default() || out.is_some(),
                "--spec and --overlay try another document: say with --out DIR where to write what comes of it"
            );
            let files = regen::generate(&input.sources())?;
            let dir = out.unwrap_or_else(regen::default_output);
            let changes = regen::compare(&dir, &files)?;
            for change in &changes {
                print(format_args!("{change}\n"))?;
            }
            if check {
                return report_check(&changes);
            }
            regen::write(&dir, &files, &changes)?;
            if changes.is_empty() {
                print(format_args!("{} files are up to date\n", files.len()))?;
            }
        }
        Command::Drift(arguments) => {
            let outcome = drift::command::run(&arguments);
            tell(&outcome.err);
            if let Err(error) = print(&outcome.out) {
                tell(&format!("error: {error:#}\n"));
                return Ok(drift::command::CANNOT_COMPARE.into());
            }
            return Ok(outcome.status);
        }
        Command::Pull(arguments) => {
            let report = pull::command::run(&arguments, &regen::workspace_root(), &mut |line| {
                tell(&format!("{line}\n"));
            })?;
            print(&report.text)?;
            if !report.finished {
                return Ok(pull::command::UNFINISHED.into());
            }
        }
        Command::Spec { out, input } => {
            let document = effective::load(&input.sources())?;
            let text = effective::to_json(&document.value);
            match out {
                Some(path) => {
                    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?
                }
                None => print(text)?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn report_check(changes: &[Change]) -> Result<ExitCode> {
    if changes.is_empty() {
        print("generated files are up to date\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    let count = changes.len();
    tell(&format!("{count} generated file(s) out of date: run `cargo xtask regen` and review the change\n"));
    Ok(ExitCode::FAILURE)
}
