//! Questions on a terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::Result;

use crate::{
    output::wrap,
    report::{Failure, Kind},
};

/// Whether there is somebody to ask.
pub fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// The answer, without white space around it.
pub fn line(prompt: &str) -> Result<String> {
    let mut out = anstream::stderr().lock();
    // in one piece: what is typed meanwhile would stand in the middle of it
    let prompt = wrap::lines(prompt.trim_end(), wrap::width_of_errors()) + " ";
    out.write_all(prompt.as_bytes())?;
    out.flush()?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(Failure::new(Kind::Usage, "the input ended; nothing was done").into());
    }
    Ok(line.trim().to_owned())
}

/// Says something before a question.
pub fn say(text: &str) -> io::Result<()> {
    writeln!(anstream::stderr().lock(), "{}", wrap::lines(text, wrap::width_of_errors()))
}

/// Whether the answer is yes. Nothing is no.
pub fn confirm(question: &str) -> Result<bool> {
    loop {
        match line(&format!("{question} [y/N] "))?.to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "" | "n" | "no" => return Ok(false),
            _ => say("Answer y or n.")?,
        }
    }
}

/// Asks before something is done that cannot be taken back. Where nobody can be asked, `yes` must have been said.
pub fn confirm_unless(yes: bool, question: &str, nothing: &str) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !is_possible() {
        return Err(Failure::new(Kind::Usage, format!("nobody is there to answer: {question}"))
            .hint("add --yes to do it without being asked")
            .into());
    }
    if confirm(question)? { Ok(()) } else { Err(Failure::new(Kind::Other, nothing).into()) }
}
