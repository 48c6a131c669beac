//! Receives notifications of events that other processes have accepted.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hb_bls::{Clock as _, SystemClock};
use tokio::{
    sync::{Notify, futures::Notified},
    task::AbortHandle,
};

use crate::driver::Driver;

/// How long to wait before listening again when that failed. Workers look by themselves meanwhile.
const PAUSE: Duration = Duration::from_secs(1);

/// The task that listens, from the first time that somebody waits.
#[derive(Debug)]
pub(super) struct Listening {
    channel: String,
    arrived: Arc<Notify>,
    task: Mutex<Option<AbortHandle>>,
}

impl Listening {
    pub(super) fn new(channel: String) -> Self {
        Self { channel, arrived: Arc::default(), task: Mutex::default() }
    }

    /// Waits until something may have arrived.
    pub(super) fn arrival(&self, driver: &Arc<dyn Driver>) -> Notified<'_> {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        // it ends with the runtime in which it was started
        if task.as_ref().is_none_or(AbortHandle::is_finished) {
            let listening = listen(Arc::clone(driver), self.channel.clone(), Arc::clone(&self.arrived));
            *task = Some(tokio::spawn(listening).abort_handle());
        }
        self.arrived.notified()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

/// Keeps listening, and notifies whenever something may have arrived.
async fn listen(driver: Arc<dyn Driver>, channel: String, arrived: Arc<Notify>) {
    loop {
        let _ = driver.listen(&channel, &|| arrived.notify_waiters()).await;
        SystemClock.sleep(PAUSE).await;
    }
}
