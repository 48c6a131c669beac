//! The examples at the end of each command's help and manual page. A test runs them all.

use clap::Command;

/// The examples of all commands, in an order in which they can be run. Lines that begin with `#` say what the next one does.
const EXAMPLES: &str = include_str!("examples.txt");

/// How many of its commands a group has an example of.
const OF_GROUP: usize = 4;

/// The examples of a command, which is named without the first word. Those of a group are the first of its commands'.
pub fn of(path: &str) -> Option<String> {
    let commands = || EXAMPLES.split("\n\n").filter_map(|part| part.trim().strip_prefix('[')?.split_once("]\n"));
    if let Some((_, examples)) = commands().find(|(name, _)| *name == path) {
        return Some(examples.to_owned());
    }
    let of_group = commands().filter(|(name, _)| name.strip_prefix(path).is_some_and(|rest| rest.starts_with(' ')));
    let firsts: Vec<_> = of_group.take(OF_GROUP).map(|(_, examples)| first(examples)).collect();
    (!firsts.is_empty()).then(|| firsts.join("\n"))
}

/// The first example, with what is said of it.
fn first(examples: &str) -> &str {
    let said = examples.lines().take_while(|line| line.starts_with('#')).map(|line| line.len() + 1).sum::<usize>();
    let end = examples[said..].find('\n').map_or(examples.len(), |end| said + end);
    &examples[..end]
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
