//! The rules of leases, for an account's lock and for that of its tokens.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use futures::future::join_all;

use super::{LOOK, Outcome, Report, Subject, account, broken, check, dropped_after, pending};
use crate::state::{AccountKey, AccountLease, AccountLock, LEASE, StateFuture};

const SECOND: Duration = Duration::from_secs(1);

/// Checks an [`AccountLock`].
///
/// # Panics
///
/// With the names of the rules that do not hold.
pub async fn account_lock<S: AccountLock>(make: impl AsyncFn() -> Subject<S>) {
    let mut report = Report::default();
    leases(&mut report, &make, |lock, account| lock.acquire(account)).await;
    report.rule("a note reaches each later owner", notes(&make().await)).await;
    report.end();
}

/// How a lease is got.
type AcquireOutcome<S> = for<'a> fn(&'a S, &'a AccountKey) -> StateFuture<'a, AccountLease>;

pub(super) async fn leases<S>(report: &mut Report, make: &impl AsyncFn() -> Subject<S>, acquire: AcquireOutcome<S>) {
    let fresh = async || Locks { subject: make().await, acquire, account: account("one") };
    report.rule("one owner at a time has a lease", one_owner(&fresh().await)).await;
    report.rule("fences grow", fences(&fresh().await)).await;
    report.rule("accounts are locked independently", accounts(&fresh().await)).await;
    report.rule("a lease that is released is free", released(&fresh().await)).await;
    report.rule("a lease that is dropped is free", dropped(&fresh().await)).await;
    report.rule("who stops waiting leaves the queue", gave_up(&fresh().await)).await;
    report.rule("a lease that is granted to nobody comes back", aborted(&fresh)).await;
    if !fresh().await.subject.lapses {
        return;
    }
    report.rule("a lease without an owner lapses", lapses(&fresh().await)).await;
    report.rule("a lease does not lapse before its time", lasts(&fresh().await)).await;
    report.rule("a lease that is renewed goes on", renewed(&fresh().await)).await;
    report.rule("a lease that is over is not renewed", late_renewal(&fresh().await)).await;
    report.rule("a lease that is over leaves no note", late_note(&fresh().await)).await;
    report.rule("a lease that is over releases nothing", late_release(&fresh().await)).await;
}

struct Locks<S> {
    subject: Subject<S>,
    acquire: AcquireOutcome<S>,
    account: AccountKey,
}

impl<S> Locks<S> {
    fn one(&self) -> StateFuture<'_, AccountLease> {
        (self.acquire)(&self.subject.one, &self.account)
    }

    fn other(&self) -> StateFuture<'_, AccountLease> {
        (self.acquire)(&self.subject.other, &self.account)
    }

    async fn soon(&self, what: &str, lease: StateFuture<'_, AccountLease>) -> Outcome<AccountLease> {
        self.subject.soon(what, lease).await
    }

    /// A lease whose owner is suspended until it has expired, and the next owner's.
    async fn overtaken(&self) -> Outcome<(AccountLease, AccountLease)> {
        let mut stalled = self.soon("the first lease", self.one()).await?;
        stalled.stall();
        self.subject.pass(LEASE + SECOND).await;
        let next = self.soon("the lease after it has lapsed", self.other()).await?;
        Ok((stalled, next))
    }
}

async fn one_owner<S>(locks: &Locks<S>) -> Outcome {
    let (owners, most) = (Cell::new(0), Cell::new(0));
    let work = join_all((0..20).map(async |number| {
        let lease = if number % 2 == 0 { locks.one() } else { locks.other() }.await?;
        owners.set(owners.get() + 1);
        most.set(most.get().max(owners.get()));
        tokio::task::yield_now().await;
        owners.set(owners.get() - 1);
        lease.release().await
    }));
    locks
        .subject
        .soon("the last of twenty owners", async { work.await.into_iter().collect::<Result<(), _>>() })
        .await?;
    check(most.get() == 1, &format!("{} had it at a time", most.get()))
}

async fn fences<S>(locks: &Locks<S>) -> Outcome {
    let seen = RefCell::new(Vec::new());
    let work = join_all((0..10).map(async |number| {
        let lease = if number % 2 == 0 { locks.one() } else { locks.other() }.await?;
        seen.borrow_mut().push(lease.fence());
        lease.release().await
    }));
    locks.subject.soon("the last of ten owners", async { work.await.into_iter().collect::<Result<(), _>>() }).await?;
    let seen = seen.into_inner();
    check(seen.is_sorted_by(|one, next| one < next), &format!("in order of their grants they were {seen:?}"))
}

async fn accounts<S>(locks: &Locks<S>) -> Outcome {
    let _one = locks.soon("the lease of one account", locks.one()).await?;
    let other = account("two");
    let lease = (locks.acquire)(&locks.subject.other, &other);
    locks.soon("the lease of another account", lease).await.map(drop)
}

