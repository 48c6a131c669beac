//! The built command, which knows nothing of who runs the tests, where and how.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// The command, at home in this folder, with nothing to read and nothing in its environment.
pub fn command(home: &Path, args: &[&str]) -> Command {
    #[cfg(unix)]
    unix::have_default_signals();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hb-bls"));
    command.args(args).env_clear().env("HOME", home).current_dir(home).stdin(Stdio::null());
    // nothing listens there: what stays on this machine goes through no proxy
    command.env("HTTP_PROXY", "http://127.0.0.1:1").env("ALL_PROXY", "http://127.0.0.1:1");
    command
}

#[cfg(unix)]
pub use unix::{ignoring, on_terminal, rest, talk, until, until_seen};

#[cfg(unix)]
mod unix {
    use std::{
        io::{Read as _, Write as _},
        process::{Child, Command, ExitStatus, Stdio},
        sync::Once,
    };

    use pty_process::{
        Size,
        blocking::{Pty, open},
    };
    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        io::retry_on_intr,
    };
    use tokio::signal::unix::{SignalKind, signal};

    /// How long a command may say nothing. One that asks something unexpected would wait for ever.
    const SILENCE: Timespec = Timespec { tv_sec: 120, tv_nsec: 0 };

    /// Reads on. Returns `false` when the command has ended.
    fn more(mut terminal: &Pty, seen: &mut Vec<u8>) -> bool {
        let mut watched = [PollFd::new(terminal, PollFlags::IN)];
        let ready = retry_on_intr(|| poll(&mut watched, Some(&SILENCE))).unwrap();
        assert!(ready > 0, "it waits, after: {}", String::from_utf8_lossy(seen));
        let mut piece = [0; 4096];
        // the terminal ends with an error when the command does
        let length = terminal.read(&mut piece).unwrap_or(0);
        seen.extend_from_slice(&piece[..length]);
        length > 0
    }

    /// Reads until what was seen is as wanted.
    fn until_is(terminal: &Pty, wanted: &str, is_there: impl Fn(&str) -> bool) -> Vec<u8> {
        let mut seen = Vec::new();
        while !is_there(&String::from_utf8_lossy(&seen)) {
            assert!(more(terminal, &mut seen), "`{wanted}` did not come: {}", String::from_utf8_lossy(&seen));
        }
        seen
    }

    /// What is still to come on a terminal, until the command has ended.
    pub fn rest(terminal: &Pty) -> String {
        let mut seen = Vec::new();
        while more(terminal, &mut seen) {}
        String::from_utf8(seen).unwrap().replace("\r\n", "\n")
    }

    /// Reads until a text has been there.
    pub fn until_seen(terminal: &Pty, wanted: &str) -> String {
        String::from_utf8_lossy(&until_is(terminal, wanted, |seen| seen.contains(wanted))).into_owned()
    }

    /// Reads until a prompt is the last thing on a terminal, and gives what was seen.
    pub fn until(terminal: &Pty, prompt: &str) -> String {
        let is_there = |seen: &str| anstream::adapter::strip_str(seen).to_string().trim_end().ends_with(prompt);
        String::from_utf8(until_is(terminal, prompt, is_there)).unwrap().replace("\r\n", "\n")
    }

    /// Types each answer when its prompt is there; gives what is seen, and how the command ended.
    pub fn talk(command: &Command, width: u16, typing: &[(&str, &str)]) -> (String, ExitStatus) {
        let (terminal, mut child) = on_terminal(command, width);
        let mut seen = String::new();
        for (prompt, answer) in typing {
            seen += &until(&terminal, prompt);
            (&terminal).write_all(format!("{answer}\r").as_bytes()).unwrap();
        }
        seen += &rest(&terminal);
        (seen, child.wait().unwrap())
    }

    /// Starts it on a terminal of this width.
    pub fn on_terminal(plain: &Command, width: u16) -> (Pty, Child) {
        let (terminal, other_end) = open().unwrap();
        terminal.resize(Size::new(24, width)).unwrap();
        let mut command = pty_process::blocking::Command::new(plain.get_program()).args(plain.get_args()).env_clear();
        command = command.current_dir(plain.get_current_dir().unwrap()).env("TERM", "xterm");
        command = command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        (terminal, command.spawn(other_end).unwrap())
    }

    /// The command, started so that it ignores a signal.
    pub fn ignoring(signal: &str, plain: &Command) -> Command {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &format!("trap '' {signal}; exec \"$0\" \"$@\"")]).arg(plain.get_program());
        shell.args(plain.get_args()).env_clear().current_dir(plain.get_current_dir().unwrap()).stdin(Stdio::null());
        shell.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell
    }

    /// Children ignore the signals that their parent ignores, which is so under `nohup` and in the background of a
    /// script, but not those that it catches. So what is ignored here is caught instead, and nothing done about it.
    pub fn have_default_signals() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let _entered = runtime.enter();
            let kinds =
                [("HUP", SignalKind::hangup()), ("INT", SignalKind::interrupt()), ("TERM", SignalKind::terminate())];
            for (name, kind) in kinds {
                // stays caught when nobody waits for it any more
                if is_ignored(name) {
                    drop(signal(kind).unwrap());
                }
            }
        });
    }

    /// A shell cannot trap what was ignored when it began.
    fn is_ignored(signal: &str) -> bool {
        let script = format!("trap 'exit 1' {signal}; kill -{signal} $$; exit 0");
        Command::new("sh").args(["-c", &script]).status().unwrap().success()
    }
}
