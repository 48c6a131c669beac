//! State that counts what is taken and not given back.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use hb_bls::{
    BookRequest, Client, CourseId,
    state::{
        AccountKey, AccountLock, Acquire, Guard, MemoryAccountLock, MemoryRateLimiter, MemoryTokenStore, Permit,
        RateLimitHeaders, RateLimiter, StateFuture, TokenSet, TokenStore,
    },
};
use jiff::Timestamp;

use super::calls::World;
use crate::{book::details, virtual_time::VirtualTime};

#[derive(Debug, Clone, Default)]
pub struct Counted {
    permits: Arc<AtomicUsize>,
    locks: Arc<AtomicUsize>,
    rate_limiter: Arc<MemoryRateLimiter>,
    lock: MemoryAccountLock,
    tokens: MemoryTokenStore,
}

/// One more, until it is dropped.
struct One(Arc<AtomicUsize>, #[expect(dead_code, reason = "kept until it is dropped")] Guard);

impl One {
    fn guard(count: &Arc<AtomicUsize>, guard: Guard) -> Guard {
        count.fetch_add(1, Ordering::SeqCst);
        Box::new(Self(Arc::clone(count), guard))
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl RateLimiter for Counted {
    fn acquire(&self, now: Timestamp) -> StateFuture<'_, Acquire> {
        let turn = self.rate_limiter.acquire(now);
        Box::pin(async move {
            let turn = turn.await?;
            if let Acquire::Granted(_) = turn {
                self.permits.fetch_add(1, Ordering::SeqCst);
            }
            Ok(turn)
        })
    }

    fn release(&self, permit: Permit, now: Timestamp, headers: RateLimitHeaders) -> StateFuture<'_, ()> {
        self.permits.fetch_sub(1, Ordering::SeqCst);
        self.rate_limiter.release(permit, now, headers)
    }
}

impl AccountLock for Counted {
    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Guard> {
        let lock = self.lock.lock(account);
        Box::pin(async move { Ok(One::guard(&self.locks, lock.await?)) })
    }
}

impl TokenStore for Counted {
    fn load<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Option<TokenSet>> {
        self.tokens.load(account)
    }

    fn save<'a>(&'a self, account: &'a AccountKey, tokens: Option<&'a TokenSet>) -> StateFuture<'a, ()> {
        self.tokens.save(account, tokens)
    }

    fn lock<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Guard> {
        let lock = self.tokens.lock(account);
        Box::pin(async move { Ok(One::guard(&self.locks, lock.await?)) })
    }
}

impl Counted {
    /// A client whose connections end with their answers, so that no task is left of them.
    pub fn client(&self, time: &VirtualTime) -> Client {
        let shared = Arc::new(self.clone());
        let builder = time.builder().rate_limiter(Arc::clone(&shared)).account_lock(Arc::clone(&shared));
        builder.token_store(shared).http(|http| http.tls_certs_only([]).pool_max_idle_per_host(0)).build().unwrap()
    }

    /// How many tasks there are when nothing is under way.
    pub async fn tasks_when_idle(&self, time: &VirtualTime) -> usize {
        settle(time).await
    }

    /// Uses up the rate limit, as far as the client knows.
    pub async fn use_up(&self, now: Timestamp) {
        while let Acquire::Granted(permit) = self.rate_limiter.acquire(now).await.unwrap() {
            self.rate_limiter.release(permit, now, RateLimitHeaders::default()).await.unwrap();
        }
    }

    /// After a call was dropped and a second has passed: no permit, lock, task or temporary file is left.
    pub async fn nothing_is_left(&self, world: &World, idle: usize, gives_back: bool, what: &str) {
        let mut tasks = at_most(&world.time, idle).await;
        if gives_back && tasks > idle {
            // giving a hold back takes a request, and so a place in the next minute
            let minutes = std::time::Duration::from_secs(121);
            world.time.drive(hb_bls::Clock::sleep(&world.time.clock, minutes)).await;
            tasks = at_most(&world.time, idle).await;
        }
        assert!(tasks <= idle, "{what}: {tasks} tasks are left, and there were {idle}");
        assert_eq!(self.permits.load(Ordering::SeqCst), 0, "{what}: permits are left");
        assert_eq!(self.locks.load(Ordering::SeqCst), 0, "{what}: locks are left");
        // what a thread has begun to write it writes to the end
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
        // a hold would be in the way of another client of the account
        let other = world.time.client();
        let request = BookRequest::earliest(CourseId::new(1), details(40));
        let outcome = super::guarded(what, world.time.drive(other.book(&request))).await;
        assert!(outcome.is_ok(), "{what}: a hold is left: {outcome:?}");
    }
}

/// The number of tasks, as soon as it changes no more.
async fn settle(time: &VirtualTime) -> usize {
    let (mut last, mut same) = (tasks(), 0);
    while same < 5 {
        round(time).await;
        same = if tasks() == last { same + 1 } else { 0 };
        last = tasks();
    }
    last
}

/// The number of tasks, as soon as it is no more than this, or has not come to be so.
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

/// Lets others go on. Answers come by way of the sandbox's thread, and so does this.
async fn round(time: &VirtualTime) {
    time.sandbox.faults().await.unwrap();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
