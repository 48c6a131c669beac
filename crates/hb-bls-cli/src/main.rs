//! The `hb-bls` command.

mod demo;
mod output;
mod sandbox;

use std::{io, process::ExitCode};

use clap::{Parser, Subcommand};
use output::{Format, Output};

#[derive(Parser)]
#[command(
    name = "hb-bls",
    version,
    about = "Virtual BLS training by Healthier Business: book it, follow it, try it locally"
)]
struct Cli {
    /// How to print
    #[arg(long, value_enum, global = true, default_value_t = Format::Text)]
    output: Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Walk through a booking, from credentials to certificate, against a local portal
    Demo(demo::Args),
    /// Run a local portal to develop against
    Sandbox(sandbox::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.output);
    let result = match cli.command {
        Command::Demo(args) => demo::run(&args, output).await,
        Command::Sandbox(args) => sandbox::run(args, output).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // whoever read the output has seen enough
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::print_error(&error);
            ExitCode::FAILURE
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
