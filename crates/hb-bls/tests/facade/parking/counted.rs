//! State that counts what is taken and not returned.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use super::calls::World;
use crate::{book::details, virtual_time::VirtualTime};
use hb_bls::{
    BookRequest, BookingId, Client, CourseId,
    state::{
        AccountKey, AccountLease, AccountLock, AcquireOutcome, BookingLog, BookingRecord, LeaseKeeper, LoggedBooking,
        MemoryAccountLock, MemoryBookingLog, MemoryRateLimiter, MemoryTokenStore, Permit, RateLimitHeaders,
        RateLimiter, StateError, StateFuture, TokenSet, TokenStore,
    },
};
use tokio::sync::Semaphore;

#[derive(Debug, Clone)]
pub struct Counted {
    permits: Arc<AtomicUsize>,
    locks: Arc<AtomicUsize>,
    rate_limiter: Arc<MemoryRateLimiter>,
    lock: MemoryAccountLock,
    tokens: MemoryTokenStore,
    log: Log,
}

/// A log with one connection, which a step keeps while it waits for the response.
#[derive(Debug, Clone)]
struct Log(MemoryBookingLog, Arc<Semaphore>);

impl Log {
    async fn over<T>(&self, step: StateFuture<'_, T>) -> Result<T, StateError> {
        let _connection = self.1.acquire().await.unwrap();
        tokio::task::yield_now().await;
        step.await
    }
}

impl BookingLog for Log {
    fn read<'a>(&'a self, account: &'a AccountKey, key: &'a str) -> StateFuture<'a, Option<LoggedBooking>> {
        Box::pin(self.over(self.0.read(account, key)))
    }

    fn write<'a>(
        &'a self,
        account: &'a AccountKey,
        key: &'a str,
        revision: u64,
        record: &'a BookingRecord,
    ) -> StateFuture<'a, bool> {
        Box::pin(self.over(self.0.write(account, key, revision, record)))
    }

    fn unfinished<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Vec<(String, LoggedBooking)>> {
        Box::pin(self.over(self.0.unfinished(account)))
    }

    fn key_of<'a>(&'a self, account: &'a AccountKey, booking_id: BookingId) -> StateFuture<'a, Option<String>> {
        Box::pin(self.over(self.0.key_of(account, booking_id)))
    }
}

/// A lease that counts until it is dropped.
#[derive(Debug)]
struct One(Arc<AtomicUsize>, Mutex<Option<AccountLease>>);

impl One {
    fn counted(count: &Arc<AtomicUsize>, lease: AccountLease) -> AccountLease {
        count.fetch_add(1, Ordering::SeqCst);
        let note = lease.note().map(str::to_owned);
        AccountLease::without_expiry(lease.fence(), note, Self(Arc::clone(count), Mutex::new(Some(lease))))
    }
}

impl LeaseKeeper for One {
    fn renew(&self) -> StateFuture<'_, bool> {
        Box::pin(async { Ok(true) })
    }

    fn set_note<'a>(&'a self, note: Option<&'a str>) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let lease = self.1.lock().unwrap().take().unwrap();
            lease.set_note(note).await?;
            *self.1.lock().unwrap() = Some(lease);
            Ok(true)
        })
    }

    fn release(&self) -> StateFuture<'_, ()> {
        drop(self.1.lock().unwrap().take());
        Box::pin(async { Ok(()) })
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl RateLimiter for Counted {
    fn acquire(&self) -> StateFuture<'_, AcquireOutcome> {
        let turn = self.rate_limiter.acquire();
        Box::pin(async move {
            let turn = turn.await?;
            if let AcquireOutcome::Granted(_) = turn {
                self.permits.fetch_add(1, Ordering::SeqCst);
            }
            Ok(turn)
        })
    }

    fn release(&self, permit: Permit, headers: RateLimitHeaders) -> StateFuture<'_, ()> {
        self.permits.fetch_sub(1, Ordering::SeqCst);
        self.rate_limiter.release(permit, headers)
    }
}

impl AccountLock for Counted {
    fn acquire<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        let lock = self.lock.acquire(account);
        Box::pin(async move { Ok(One::counted(&self.locks, lock.await?)) })
    }
}