async fn released<S>(locks: &Locks<S>) -> Outcome {
    let lease = locks.soon("the first lease", locks.one()).await?;
    pending("it was granted to two", locks.other()).await?;
    locks.subject.soon("the end of the release", lease.release()).await?;
    locks.soon("the next lease", locks.other()).await.map(drop)
}

async fn dropped<S>(locks: &Locks<S>) -> Outcome {
    drop(locks.soon("the first lease", locks.one()).await?);
    locks.soon("the next lease", locks.other()).await.map(drop)
}

async fn gave_up<S>(locks: &Locks<S>) -> Outcome {
    let lease = locks.soon("the first lease", locks.one()).await?;
    for polls in 1..4 {
        if dropped_after(polls, LOOK, locks.other()).await.is_some() {
            return broken("it was granted to two");
        }
    }
    locks.subject.soon("the end of the release", lease.release()).await?;
    locks.soon("the next lease", locks.one()).await.map(drop)
}

async fn aborted<S>(fresh: &impl AsyncFn() -> Locks<S>) -> Outcome {
    for polls in 1.. {
        let locks = fresh().await;
        let granted = dropped_after(polls, locks.subject.timeout, locks.one()).await;
        let over = granted.is_some();
        drop(granted);
        if locks.subject.lapses {
            locks.subject.pass(LEASE + SECOND).await;
        }
        locks.soon(&format!("the lease after one that was dropped after {polls} polls"), locks.other()).await?;
        if over {
            break;
        }
    }
    Ok(())
}

async fn notes<S: AccountLock>(subject: &Subject<S>) -> Outcome {
    let (one, two) = (account("one"), account("two"));
    let lease = subject.soon("the first lease", subject.one.acquire(&one)).await?;
    check(lease.note().is_none(), "there is a note at first")?;
    subject.soon("the note", lease.set_note(Some("a note, \"quoted\"\n\u{e9}"))).await?;
    subject.soon("the end of the release", lease.release()).await?;
    let lease = subject.soon("a lease of another account", subject.other.acquire(&two)).await?;
    check(lease.note().is_none(), "another account has the note")?;
    for _ in 0..2 {
        let lease = subject.soon("the next lease", subject.other.acquire(&one)).await?;
        check(lease.note() == Some("a note, \"quoted\"\n\u{e9}"), &format!("it became {:?}", lease.note()))?;
        subject.soon("the end of the release", lease.release()).await?;
    }
    let lease = subject.soon("the next lease", subject.one.acquire(&one)).await?;
    subject.soon("no note", lease.set_note(None)).await?;
    subject.soon("the end of the release", lease.release()).await?;
    let lease = subject.soon("the last lease", subject.one.acquire(&one)).await?;
    check(lease.note().is_none(), "it is still there after it was removed")
}

async fn lapses<S>(locks: &Locks<S>) -> Outcome {
    let lease = locks.soon("the first lease", locks.one()).await?;
    let fence = lease.fence();
    lease.abandon();
    locks.subject.pass(LEASE + SECOND).await;
    let next = locks.soon("the next lease", locks.other()).await?;
    check(next.fence() > fence, "the fence does not grow")
}

async fn lasts<S>(locks: &Locks<S>) -> Outcome {
    locks.soon("the first lease", locks.one()).await?.abandon();
    locks.subject.pass(LEASE - 3 * SECOND).await;
    pending("another got it three seconds early", locks.other()).await
}

async fn renewed<S>(locks: &Locks<S>) -> Outcome {
    let mut lease = locks.soon("the first lease", locks.one()).await?;
    lease.stall();
    for _ in 0..3 {
        locks.subject.pass(LEASE / 2 + SECOND).await;
        check(locks.subject.soon("the renewal", lease.renew()).await?, "it is not renewed")?;
    }
    locks.subject.pass(LEASE / 2).await;
    pending("another got it", locks.other()).await
}

async fn late_renewal<S>(locks: &Locks<S>) -> Outcome {
    let (stalled, _next) = locks.overtaken().await?;
    check(!locks.subject.soon("the answer", stalled.renew()).await?, "it is, although another has it")?;
    pending("two had it then", locks.one()).await
}

async fn late_note<S>(locks: &Locks<S>) -> Outcome {
    let (stalled, next) = locks.overtaken().await?;
    let noted = locks.subject.soon("the answer", async { Ok(stalled.set_note(Some("late")).await.is_ok()) }).await?;
    check(!noted, "it does, although another has it")?;
    locks.subject.soon("the end of the release", next.release()).await?;
    let lease = locks.soon("the next lease", locks.one()).await?;
    check(lease.note() != Some("late"), "its note was handed on")
}

async fn late_release<S>(locks: &Locks<S>) -> Outcome {
    let (stalled, next) = locks.overtaken().await?;
    // whether that is an error is up to the store
    locks.subject.soon("the answer", async { Ok(stalled.release().await.is_ok()) }).await?;
    pending("another got the lease of its successor", locks.one()).await?;
    locks.subject.soon("the end of the release", next.release()).await
}
