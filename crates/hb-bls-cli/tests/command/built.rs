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
    use tokio::signal::unix::{SignalKind, signal};

    /// What is still to come on a terminal, until the command has ended.
    pub fn rest(mut terminal: &Pty) -> String {
        let mut seen = Vec::new();
        let mut piece = [0; 4096];
        // the terminal ends with an error when the command does
        while let Ok(length @ 1..) = terminal.read(&mut piece) {
            seen.extend_from_slice(&piece[..length]);
        }
        String::from_utf8(seen).unwrap().replace("\r\n", "\n")
    }

    /// Reads until a text has been there.
    pub fn until_seen(mut terminal: &Pty, wanted: &str) -> String {
        let mut seen = Vec::new();
        let mut piece = [0; 4096];
        let text = |seen: &[u8]| String::from_utf8_lossy(seen).into_owned();
        while !text(&seen).contains(wanted) {
            match terminal.read(&mut piece) {
                Ok(length @ 1..) => seen.extend_from_slice(&piece[..length]),
                _ => panic!("`{wanted}` did not come: {}", text(&seen)),
            }
        }
        text(&seen)
    }

    /// Reads until a prompt is the last thing on a terminal, and gives what was seen.
    pub fn until(mut terminal: &Pty, prompt: &str) -> String {
        let mut seen = Vec::new();
        let mut piece = [0; 4096];
        let text = |seen: &[u8]| anstream::adapter::strip_str(&String::from_utf8_lossy(seen)).to_string();
        while !text(&seen).trim_end().ends_with(prompt) {
            match terminal.read(&mut piece) {
                Ok(length @ 1..) => seen.extend_from_slice(&piece[..length]),
                _ => panic!("`{prompt}` did not come: {}", text(&seen)),
            }
        }
        String::from_utf8(seen).unwrap().replace("\r\n", "\n")
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
