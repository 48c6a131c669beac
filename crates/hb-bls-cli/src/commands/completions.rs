//! `hb-bls completions`: what shells complete.

use std::io::{self, Write as _};

use anyhow::Result;
use clap::{Arg, Command, ValueHint, builder::StringValueParser};
use clap_complete::Shell;
use hb_bls::PayOption;

use crate::{
    config::{Folder, Profiles},
    offered::offered,
};

/// The default whose values are known, and the command that sets it.
const DEFAULT: &str = "pay-option";
const SET: [&str; 2] = ["config", "set"];

/// Prints a completion script, which knows the profiles that there are now.
pub fn completions(command: &Command, shell: Shell) -> Result<()> {
    let mut command = visible(command);
    if let Ok(profiles) = Folder::find().and_then(|folder| Profiles::new(&folder).all()) {
        let names = profiles.into_keys();
        command = command.mut_arg("profile", |arg| arg.value_parser(offered(StringValueParser::new(), names)));
    }
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "hb-bls", &mut script);
    let mut script = String::from_utf8(script)?;
    match shell {
        Shell::Bash => script = bash(&command, &script),
        Shell::Zsh => script = zsh(&command, &script),
        Shell::Fish => fish(&command, &mut Vec::new(), &mut script),
        _ => {}
    }
    print(script.as_bytes())
}

/// The command without what is hidden, which clap's scripts would offer, and with files offered only where one is meant.
fn visible(command: &Command) -> Command {
    let name = |name: &str| name.to_owned();
    let mut copy = Command::new(name(command.get_name())).args(command.get_arguments().cloned().map(hinted));
    copy = copy.groups(command.get_groups().cloned()).visible_aliases(command.get_visible_aliases().map(name));
    if let Some(about) = command.get_about() {
        copy = copy.about(about.clone());
    }
    if let Some(version) = command.get_version() {
        copy = copy.version(name(version));
    }
    copy.subcommands(command.get_subcommands().filter(|below| !below.is_hide_set()).map(visible))
}

fn hinted(arg: Arg) -> Arg {
    let hint = match arg.get_value_names().and_then(|names| names.first()).map(|name| name.as_str()) {
        Some("FILE") => ValueHint::FilePath,
        Some("DIR") => ValueHint::DirPath,
        Some("COMMAND") => ValueHint::CommandString,
        _ => ValueHint::Other,
    };
    if arg.get_action().takes_values() { arg.value_hint(hint) } else { arg }
}

/// The values that an argument is known to have.
fn values(arg: &Arg) -> Vec<String> {
    let values = arg.get_value_parser().possible_values().into_iter().flatten();
    values.filter(|_| arg.get_action().takes_values()).map(|value| value.get_name().to_owned()).collect()
}

/// The options of a command that take several known values with commas between them.
fn lists(command: &Command) -> impl Iterator<Item = (String, Vec<String>)> {
    let lists = command.get_opts().filter(|arg| arg.get_value_delimiter() == Some(','));
    let named = lists.filter_map(|arg| Some((arg.get_long()?.to_owned(), values(arg))));
    named.filter(|(_, values)| !values.is_empty())
}

/// The same of all commands.
fn all_lists(command: &Command) -> Vec<String> {
    let own = lists(command).map(|(name, _)| name);
    own.chain(command.get_subcommands().flat_map(all_lists)).collect()
}

/// The keys of `config set`.
fn keys(command: &Command) -> Vec<String> {
    let set = SET.iter().try_fold(command, |command, name| command.find_subcommand(name));
    set.and_then(|set| set.get_positionals().next()).map(values).unwrap_or_default()
}

fn pay_options() -> String {
    PayOption::KNOWN.iter().map(PayOption::as_str).collect::<Vec<_>>().join(" ")
}

fn bash(command: &Command, script: &str) -> String {
    // its case labels have the name of the command otherwise than the words that are looked up: clap issue 6421
    let script = script.replace("hb__subcmd__bls", "hb__bls");
    let lists: Vec<_> = all_lists(command).into_iter().map(|name| format!("--{name})")).collect();
    let set = format!("hb__bls__subcmd__{})", SET.join("__subcmd__"));
    let (mut is_list, mut is_set) = (false, false);
    let mut text = String::new();
    for line in script.lines() {
        if is_list {
            // what is before the last comma is kept
            let completed = line.replace("compgen -W", "compgen -P \"${cur%\"${cur##*,}\"}\" -W");
            text += &completed.replace("-- \"${cur}\"", "-- \"${cur##*,}\"");
        } else {
            text += line;
        }
        text.push('\n');
        is_list = lists.iter().any(|list| list == line.trim());
        is_set |= line.trim() == set;
        if is_set && line.trim() == "case \"${prev}\" in" {
            is_set = false;
            let others: Vec<_> = keys(command).into_iter().filter(|key| key != DEFAULT).collect();
            text += &format!(
                "                {DEFAULT})\n                    \
                 COMPREPLY=($(compgen -W \"{}\" -- \"${{cur}}\"))\n                    return 0\n                    ;;\n                \
                 {})\n                    COMPREPLY=(\"${{cur}}\")\n                    return 0\n                    ;;\n",
                pay_options(),
                others.join("|")
            );
        }
    }
    text
}

fn zsh(command: &Command, script: &str) -> String {
    let lists: Vec<_> = all_lists(command).into_iter().map(|name| format!("--{name}=[")).collect();
    let of_default = format!("{{[[ $words[CURRENT-1] == {DEFAULT} ]] && compadd {}}}", pay_options());
    let line = |line: &str| match line.rsplit_once(":(").filter(|_| lists.iter().any(|list| line.contains(list))) {
        Some((before, values)) => format!("{before}:_values -s , value {}\n", values.replacen(')', "", 1)),
        None if line.starts_with("':value -- ") => line.replacen(":' \\", &format!(":{of_default}' \\"), 1) + "\n",
        None => format!("{line}\n"),
    };
    script.lines().map(line).collect()
}

/// The values of arguments without a flag, which clap's script for fish leaves out, and of lists after a comma.
fn fish<'a>(command: &'a Command, path: &mut Vec<&'a str>, script: &mut String) {
    if let [first, rest @ ..] = &path[..] {
        let rest: String = rest.iter().map(|name| format!("; and __fish_seen_subcommand_from {name}")).collect();
        let condition = format!("__fish_hb_bls_using_subcommand {first}{rest}");
        let known: Vec<_> = command.get_positionals().flat_map(values).collect();
        let known = known.join(" ");
        let mut offer = |further: &str, option: &str, values: &str| {
            *script += &format!("complete -c hb-bls -n \"{condition}{further}\" -f{option} -a \"{values}\"\n");
        };
        if path[..] == SET {
            let seen = "__fish_seen_subcommand_from";
            offer(&format!("; and not {seen} {known}"), "", &known);
            // no files
            offer(&format!("; and {seen} {known}"), "", "");
            offer(&format!("; and {seen} {DEFAULT}"), "", &pay_options());
        } else if !known.is_empty() {
            offer("", "", &known);
        }
        for (name, values) in lists(command) {
            offer("", &format!(" -r -l {name}"), &format!("(__fish_append , {})", values.join(" ")));
        }
    }
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        path.push(below.get_name());
        fish(below, path, script);
        path.pop();
    }
}

/// Prints it, as long as somebody reads it.
pub fn print(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}
