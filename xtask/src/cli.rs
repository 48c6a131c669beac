//! The command line of `cargo xtask`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{drift, effective, pull, regen};

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Keeps spec/ and hb-bls-gen in step with what the portal publishes")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Regenerate crates/hb-bls-gen/src/generated from spec/
    Regen {
        /// Write nothing; name each file that is out of date and exit 1
        #[arg(long)]
        check: bool,
        /// What to read
        #[command(flatten)]
        input: Input,
        /// Write into this folder instead
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Say what a changed spec/ means for users of hb-bls
    ///
    /// Exit status 1: a change is as bad as --fail-on, or worse. 2: there is nothing that can be compared.
    Drift(drift::command::Arguments),
    /// Get what the portal publishes into spec/, generate, and say what changed
    ///
    /// Nothing is written unless all of it could be read. Exit status 3: the document is written, but the overlay
    /// must be mended by hand before code can be generated.
    Pull(pull::command::Arguments),
    /// Print the effective document: spec/bls.openapi.json with the overlay applied
    Spec {
        /// Write it to a file instead of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// What to read
        #[command(flatten)]
        input: Input,
    },
}

/// Another document than the one that is checked in.
#[derive(Debug, clap::Args)]
pub struct Input {
    /// Another OpenAPI document, JSON or YAML, 3.0.x or 3.1.x
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// Another overlay. With --spec and without this, none is applied
    #[arg(long, value_name = "FILE")]
    overlay: Option<PathBuf>,
}

impl Input {
    /// Whether it is what is checked in.
    pub fn is_default(&self) -> bool {
        self.spec.is_none() && self.overlay.is_none()
    }

    /// The files to read.
    pub fn sources(self) -> effective::Sources {
        let spec_dir = regen::workspace_root().join("spec");
        let overlay = match (&self.spec, self.overlay) {
            (_, Some(overlay)) => Some(overlay),
            (Some(_), None) => None,
            (None, None) => Some(spec_dir.join("bls.overlay.json")),
        };
        effective::Sources { document: self.spec.unwrap_or_else(|| spec_dir.join("bls.openapi.json")), overlay }
    }
}
