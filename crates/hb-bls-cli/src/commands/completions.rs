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
        let names = profiles.into_keys();
        command = command.mut_arg("profile", |arg| arg.value_parser(offered(StringValueParser::new(), names)));
    }
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "hb-bls", &mut script);
    if shell == Shell::Bash {
        // its case labels have the name of the command otherwise than the words that are looked up: clap issue 6421
        script = String::from_utf8(script)?.replace("hb__subcmd__bls", "hb__bls").into_bytes();
    }
    if shell == Shell::Fish {
        fish_arguments(&command, &mut Vec::new(), &mut script);
    }
    print(&script)
}

/// The values of arguments without a flag, which clap's script for fish leaves out.
fn fish_arguments<'a>(command: &'a clap::Command, path: &mut Vec<&'a str>, script: &mut Vec<u8>) {
    let values = command.get_positionals().filter_map(|arg| arg.get_value_parser().possible_values()).flatten();
    let values: Vec<_> = values.map(|value| value.get_name().to_owned()).collect();
    if let ([first, rest @ ..], false) = (&path[..], values.is_empty()) {
        let rest: String = rest.iter().map(|name| format!("; and __fish_seen_subcommand_from {name}")).collect();
        let condition = format!("__fish_hb_bls_using_subcommand {first}{rest}");
        script.extend(format!("complete -c hb-bls -n \"{condition}\" -f -a \"{}\"\n", values.join(" ")).into_bytes());
    }
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        path.push(below.get_name());
        fish_arguments(below, path, script);
        path.pop();
    }
}

/// Prints it, as long as somebody reads it.
pub fn print(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}
