//! What the user says to stop a command that goes on by itself.

use anyhow::Result;

/// Ctrl-C, and where there are such things SIGTERM and a terminal that is closed.
pub struct Stop {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 3],
}

#[cfg(unix)]
impl Stop {
    /// From here on the signals no longer end the process by themselves.
    pub fn listen() -> Result<Self> {
        use anyhow::Context as _;
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            signals: [
                listen(SignalKind::interrupt())?,
                listen(SignalKind::terminate())?,
                listen(SignalKind::hangup())?,
            ],
        })
    }

    /// Ends with the next of them.
    pub async fn wait(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Stop {
    /// From here on Ctrl-C is waited for.
    pub fn listen() -> Result<Self> {
        Ok(Self {})
    }

    /// Ends with the next one.
    pub async fn wait(&mut self) {
        drop(tokio::signal::ctrl_c().await);
    }
}
