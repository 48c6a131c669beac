//! The processes of a fleet, and what they print.

use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::Sender,
};

use rustix::process::{Pid, Signal, kill_process};

/// What comes from the process with this number.
pub enum Event {
    Line(usize, String),
    /// It has ended, by itself or not; the generation tells which it was.
    End(usize, usize),
}

/// A process, which is started anew whenever it is killed.
pub struct Process {
    number: usize,
    generation: usize,
    environment: Vec<(String, String)>,
    events: Sender<Event>,
    child: Child,
    /// By itself, so that it is neither started anew nor sent signals.
    has_ended: bool,
}

impl Process {
    pub fn start(number: usize, environment: Vec<(String, String)>, events: Sender<Event>) -> Self {
        let child = spawn(number, 0, &environment, &events);
        Self { number, generation: 0, environment, events, child, has_ended: false }
    }

    /// Kills it with SIGKILL and starts it anew.
    pub fn kill(&mut self) {
        if self.has_ended {
            return;
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.generation += 1;
        self.child = spawn(self.number, self.generation, &self.environment, &self.events);
    }

    pub fn stop(&mut self) {
        self.signal(Signal::STOP);
    }

    pub fn go_on(&mut self) {
        self.signal(Signal::CONT);
    }

    /// Whether it has ended by itself, and how, if this was its last generation.
    pub fn has_ended(&mut self, generation: usize) -> bool {
        if generation != self.generation {
            return false;
        }
        let status = self.child.wait().unwrap();
        assert!(status.success(), "process {}: {status}", self.number);
        self.has_ended = true;
        true
    }

    fn signal(&self, signal: Signal) {
        if self.has_ended {
            return;
        }
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).unwrap();
        let _ = kill_process(pid, signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(number: usize, generation: usize, environment: &[(String, String)], events: &Sender<Event>) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fleet"))
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    read(number, child.stdout.take().unwrap(), events.clone(), Some(generation));
    read(number, child.stderr.take().unwrap(), events.clone(), None);
    child
}

/// Sends lines until the stream ends, and then that it has, if a generation is given.
fn read(number: usize, stream: impl Read + Send + 'static, events: Sender<Event>, generation: Option<usize>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = events.send(Event::Line(number, line));
        }
        if let Some(generation) = generation {
            let _ = events.send(Event::End(number, generation));
        }
    });
}
