use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{runtime::Handle, task::JoinHandle};

use super::{StateError, StateFuture};
use crate::{Clock, clock::within};

/// How long a lease lasts if it is not renewed: 20 seconds. Others wait at most this long for a process that was killed.
pub const LEASE: Duration = Duration::from_secs(20);
/// How often a lease is renewed, and how soon again after a failure.
const RENEWAL: Duration = Duration::from_secs(6);
const RENEWAL_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How long the store may take to renew it.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// A lease counts as lost this long after the last renewal that was answered: while others still wait for it.
const LOST_AFTER: Duration = Duration::from_secs(18);

/// What a store does for a lease that it has granted. Each method is one atomic step in the store.
///
/// If a future is dropped, its step is either done or not done; nothing needs to be undone.
pub trait LeaseKeeper: fmt::Debug + Send + Sync {
    /// Extends the lease to [`LEASE`] from now, by the store's own time. Returns `false` if it has ended: it has expired, or
    /// a later lease was granted.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The lease is then renewed again soon, and counts as lost when it may have
    /// expired.
    fn renew(&self) -> StateFuture<'_, bool>;

    /// Replaces the note for the next owner. Returns `false` and changes nothing if the lease has ended.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The note may have been replaced nevertheless.
    fn set_note<'a>(&'a self, note: Option<&'a str>) -> StateFuture<'a, bool>;

    /// Ends the lease, so that others need not wait until it expires. The note stays. Does nothing if it has ended.
    ///
    /// # Errors
    ///
    /// [`StateError`] if the store fails. The lease then ends when it expires.
    fn release(&self) -> StateFuture<'_, ()>;
}

/// Ownership of an account, granted by an [`AccountLock`](super::AccountLock) or a [`TokenStore`](super::TokenStore) to one
/// owner at a time.
///
/// It lasts until it is dropped or released, and is renewed by a background task. If renewing fails, because the store
/// cannot be reached or this process was suspended for too long, the lease [is lost](Self::is_lost), and another owner may
/// get it.
pub struct AccountLease {
    fence: u64,
    note: Option<String>,
    keeper: Option<Arc<dyn LeaseKeeper>>,
    renewal: Option<Renewal>,
    /// Where it is released if it is dropped, whatever thread that happens on.
    runtime: Option<Handle>,
}

impl AccountLease {
    /// Makes a lease that does not expire because it cannot outlive its owner: within one process, or by a lock that the
    /// operating system releases when a process ends. The note is the one that an earlier owner left.
    pub fn without_expiry(fence: u64, note: Option<String>, keeper: impl LeaseKeeper + 'static) -> Self {
        let runtime = Handle::try_current().ok();
        Self { fence, note, keeper: Some(Arc::new(keeper)), renewal: None, runtime }
    }

    /// Makes a lease that expires unless it is renewed. It was requested at the time `requested_at` of this clock, which also
    /// decides when to renew it. Call it inside a tokio runtime.
    pub fn auto_renewing(
        fence: u64,
        note: Option<String>,
        keeper: impl LeaseKeeper + 'static,
        clock: Arc<dyn Clock>,
        requested_at: Timestamp,
    ) -> Self {
        let mut lease = Self::without_expiry(fence, note, keeper);
        let status = Arc::new(LeaseStatus { renewed: Mutex::new(requested_at), lost: AtomicBool::new(false) });
        if let (Some(runtime), Some(keeper)) = (&lease.runtime, &lease.keeper) {
            let task = runtime.spawn(keep(Arc::clone(keeper), Arc::clone(&status), Arc::clone(&clock)));
            lease.renewal = Some(Renewal { task, status, clock });
        }
        lease
    }

    /// The number of the lease, higher than that of all earlier leases of the account. Stores refuse steps with a lower
    /// fence than they have seen.
    pub fn fence(&self) -> u64 {
        self.fence
    }

    /// The last note of an earlier owner, as that owner's program wrote it.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Whether another owner may have it by now. A lost lease stays lost.
    ///
    /// It is reported at least two seconds early, by this process's own clock. Do not start anything new after that. What
    /// was started just before can only be refused by the portal.
    pub fn is_lost(&self) -> bool {
        self.renewal.as_ref().is_some_and(|renewal| renewal.status.is_over(renewal.clock.now()))
    }

    /// Replaces the note for the next owner.
    ///
    /// # Errors
    ///
    /// If the lease is lost, or the store fails. Dropping the future may leave the note as it was.
    pub fn set_note<'a>(&'a self, note: Option<&'a str>) -> StateFuture<'a, ()> {
        Box::pin(async move {
            let noted = match &self.keeper {
                Some(keeper) if !self.is_lost() => keeper.set_note(note).await?,
                _ => false,
            };
            if noted { Ok(()) } else { Err(StateError::of("the lease is lost")) }
        })
    }

