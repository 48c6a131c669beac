//! `cargo xtask pull`, from the arguments to what is printed.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow};
use serde_json::Value;

use super::{
    Preference, Pulled, Request,
    report::{self, Format},
    source::Limits,
    update::{Files, Regenerated, Update},
};
use crate::{drift, effective, replace::replace, walk};

/// What was pulled is written, but a person must fix the overlay before code can be generated.
pub const UNFINISHED: u8 = 3;

/// What to pull, and how to report.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// An OpenAPI document (JSON or YAML), a documentation site (its URL ends with `/` or `/llms.txt`), or a folder
    /// with the site's files
    #[arg(long, value_name = "URL|FILE|DIR", env = "BLS_PORTAL", hide_env_values = true)]
    from: String,
    /// The folder of the site that holds the API; empty for all
    #[arg(long, value_name = "PATH", default_value = "Virtual BLS APIs")]
    folder: String,
    /// What to take when two pages publish different content under one name. Without this, it is an error
    #[arg(long)]
    prefer: Option<Preference>,
    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the document here and nothing else, to see what would come of it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What to print, and whether a person must do something before code can be generated.
#[derive(Debug)]
pub struct Report {
    /// The report.
    pub text: String,
    /// Whether generated files are in step with the document.
    pub finished: bool,
}

/// Pulls into the workspace at `root`, and reports each step through `progress`.
pub fn run(arguments: &Arguments, root: &Path, progress: &mut dyn FnMut(&str)) -> Result<Report> {
    let files = Files::of(root);
    let unwritten = |error: anyhow::Error| anyhow!("nothing is written: {}", report::printable(&format!("{error:#}")));
    let prepared = prepare(arguments, root, &files, progress).map_err(unwritten)?;
    match &arguments.out {
        Some(path) => replace(path, &effective::to_json(&prepared.document))?,
        None => prepared.update.write(&files, &prepared.regenerated)?,
    }
    let finished = arguments.out.is_some() || matches!(prepared.regenerated, Regenerated::Done(_));
    Ok(Report { text: prepared.report, finished })
}

/// Everything that a pull does except writing.
struct Prepared {
    document: Value,
    update: Update,
    regenerated: Regenerated,
    report: String,
}

fn prepare(arguments: &Arguments, root: &Path, files: &Files, progress: &mut dyn FnMut(&str)) -> Result<Prepared> {
    let options = drift::options(None, None, root)?;
    let mut before = drift::work_tree(root)?;
    before.name = "before".to_owned();
    let request = Request {
        from: arguments.from.clone(),
        folder: arguments.folder.clone(),
        prefer: arguments.prefer,
        limits: Limits::default(),
    };
    let pulled = super::pull(&request, &before.published, &mut |line| progress(&report::printable(line)))?;
    let mut update = Update::prepare(files, &pulled.document)?;
    let mut pull = String::new();
    let regenerated = match &arguments.out {
        Some(path) => {
            append_summary(&mut pull, &format!("{} is written.", path.display()), &pulled);
            Regenerated::Not("only a document is wanted".to_owned())
        }
        None => {
            let path = files.document.display();
            let head = if update.changed { format!("{path} is new.") } else { format!("{path} says what it said.") };
            append_summary(&mut pull, &head, &pulled);
            let regenerated = update.generate(files);
            generated(&mut pull, &regenerated);
            regenerated
        }
    };
    let after = drift::state("pulled", update.document.clone(), Some(update.overlay.clone()))?;
    let mut changes = drift::states(&before, &after, &options)?;
    // the report lists them below, with what to do about them
    changes.unfit_assumptions.clear();
    let format = if arguments.format == Format::Text { drift::Format::Text } else { drift::Format::Markdown };
    let drift = drift::write(&changes, format)?;
    let overlay = report::overlay(&update.fit, arguments.format);
    let text = match arguments.format {
        Format::Text => format!("{pull}\n{drift}\n{overlay}"),
        Format::Markdown => format!("{drift}\n{overlay}\n### Pull\n\n{}", report::verbatim(&pull)),
    };
    let report = report::printable(text.trim_end()) + "\n";
    Ok(Prepared { document: pulled.document, update, regenerated, report })
}

fn append_summary(text: &mut String, head: &str, pulled: &Pulled) {
    let (operations, schemas) = (walk::operations(&pulled.document).len(), walk::schemas(&pulled.document).count());
    // writing to a string cannot fail
    let _ = writeln!(text, "{head} {operations} operations, {schemas} schemas.");
    for note in &pulled.notes {
        let _ = writeln!(text, "{note}");
    }
}

fn generated(text: &mut String, regenerated: &Regenerated) {
    let _ = match regenerated {
        Regenerated::Done(changes) if changes.is_empty() => writeln!(text, "Generated files are up to date."),
        Regenerated::Done(changes) => changes.iter().try_for_each(|change| writeln!(text, "{change}")),
        Regenerated::Not(why) => writeln!(text, "Nothing is generated yet: {why}"),
    };
}
