//! A command that is run for each event.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::AsyncWriteExt as _,
    process::{Child, Command},
};

use crate::clock::within;

/// How long it may take.
pub const LIMIT: Duration = Duration::from_secs(300);

/// Runs a command line in the system's shell: this is read from standard input, and these variables are set. What it prints
/// goes to standard error, where it does not mix with our own results. Its error says how it ended, and nothing that it
/// printed, which may be about a candidate.
pub async fn run(line: &str, variables: &[(&'static str, String)], input: &[u8]) -> Result<(), String> {
    let mut command = shell(line);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::piped()).stdout(std::io::stderr()).stderr(Stdio::inherit()).kill_on_drop(true);
    let child = command.spawn().map_err(|error| format!("the command cannot be run: {error}"))?;
    let mut running = Running(child);
    let stdin = running.0.stdin.take();
    let write = async {
        if let Some(mut stdin) = stdin {
            // it need not read all, or anything
            drop(stdin.write_all(input).await);
        }
    };
    let Some(((), ended)) = within(LIMIT, async { tokio::join!(write, running.0.wait()) }).await else {
        return Err(format!("the command did not end within {} s", LIMIT.as_secs()));
    };
    let status = ended.map_err(|error| format!("how the command ended is unknown: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the command ended with {status}")) }
}

#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    // in a group of its own, so that Ctrl-C lets it come to its end
    command.arg("-c").arg(line).process_group(0);
    command
}

#[cfg(windows)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    command.arg("/C").raw_arg(line);
    command
}

/// If it is given up while it runs, it is ended with all that it has started.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // the id is gone once it has ended
        #[cfg(unix)]
        if let Some(group) = self.0.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// The time passes as soon as nothing else happens.
    #[tokio::test(start_paused = true)]
    async fn a_command_that_does_not_end_is_given_up() {
        let why = run("sleep 1000", &[], b"").await.unwrap_err();
        assert_eq!(why, "the command did not end within 300 s");
    }

    #[tokio::test]
    async fn a_command_need_not_read() {
        run("exec true", &[], &vec![b' '; 1 << 20]).await.unwrap();
        let why = run("kill -9 $$", &[], b"").await.unwrap_err();
        assert!(why.contains("signal: 9"), "{why}");
    }

    /// Otherwise the shell would never see the end of its input.
    #[tokio::test]
    async fn the_input_ends() {
        run("test $(wc -c) = 1048576", &[], &vec![b' '; 1 << 20]).await.unwrap();
    }
}
