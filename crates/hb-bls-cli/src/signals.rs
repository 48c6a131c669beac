//! Signals that stop a long-running command.

use anyhow::{Context as _, Result};
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};

const CANNOT: &str = "cannot listen for signals";

/// Ctrl-C, and on Unix also SIGTERM and the closing of the terminal.
pub struct Stop {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    /// Not if the command is to outlive its terminal.
    #[cfg(unix)]
    hangup: Option<Signal>,
    #[cfg(windows)]
    interrupt: CtrlC,
}

#[cfg(unix)]
impl Stop {
    /// From here on the signals no longer end the process by themselves.
    pub fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context(CANNOT);
        let hangup = (!outlives_terminal()).then(|| listen(SignalKind::hangup())).transpose()?;
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())?, hangup })
    }

    /// Ends with the next of them.
    pub async fn wait(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hangup => {}
        }
    }
}

/// Whether the command was started by `nohup`, as far as can be seen: listening for the signal would undo that.
#[cfg(unix)]
fn outlives_terminal() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & 1 << (SignalKind::hangup().as_raw_value() - 1) != 0)
}

#[cfg(windows)]
impl Stop {
    /// From here on Ctrl-C no longer ends the process by itself.
    pub fn listen() -> Result<Self> {
        Ok(Self { interrupt: ctrl_c().context(CANNOT)? })
    }

    /// Ends with the next one.
    pub async fn wait(&mut self) {
        self.interrupt.recv().await;
    }
}
