//! `cargo xtask drift`, from the arguments to the exit status.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use openapi_drift::{Level, Options, parse_ignores, parse_levels};

use super::{
    Format, bump,
    report::{self, Report},
    sources, write,
};
use crate::regen;

/// A change is as bad as `--fail-on`, or worse.
const PAST_THRESHOLD: u8 = 1;
/// There is nothing to compare, or it cannot be read.
pub const CANNOT_COMPARE: u8 = 2;

/// What to compare, and how to report.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Compare the work tree's spec/ with this commit's
    #[arg(long, value_name = "GITREF", default_value = "HEAD", conflicts_with_all = ["old", "new"])]
    base: String,
    /// Compare two files: the old document, JSON or YAML
    #[arg(long, value_name = "FILE", requires = "new")]
    old: Option<PathBuf>,
    /// The new document
    #[arg(long, value_name = "FILE", requires = "old")]
    new: Option<PathBuf>,
    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Say instead which version of hb-bls-gen comes of it: major, minor or patch, and why
    #[arg(long, conflicts_with_all = ["old", "new"])]
    bump: bool,
    /// Exit with 1 if a change is of this level or worse
    #[arg(long, value_enum, default_value_t = FailOn::Breaking)]
    fail_on: FailOn,
    /// Levels for rules, by id [default: spec/drift-levels.yaml, if there is one]
    #[arg(long, value_name = "FILE")]
    levels: Option<PathBuf>,
    /// Changes to leave out, by fingerprint [default: spec/drift-ignore.yaml, if there is one]
    #[arg(long, value_name = "FILE")]
    ignore: Option<PathBuf>,
}

/// From which level on the command fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Breaking changes
    Breaking,
    /// Breaking and risky changes
    Risky,
    /// No change
    Never,
}

/// What to print, and the exit status.
#[derive(Debug)]
pub struct Outcome {
    /// For standard output.
    pub out: String,
    /// For standard error.
    pub err: String,
    /// 0, 1 if a change is past the threshold, or 2 if the documents cannot be compared.
    pub status: ExitCode,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    if arguments.bump {
        return match bumped(arguments) {
            Ok(out) => Outcome { out, err: String::new(), status: ExitCode::SUCCESS },
            Err(error) => failed(&error),
        };
    }
    match compared(arguments).and_then(|report| Ok((write(&report, arguments.format)?, report))) {
        Ok((out, report)) => {
            let status = if fails(&report, arguments.fail_on) { PAST_THRESHOLD.into() } else { ExitCode::SUCCESS };
            Outcome { out, err: String::new(), status }
        }
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> Outcome {
    Outcome { out: String::new(), err: format!("error: {error:#}\n"), status: CANNOT_COMPARE.into() }
}

/// What `--bump` prints.
fn bumped(arguments: &Arguments) -> Result<String> {
    let root = sources::repository()?;
    let options = options(arguments.levels.as_deref(), arguments.ignore.as_deref(), &root)?;
    let (old, new) = (sources::committed(&root, &arguments.base)?, sources::work_tree(&root)?);
    let report = report::states(&old, &new, &options)?;
    Ok(bump::of(&old, &new, &report)?.to_string())
}

fn fails(report: &Report, fail_on: FailOn) -> bool {
    let worst = report.worst();
    match fail_on {
        FailOn::Breaking => worst == Some(Level::Breaking),
        FailOn::Risky => worst.is_some_and(|level| level <= Level::Risky),
        FailOn::Never => false,
    }
}

fn compared(arguments: &Arguments) -> Result<Report> {
    if let (Some(old), Some(new)) = (&arguments.old, &arguments.new) {
        let options = options(arguments.levels.as_deref(), arguments.ignore.as_deref(), &regen::workspace_root())?;
        let names = (old.display().to_string(), new.display().to_string());
        return report::documents((&names.0, &names.1), &sources::file(old)?, &sources::file(new)?, &options);
    }
    let root = sources::repository()?;
    let options = options(arguments.levels.as_deref(), arguments.ignore.as_deref(), &root)?;
    report::states(&sources::committed(&root, &arguments.base)?, &sources::work_tree(&root)?, &options)
}

/// Levels and ignore list: from the files that are named, else from those in `spec/`.
pub fn options(levels: Option<&Path>, ignore: Option<&Path>, root: &Path) -> Result<Options> {
    let read = |given: Option<&Path>, default: &str| -> Result<Option<(String, String)>> {
        let default = root.join("spec").join(default);
        let path = match given {
            Some(path) => path.to_owned(),
            None if default.exists() => default,
            None => return Ok(None),
        };
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Some((path.display().to_string(), text)))
    };
    let mut options = Options::default();
    if let Some((name, text)) = read(levels, "drift-levels.yaml")? {
        options.levels = parse_levels(&name, &text)?;
    }
    if let Some((name, text)) = read(ignore, "drift-ignore.yaml")? {
        options.ignores = parse_ignores(&name, &text)?;
    }
    Ok(options)
}
