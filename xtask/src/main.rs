//! The workspace's own commands. `cargo xtask --help` lists them.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use anyhow::{Context as _, Result, ensure};
use clap::Parser as _;
use xtask::{
    cli::{Cli, Command},
    drift, effective, pull,
    regen::{self, Change},
};

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            tell(&format!("error: {error:#}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Prints text. A reader that stops early, such as `head`, is no error.
fn print(text: impl Display) -> Result<()> {
    let mut out = io::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        _ => Ok(()),
    }
}

/// Prints to standard error. If that fails, the failure cannot be reported anywhere.
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
