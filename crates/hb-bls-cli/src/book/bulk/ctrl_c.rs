//! Ctrl-C: the first one ends the run after the current row, or at once if that waits for the rate limit; the second one
//! ends it at once in any case.

use anyhow::Result;
use tokio::sync::watch;

use crate::signals::Stop;

/// Counts how often the user has asked to stop.
#[derive(Clone)]
pub struct Stopping(watch::Receiver<u32>);

impl Stopping {
    /// Listens from now on.
    pub fn listen() -> Result<Self> {
        let mut stop = Stop::listen()?;
        let (sender, receiver) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                stop.wait().await;
                sender.send_modify(|times| *times += 1);
            }
        });
        Ok(Self(receiver))
    }

    /// Whether the user has asked to stop.
    pub fn is_pressed(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Waits for this, or until the user asks to stop.
    pub async fn unless_pressed(&mut self, waiting: impl Future<Output = ()>) {
        tokio::select! {
            () = waiting => {}
            () = self.pressed(1) => {}
        }
    }

    /// Waits until the user has asked this often.
    pub async fn pressed(&mut self, times: u32) {
        if self.0.wait_for(|pressed| *pressed >= times).await.is_err() {
            std::future::pending().await
        }
    }
}
