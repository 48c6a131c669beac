//! `openapi-drift OLD NEW`: what a new OpenAPI document does to those who were written for the old one.

mod command;

use std::{
    io::{self, ErrorKind, Write as _},
    process::ExitCode,
};

use clap::Parser as _;

fn main() -> ExitCode {
    let outcome = command::run(&command::Arguments::parse());
    // if standard error is gone, there is nobody to be told
    drop(io::stderr().write_all(outcome.err.as_bytes()));
    let mut out = io::stdout().lock();
    match out.write_all(outcome.out.as_bytes()).and_then(|()| out.flush()) {
        // a reader that wants no more, as `head`, has what it wants
        Err(error) if error.kind() != ErrorKind::BrokenPipe => command::CANNOT_COMPARE.into(),
        _ => outcome.status.into(),
    }
}