impl TokenStore for Counted {
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        self.tokens.load(account)
    }

    fn save<'a>(&'a self, account: &'a AccountKey, fence: u64, tokens: Option<&'a TokenSet>) -> StateFuture<'a, bool> {
        self.tokens.save(account, fence, tokens)
    }

    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, AccountLease> {
        let lock = self.tokens.lock(account);
        Box::pin(async move { Ok(One::counted(&self.locks, lock.await?)) })
    }
}

impl Counted {
    pub fn new(time: &VirtualTime) -> Self {
        Self {
            permits: Arc::default(),
            locks: Arc::default(),
            rate_limiter: Arc::new(MemoryRateLimiter::default().with_clock(time.clock.clone())),
            lock: MemoryAccountLock::default(),
            tokens: MemoryTokenStore::default(),
            log: Log(MemoryBookingLog::default(), Arc::new(Semaphore::new(1))),
        }
    }

    /// A client whose connections end with their answers, so that no task is left of them.
    pub fn client(&self, time: &VirtualTime) -> Client {
        let shared = Arc::new(self.clone());
        let builder = time.builder().rate_limiter(Arc::clone(&shared)).account_lock(Arc::clone(&shared));
        let builder = builder.booking_log(self.log.clone());
        builder
            .token_store(shared)
            .configure_http(|http| http.tls_certs_only([]).pool_max_idle_per_host(0))
            .build()
            .unwrap()
    }

    /// The number of tasks when nothing is in progress.
    pub async fn tasks_when_idle(&self, time: &VirtualTime) -> usize {
        settle(time).await
    }

    /// Uses up the rate limit, as far as the client knows.
    pub async fn use_up(&self) {
        while let AcquireOutcome::Granted(permit) = self.rate_limiter.acquire().await.unwrap() {
            self.rate_limiter.release(permit, RateLimitHeaders::default()).await.unwrap();
        }
    }

    /// Checks that no permit, lock, task or temporary file is left one second after a call was dropped.
    pub async fn nothing_is_left(&self, world: &World, idle: usize, gives_back: bool, what: &str) {
        let mut tasks = at_most(&world.time, idle).await;
        if gives_back && tasks > idle {
            // releasing a hold takes a request, and so a place in the next minute
            let minutes = std::time::Duration::from_secs(121);
            world.time.drive(hb_bls::Clock::sleep(&world.time.clock, minutes)).await;
            tasks = at_most(&world.time, idle).await;
        }
        assert!(tasks <= idle, "{what}: {tasks} tasks are left, and there were {idle}");
        assert_eq!(self.permits.load(Ordering::SeqCst), 0, "{what}: permits are left");
        assert_eq!(self.locks.load(Ordering::SeqCst), 0, "{what}: locks are left");
        // a thread that has begun to write finishes writing
        let temporary = || {
            let files = std::fs::read_dir(world.folder.path()).unwrap().map(|file| file.unwrap().file_name());
            files.filter(|name| name != "certificate.pdf").count()
        };
        let written = async {
            while temporary() > 0 {
                tokio::task::yield_now().await;
            }
        };
        super::guarded(what, written).await;
    }

    pub async fn no_hold_is_left(&self, world: &World, what: &str) {
        // a hold would block another client of the account
        let other = world.time.client();
        let request = BookRequest::earliest(CourseId::new(1), details(40));
        let outcome = super::guarded(what, world.time.drive(other.book(&request))).await;
        assert!(outcome.is_ok(), "{what}: a hold is left: {outcome:?}");
    }
}

/// The number of tasks, once it no longer changes.
async fn settle(time: &VirtualTime) -> usize {
    let (mut last, mut same) = (tasks(), 0);
    while same < 5 {
        round(time).await;
        same = if tasks() == last { same + 1 } else { 0 };
        last = tasks();
    }
    last
}

/// The number of tasks, once it is at most this, or after waiting long enough.
async fn at_most(time: &VirtualTime, number: usize) -> usize {
    for _ in 0..500 {
        if tasks() <= number {
            break;
        }
        round(time).await;
    }
    tasks()
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// Lets other tasks run. Responses come through the sandbox's thread, and so does this.
async fn round(time: &VirtualTime) {
    time.sandbox.faults().await.unwrap();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
