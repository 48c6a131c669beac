//! The examples at the end of each command's help and manual page. A test runs them all.

use clap::Command;

/// The examples of all commands, in an order in which they can be run. Lines that begin with `#` say what the next one does.
const EXAMPLES: &str = include_str!("examples.txt");

/// The examples of a command, which is named without the first word.
pub fn of(path: &str) -> Option<&'static str> {
    let title = format!("[{path}]\n");
    let (_, rest) = EXAMPLES.split_once(&title).filter(|(before, _)| before.is_empty() || before.ends_with('\n'))?;
    Some(rest.split("\n\n").next().unwrap_or(rest).trim_end())
}

/// Ends the help of each command with its examples.
pub fn shown(command: Command) -> Command {
    below(command, "")
}

fn below(mut command: Command, path: &str) -> Command {
    if let Some(examples) = of(path) {
        let mut text = String::from("Examples:");
        for line in examples.lines() {
            text.push_str("\n  ");
            text.push_str(line);
        }
        // in the long help after what is there already, and in the short help before the exit codes
        if let Some(more) = command.get_after_long_help() {
            let long = format!("{more}\n\n{text}");
            command = command.after_long_help(long);
        }
        if let Some(more) = command.get_after_help() {
            text = format!("{text}\n\n{more}");
        }
        command = command.after_help(text);
    }
    let names: Vec<String> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    names.iter().fold(command, |command, name| {
        let path = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command.mut_subcommand(name, |it| below(it, &path))
    })
}
