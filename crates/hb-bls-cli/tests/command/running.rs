//! A command that goes on until it is stopped.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::machine::Machine;

/// Longer than anything takes, and short of hanging for ever.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A command that has printed its first line.
pub struct Running {
    child: Child,
    pub output: Option<BufReader<ChildStdout>>,
    /// The first line, which has its URL.
    pub first: String,
    machine: Option<Machine>,
}

impl Running {
    /// Starts it; the machine is kept until it has ended.
    pub fn start(machine: Machine, command: Command) -> Self {
        let mut running = Self::of(command);
        running.machine = Some(machine);
        running
    }

    /// Starts it on a machine that others use, too.
    pub fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (output, first) = next_line(BufReader::new(child.stdout.take().unwrap()));
        if first.is_empty() {
            let mut error = String::new();
            child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
            panic!("it did not start: {error}");
        }
        Self { child, output: Some(output), first, machine: None }
    }

    /// The first line as programs read it.
    pub fn object(&self) -> Value {
        serde_json::from_str(&self.first).unwrap()
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.host())
    }

    pub fn host(&self) -> &str {
        self.first.split_once("http://").unwrap().1.split_once('/').unwrap().0
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line that is shown.
    pub fn text(&mut self) -> String {
        let (output, line) = next_line(self.output.take().unwrap());
        self.output = Some(output);
        line
    }

    /// The next delivery that is shown.
    pub fn line(&mut self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.host()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    pub fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.pid().to_string()]).status().unwrap().success());
    }

    /// Its exit code, what else it printed, and what it complained of.
    pub fn end(mut self) -> (Option<i32>, String, String) {
        let mut rest = String::new();
        if let Some(mut output) = self.output.take() {
            output.read_to_string(&mut rest).unwrap();
        }
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap().code(), rest, errors)
    }

    /// As [`end`](Self::end), with a limit.
    pub fn end_within(self, limit: Duration) -> (Option<i32>, String, String) {
        within(limit, || self.end())
    }

    pub fn interrupt(self) -> (Option<i32>, String, String) {
        self.signal("-INT");
        self.end_within(PATIENCE)
    }
}

/// Does something that fails the test if it does not end in time.
pub fn within<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(limit).expect("it still runs")
}

/// A line that is printed in time, or nothing at the end.
fn next_line(mut output: BufReader<ChildStdout>) -> (BufReader<ChildStdout>, String) {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        sender.send((output, line))
    });
    receiver.recv_timeout(PATIENCE).expect("a line is printed")
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
