//! Asks on a terminal for what must not be seen.

use std::io;

#[cfg(not(unix))]
pub(super) fn line(prompt: &str) -> io::Result<String> {
    rpassword::prompt_password(prompt)
}

/// Nothing is shown from before the prompt is, and the terminal is left as it was, even by Ctrl-C: rpassword shows what
/// is pasted early, and Ctrl-C leaves its terminal without echo.
#[cfg(unix)]
pub(super) fn line(prompt: &str) -> io::Result<String> {
    use std::io::Write as _;

    let quiet = unix::Quiet::start()?;
    let mut out = anstream::stderr().lock();
    write!(out, "{prompt}")?;
    out.flush()?;
    let (typed, interrupted) = quiet.read()?;
    drop(quiet);
    if interrupted {
        writeln!(out)?;
        unix::interrupt()?;
    }
    String::from_utf8(typed).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

#[cfg(unix)]
mod unix {
    use std::{
        io::{self, BufRead as _, Stdin},
        time::Duration,
    };

    use rustix::{
        process::{Signal, getpid, kill_process},
        termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr},
    };

    /// Longer than a signal takes to end the process.
    const ENDED_WITHIN: Duration = Duration::from_millis(100);

    /// A terminal that shows nothing but the end of the line, until this is dropped.
    pub(super) struct Quiet {
        terminal: Stdin,
        before: Termios,
        /// Ctrl-C, unless the user has chosen another.
        interrupt: u8,
    }

    impl Quiet {
        pub(super) fn start() -> io::Result<Self> {
            let terminal = io::stdin();
            let before = tcgetattr(&terminal)?;
            let interrupt = before.special_codes[SpecialCodeIndex::VINTR];
            let mut quiet = before.clone();
            // Ctrl-C is read, so that the terminal can be put right first
            quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
            quiet.local_modes.insert(LocalModes::ECHONL | LocalModes::ICANON);
            quiet.special_codes[SpecialCodeIndex::VEOL] = interrupt;
            tcsetattr(&terminal, OptionalActions::Now, &quiet)?;
            Ok(Self { terminal, before, interrupt })
        }

        /// What is typed, and whether it ended with an interrupt.
        pub(super) fn read(&self) -> io::Result<(Vec<u8>, bool)> {
            let (mut stdin, mut typed) = (self.terminal.lock(), Vec::new());
            loop {
                let piece = stdin.fill_buf()?;
                if piece.is_empty() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                let end = piece.iter().position(|byte| [b'\n', self.interrupt].contains(byte));
                typed.extend_from_slice(&piece[..end.unwrap_or(piece.len())]);
                let interrupted = end.map(|at| piece[at] == self.interrupt);
                let used = end.map_or(piece.len(), |at| at + 1);
                stdin.consume(used);
                if let Some(interrupted) = interrupted {
                    return Ok((typed, interrupted));
                }
            }
        }
    }

    impl Drop for Quiet {
        fn drop(&mut self) {
            // there is nobody left to tell
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
        }
    }

    /// Ends the process as Ctrl-C does. Where the signal is ignored, as in the background of a script, the key was pressed
    /// all the same, and is an error.
    pub(super) fn interrupt() -> io::Result<()> {
        kill_process(getpid(), Signal::INT)?;
        // another thread may be the one that is ended by it
        std::thread::park_timeout(ENDED_WITHIN);
        Err(io::Error::new(io::ErrorKind::Interrupted, "Ctrl-C was pressed"))
    }
}
