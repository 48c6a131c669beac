//! The workspace's own commands. `cargo xtask --help` lists them.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a command talks to its user

use std::{path::PathBuf, process::ExitCode};

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
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
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
                println!("{change}");
            }
            if check {
                return Ok(report_check(&changes));
            }
            regen::write(&dir, &files, &changes)?;
            if changes.is_empty() {
                println!("{} files are up to date", files.len());
            }
        }
        Command::Drift(arguments) => {
            let outcome = drift::command::run(&arguments);
            print!("{}", outcome.out);
            eprint!("{}", outcome.err);
            return Ok(outcome.status);
        }
        Command::Pull(arguments) => {
            let report = pull::command::run(&arguments, &regen::workspace_root(), &mut |line| eprintln!("{line}"))?;
            print!("{}", report.text);
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
                None => print!("{text}"),
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn report_check(changes: &[Change]) -> ExitCode {
    if changes.is_empty() {
        println!("generated files are up to date");
        return ExitCode::SUCCESS;
    }
    eprintln!("{} generated file(s) out of date: run `cargo xtask regen` and review the change", changes.len());
    ExitCode::FAILURE
}