    /// Ends the lease, and waits until that is done. The note stays. If the future is dropped, this continues in the
    /// background.
    ///
    /// # Errors
    ///
    /// If the store fails. The lease then expires.
    pub fn release(mut self) -> StateFuture<'static, ()> {
        let releasing = self.keeper.take().map(|keeper| Releasing::new(keeper, self.runtime.take()));
        Box::pin(async move {
            match releasing {
                Some(releasing) => releasing.await,
                None => Ok(()),
            }
        })
    }

    /// Stops renewing it, as a suspended process does.
    #[cfg(feature = "conformance")]
    pub(super) fn stall(&mut self) {
        self.renewal = None;
    }

    /// Renews it once.
    #[cfg(feature = "conformance")]
    pub(super) fn renew(&self) -> StateFuture<'_, bool> {
        match &self.keeper {
            Some(keeper) => keeper.renew(),
            None => Box::pin(async { Ok(false) }),
        }
    }

    /// Leaves it to lapse: nothing renews it, and nothing gives it back.
    #[cfg(feature = "conformance")]
    pub(super) fn abandon(mut self) {
        self.stall();
        if let Some(keeper) = self.keeper.take() {
            std::mem::forget(keeper);
        }
    }
}

/// Gives it back: at once if the store can, else in the background.
impl Drop for AccountLease {
    fn drop(&mut self) {
        self.renewal = None;
        if let Some(keeper) = self.keeper.take() {
            drop(Releasing::new(keeper, self.runtime.take()));
        }
    }
}

impl fmt::Debug for AccountLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountLease").field("fence", &self.fence).finish_non_exhaustive()
    }
}

/// The release of a lease, which continues in the background if nobody waits for it.
struct Releasing {
    work: Option<StateFuture<'static, ()>>,
    runtime: Option<Handle>,
}

impl Releasing {
    fn new(keeper: Arc<dyn LeaseKeeper>, runtime: Option<Handle>) -> Self {
        Self { work: Some(Box::pin(async move { keeper.release().await })), runtime }
    }
}

impl Future for Releasing {
    type Output = Result<(), StateError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(work) = &mut self.work else { return Poll::Ready(Ok(())) };
        let outcome = work.as_mut().poll(context);
        if outcome.is_ready() {
            self.work = None;
        }
        outcome
    }
}

impl Drop for Releasing {
    fn drop(&mut self) {
        let Some(mut work) = self.work.take() else { return };
        // what reaches for the runtime finds it, whatever thread this is
        let _entered = self.runtime.as_ref().map(Handle::enter);
        let outcome = match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => {
                if let Some(runtime) = &self.runtime {
                    runtime.spawn(async move { report(work.await) });
                }
                return;
            }
        };
        report(outcome);
    }
}

fn report(released: Result<(), StateError>) {
    if let Err(error) = released {
        tracing::warn!(error = %format_args!("{error:#}"), "a lease could not be given back; it lapses");
    }
}

/// The task that renews a lease, as long as this lives.
struct Renewal {
    task: JoinHandle<()>,
    status: Arc<LeaseStatus>,
    clock: Arc<dyn Clock>,
}

impl Drop for Renewal {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct LeaseStatus {
    /// When the last renewal that was answered was asked for.
    renewed: Mutex<Timestamp>,
    lost: AtomicBool,
}

impl LeaseStatus {
    fn is_over(&self, now: Timestamp) -> bool {
        let renewed = *self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        // a clock that was set back proves nothing; the task counts what it has waited
        if SignedDuration::try_from(LOST_AFTER).is_ok_and(|limit| now.duration_since(renewed) >= limit) {
            self.lost.store(true, Ordering::SeqCst);
        }
        self.lost.load(Ordering::SeqCst)
    }
}

/// Renews a lease until it is lost.
async fn keep(keeper: Arc<dyn LeaseKeeper>, status: Arc<LeaseStatus>, clock: Arc<dyn Clock>) {
    let mut pause = RENEWAL;
    // since the last renewal that was answered
    let mut waited = Duration::ZERO;
    while !status.is_over(clock.now()) {
        clock.sleep(pause).await;
        waited += pause;
        let asked = clock.now();
        match within(&*clock, TIME_LIMIT, keeper.renew()).await {
            Some(Ok(true)) => {
                if status.is_over(clock.now()) {
                    break;
                }
                *status.renewed.lock().unwrap_or_else(PoisonError::into_inner) = asked;
                (pause, waited) = (RENEWAL, Duration::ZERO);
                continue;
            }
            Some(Ok(false)) => break,
            Some(Err(error)) => {
                tracing::debug!(error = %format_args!("{error:#}"), "a lease was not renewed; trying again");
            }
            None => waited += TIME_LIMIT,
        }
        pause = RENEWAL_AFTER_FAILURE;
        if waited + pause >= LOST_AFTER {
            break;
        }
    }
    status.lost.store(true, Ordering::SeqCst);
    tracing::warn!("a lease of the account was lost: it could not be renewed in time, or somebody else has it");
}
