//! `cargo xtask pull`, from the arguments to what is printed.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow};

use super::{
    Prefer, Pulled, Request, overlay_fit,
    report::{self, Format},
    source::Limits,
    update::{self, Files, Regenerated},
};
use crate::{document, drift, effective, overlay, walk};

/// What was pulled is written, but a person must mend the overlay before code can be generated.
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
    prefer: Option<Prefer>,
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

/// Pulls into the workspace at `root`. Says what it is at through `progress`.
pub fn run(arguments: &Arguments, root: &Path, progress: &mut dyn FnMut(&str)) -> Result<Report> {
    let files = Files::of(root);
    let mut before = drift::work_tree(root)?;
    before.name = "before".to_owned();
    let old = &before.published;
    let request = Request {
        from: arguments.from.clone(),
        folder: arguments.folder.clone(),
        prefer: arguments.prefer,
        limits: Limits::default(),
    };
    let pulled = super::pull(&request, old, &mut |line| progress(&report::printable(line)))
        .map_err(|error| anyhow!("nothing is written: {}", report::printable(&format!("{error:#}"))))?;
    let mut pull = String::new();
    let (fit, finished, mut after) = match &arguments.out {
        Some(path) => {
            update::replace(path, &effective::to_json(&pulled.document))?;
            told(&mut pull, &format!("{} is written.", path.display()), &pulled);
            let overlay = overlay::parse(document::read(&files.overlay)?.value)?;
            let after = drift::state("pulled", document::read(path)?, Some(document::read(&files.overlay)?))?;
            (overlay_fit::fit(old, &pulled.document, &overlay), true, after)
        }
        None => {
            let updated = update::update(&files, &pulled.document)?;
            let path = files.document.display();
            let head = if updated.changed { format!("{path} is new.") } else { format!("{path} says what it said.") };
            told(&mut pull, &head, &pulled);
            let finished = generated(&mut pull, &updated.regenerated);
            (updated.fit, finished, drift::work_tree(root)?)
        }
    };
    after.name = "pulled".to_owned();
    let mut changes = drift::states(&before, &after, &drift::options(None, None, root)?)?;
    // told below, with what to do
    changes.unfit_assumptions.clear();
    let format = if arguments.format == Format::Text { drift::Format::Text } else { drift::Format::Markdown };
    let drift = drift::write(&changes, format)?;
    let overlay = report::overlay(&fit, arguments.format);
    let text = match arguments.format {
        Format::Text => format!("{pull}\n{drift}\n{overlay}"),
        Format::Markdown => format!("{drift}\n{overlay}\n### Pull\n\n{}", report::verbatim(&pull)),
    };
    Ok(Report { text: report::printable(text.trim_end()) + "\n", finished })
}

fn told(text: &mut String, head: &str, pulled: &Pulled) {
    let (operations, schemas) = (walk::operations(&pulled.document).len(), walk::schemas(&pulled.document).count());
    // writing to a string cannot fail
    let _ = writeln!(text, "{head} {operations} operations, {schemas} schemas.");
    for note in &pulled.notes {
        let _ = writeln!(text, "{note}");
    }
}

fn generated(text: &mut String, regenerated: &Regenerated) -> bool {
    let _ = match regenerated {
        Regenerated::Done(changes) if changes.is_empty() => writeln!(text, "Generated files are up to date."),
        Regenerated::Done(changes) => changes.iter().try_for_each(|change| writeln!(text, "{change}")),
        Regenerated::Not(why) => writeln!(text, "Nothing is generated yet: {why}"),
    };
    matches!(regenerated, Regenerated::Done(_))
}
