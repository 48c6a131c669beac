//! `openapi-drift OLD NEW`: what a new OpenAPI document does to those who were written for the old one.

mod command;

use std::{
    io::{self, ErrorKind, Write as _},
    process::ExitCode,
};

use clap::Parser as _;

fn main() -> ExitCode {
    let outcome = command::run(&command::Arguments::parse());
    // a failure to write to standard error cannot be reported anywhere
    drop(io::stderr().write_all(outcome.err.as_bytes()));
    let mut out = io::stdout().lock();
    match out.write_all(outcome.out.as_bytes()).and_then(|()| out.flush()) {
        // a reader that stops early, such as `head`, is no error
        Err(error) if error.kind() != ErrorKind::BrokenPipe => command::CANNOT_COMPARE.into(),
        _ => outcome.status.into(),
    }
}
