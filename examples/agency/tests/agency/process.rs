//! Processes of the service, which are started again whenever they end.

use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

pub struct Process {
    pub part: &'static str,
    environment: Vec<(String, String)>,
    child: Option<Child>,
}

impl Process {
    pub fn start(part: &'static str, environment: Vec<(String, String)>) -> Self {
        let mut process = Self { part, environment, child: None };
        process.keep_running();
        process
    }

    /// Starts it, or starts it again if it has ended.
    pub fn keep_running(&mut self) {
        if self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none()) {
            return;
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_agency"));
        command.args(self.part.split_whitespace());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(command.spawn().unwrap());
    }

    /// Ends it with SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Asks it to end in order, and waits until it has.
    pub fn end(&mut self) {
        self.signal(Signal::INT);
        let status = self.child.take().unwrap().wait().unwrap();
        assert!(status.success(), "{}: {status}", self.part);
    }

    pub fn signal(&self, signal: Signal) {
        let id = self.child.as_ref().and_then(|child| Pid::from_raw(i32::try_from(child.id()).ok()?));
        if let Some(id) = id {
            let _ = kill_process(id, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
