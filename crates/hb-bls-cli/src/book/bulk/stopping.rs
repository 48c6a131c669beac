//! Ctrl-C: once to end after the row in hand, twice to end at once.

use anyhow::Result;
use tokio::sync::watch;

use crate::{output::Output, stop::Stop};

/// Knows how often it was asked to stop.
#[derive(Clone)]
pub struct Stopping(watch::Receiver<u32>);

impl Stopping {
    /// Listens from here on.
    pub fn listen(output: Output) -> Result<Self> {
        let mut stop = Stop::listen()?;
        let (sender, receiver) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                stop.wait().await;
                sender.send_modify(|times| *times += 1);
                // whoever cannot be told sees it stop
                output.notice("stopping after the candidate in hand; once more stops at once");
            }
        });
        Ok(Self(receiver))
    }

    /// Whether it was asked to.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Waits for it, but not if it is asked to stop meanwhile.
    pub async fn unless_asked(&mut self, waiting: impl Future<Output = ()>) {
        tokio::select! {
            () = waiting => {}
            () = self.asked(1) => {}
        }
    }

    /// Until it was asked so often.
    pub async fn asked(&mut self, times: u32) {
        if self.0.wait_for(|asked| *asked >= times).await.is_err() {
            std::future::pending().await
        }
    }
}
