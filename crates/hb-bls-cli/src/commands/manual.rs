//! `hb-bls man`: the manual pages.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::Command;
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use super::completions::print;
use crate::examples;

/// Sections with a title, and entries with their texts.
type Sections = [(&'static str, &'static [(&'static str, &'static str)])];

/// What the page of the whole command says besides.
const SECTIONS: [(&str, &[(&str, &str)]); 2] = [
    (
        "EXIT STATUS",
        &[
            ("0", "It is done."),
            ("1", "Something else has failed."),
            ("2", "The command was called wrongly, or its configuration is wrong."),
            ("3", "The portal does not accept the credentials."),
            ("4", "It is not there, or not in this account."),
            ("5", "It is in conflict with something else, such as a hold or a timeslot that was taken."),
            ("6", "The portal has rejected a value."),
            ("7", "The rate limit is used up."),
            ("8", "The portal cannot be reached, or does not respond in time."),
            ("9", "The portal has failed."),
            ("10", "Something needs attention (`agenda --exit-status`)."),
        ],
    ),
    (
        "ENVIRONMENT",
        &[
            ("HB_BLS_CLIENT_ID, HB_BLS_API_KEY", "The account. They override the profile unless --profile is given."),
            ("HB_BLS_PROFILE", "The name of a saved account."),
            ("HB_BLS_BASE_URL", "The base URL of the API."),
            ("HB_BLS_AUDIT", "A file in which each change is noted."),
            ("HB_BLS_NOTIFY_URL", "Where `agenda` sends its counts if anything needs attention."),
            ("HB_BLS_CONFIG_DIR", "A folder that everything is kept in, instead of the system's keyring."),
            (
                "HB_BLS_CONTROL_URL, HB_BLS_CONTROL_TOKEN",
                "The sandbox that commands such as `sandbox advance` are for.",
            ),
            ("NO_COLOR", "Output has no colours."),
        ],
    ),
];

/// Arguments of `man`.
#[derive(clap::Args)]
pub struct ManArgs {
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints the page of the whole command, or writes one for each.
pub fn man(command: Command, args: &ManArgs) -> Result<()> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    if let Some(dir) = &args.dir {
        std::fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        return write_all(&command, &SECTIONS, "", dir).with_context(|| format!("cannot write to {}", dir.display()));
    }
    let mut text = Vec::new();
    page(command, &SECTIONS, "", &mut text)?;
    print(&text)
}

/// Writes the page of a command, and of all below it.
fn write_all(command: &Command, sections: &Sections, path: &str, dir: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        let path = format!("{path} {}", below.get_name());
        write_all(below, &[], path.trim_start(), dir)?;
    }
    let mut file = File::create(dir.join(Man::new(command.clone()).get_filename()))?;
    page(command.clone(), sections, path, &mut file)?;
    file.flush()
}

/// The sections of a manual page, of which `clap_mangen` knows no examples, exit status or environment.
fn page(command: Command, sections: &Sections, path: &str, out: &mut dyn Write) -> io::Result<()> {
    let has_below = command.get_subcommands().any(|it| !it.is_hide_set());
    let notes = command.get_after_long_help().map(ToString::to_string);
    let man = Man::new(command);
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if has_below {
        man.render_subcommands_section(out)?;
    }
    let mut more = Roff::new();
    // a title with a colon, and lines that stay as they are
    if let Some((title, lines)) = notes.as_deref().and_then(|notes| notes.split_once(":\n")) {
        more.control("SH", [title.to_uppercase().as_str()]).control("nf", []);
        for line in lines.lines() {
            more.text([roman(line)]);
        }
        more.control("fi", []);
    }
    for (title, entries) in sections {
        more.control("SH", [*title]);
        for (entry, text) in *entries {
            more.control("TP", []).text([bold(*entry)]).text([roman(*text)]);
        }
    }
    if let Some(examples) = examples::of(path) {
        more.control("SH", ["EXAMPLES"]).control("nf", []);
        for line in examples.lines() {
            more.text([if line.starts_with('#') { roman(line) } else { bold(line) }]);
        }
        more.control("fi", []);
    }
    more.to_writer(out)
}
