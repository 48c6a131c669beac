//! A machine of its own for each test: a home folder, an environment, and a portal.

use std::{
    fmt::Write as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use hb_bls::Client;
use hb_bls_sandbox::{ClockMode, Fault, Sandbox, SandboxBuilder, SandboxError, Seed};

use crate::built;

/// A home folder, and what the command finds in its environment.
pub struct Machine {
    pub home: tempfile::TempDir,
    pub environment: Vec<(String, String)>,
}

impl Machine {
    /// Nobody is logged in.
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), environment: Vec::new() }
    }

    /// The portal's first account is set in the environment.
    pub fn at(portal: &Portal) -> Self {
        let credentials = portal.sandbox.credentials();
        Self::with_account(portal.sandbox.base_url(), &credentials.hb_client_id, &credentials.api_key)
    }

    /// An account of a server is set in the environment.
    pub fn at_url(url: &str) -> Self {
        Self::with_account(url, "ada", "sesame")
    }

    pub fn with_account(url: &str, client_id: &str, api_key: &str) -> Self {
        let machine = Self::new().with("HB_BLS_BASE_URL", url);
        machine.with("HB_BLS_CLIENT_ID", client_id).with("HB_BLS_API_KEY", api_key)
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where the configuration goes by default.
    pub fn config(&self) -> PathBuf {
        self.home.path().join(".config/hb-bls")
    }

    /// The command, which finds nothing else.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = built::command(self.home.path(), args);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs it. Arguments are separated by spaces.
    pub fn run(&self, line: &str) -> Run {
        self.run_args(&line.split(' ').filter(|arg| !arg.is_empty()).collect::<Vec<_>>())
    }

    pub fn run_args(&self, args: &[&str]) -> Run {
        Run::of(&args.join(" "), &self.command(args).output().unwrap())
    }

    /// Runs it, and gives it something to read.
    pub fn run_with_input(&self, line: &str, input: &str) -> Run {
        use std::io::Write as _;
        let args: Vec<&str> = line.split(' ').collect();
        let mut command = self.command(&args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let written = child.stdin.take().unwrap().write_all(input.as_bytes());
        // it may end before it reads
        assert!(written.is_ok() || written.is_err_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe));
        Run::of(line, &child.wait_with_output().unwrap())
    }

    /// What a person sees who types these lines one after the other.
    pub fn session(&self, lines: &[&str]) -> String {
        lines.iter().map(|line| self.run(line).transcript()).collect::<Vec<_>>().join("\n")
    }
}

/// What came of a run.
pub struct Run {
    line: String,
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Run {
    pub fn of(line: &str, output: &Output) -> Self {
        Self {
            line: line.to_owned(),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
            code: output.status.code().expect("ended by a signal"),
        }
    }

    /// What goes to stderr is marked.
    pub fn transcript(&self) -> String {
        let mut text = format!("$ hb-bls {}\n{}", self.line, self.stdout);
        for line in self.stderr.lines() {
            writeln!(text, "! {line}").unwrap();
        }
        if self.code != 0 {
            writeln!(text, "[exit code {}]", self.code).unwrap();
        }
        text
    }

    /// The output as JSON.
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The error as JSON.
    pub fn error(&self) -> serde_json::Value {
        serde_json::from_str::<serde_json::Value>(&self.stderr).unwrap()["error"].take()
    }
}

/// A local portal at 10:00 UTC on Friday, 5 June 2026.
pub struct Portal {
    runtime: tokio::runtime::Runtime,
    pub sandbox: Sandbox,
}

impl Portal {
    pub fn start() -> Self {
        Self::start_with(|builder| builder)
    }

    pub fn start_with(set_up: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let clock = ClockMode::Frozen("2026-06-05T10:00:00Z".parse().unwrap());
        let builder = set_up(Sandbox::builder().clock(clock));
        let sandbox = runtime.block_on(builder.start()).unwrap();
        Self { runtime, sandbox }
    }

    /// With this many bookings.
    pub fn seeded(bookings: u32) -> Self {
        let portal = Self::start();
        if bookings > 0 {
            portal.run(async |sandbox| sandbox.seed(Seed::default().bookings(bookings)).await);
        }
        portal
    }

    /// Has the portal's staff do something, or looks behind the scenes.
    pub fn run<T>(&self, work: impl AsyncFnOnce(&Sandbox) -> Result<T, SandboxError>) -> T {
        self.wait(work(&self.sandbox)).unwrap()
    }

    pub fn inject(&self, fault: Fault) {
        self.run(async |sandbox| sandbox.inject(fault).await);
    }

    pub fn wait<T>(&self, work: impl IntoFuture<Output = T>) -> T {
        self.runtime.block_on(work.into_future())
    }

    /// A client of the library, past the command.
    pub fn client(&self) -> Client {
        hb_bls::testing::client_builder(&self.sandbox).without_rate_limit().build().unwrap()
    }

    /// How often an operation was asked for.
    pub fn count(&self, method: &str, path: &str) -> usize {
        let requests = self.run(async |sandbox| sandbox.requests().await);
        requests.iter().filter(|request| request.method == method && request.path == path).count()
    }
}

/// Compares with a snapshot, without what differs from run to run.
#[macro_export]
macro_rules! snapshot {
    ($name:expr, $text:expr) => {
        snapshot!("commands", $name, $text, [])
    };
    ($folder:literal, $name:expr, $text:expr, [$($filter:expr),*]) => {
        insta::with_settings!({
            filters => vec![
                (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
                (r"--port \d+", "--port PORT"),
                (r"whsec_\w+", "whsec_SECRET"),
                (r"\b[0-9A-Za-z]{32}\b", "HOLD_HASH"),
                (r"/book/\w+", "/book/ACCOUNT"),
                (r"(/[\w.+-]+)*/\.tmp\w+", "HOME"),
                $($filter),*
            ],
            prepend_module_to_snapshot => false,
            omit_expression => true,
            snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/", $folder),
        }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}
