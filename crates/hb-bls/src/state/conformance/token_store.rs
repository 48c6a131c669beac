//! The rules of a [`TokenStore`].

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::{Outcome, Report, Subject, account, broken, check, dropped_after, locks};
use crate::state::{TokenSet, TokenStore};

/// Checks a [`TokenStore`], its locks included.
///
/// # Panics
///
/// With the names of the rules that do not hold.
pub async fn token_store<S: TokenStore>(make: impl AsyncFn() -> Subject<S>) {
    let mut report = Report::default();
    report.rule("what was saved is what is loaded", saved(&make().await)).await;
    report.rule("the tokens of accounts are kept apart", accounts(&make().await)).await;
    report.rule("an earlier fence saves nothing", early(&make().await)).await;
    report.rule("an earlier fence removes nothing", early_removal(&make().await)).await;
    report.rule("tokens that were removed keep their fence", removed(&make().await)).await;
    report.rule("of saves in a race the last fence wins", race(&make().await)).await;
    report.rule("a save that is dropped is done or undone", aborted(&make)).await;
    locks::leases(&mut report, &make, |store, account| store.lock(account)).await;
    report.end();
}

fn tokens(number: u64) -> TokenSet {
    let seconds = SignedDuration::from_secs(i64::try_from(number).unwrap_or(0));
    let expires = Timestamp::UNIX_EPOCH.saturating_add(seconds).unwrap_or(Timestamp::MAX);
    TokenSet::new(format!("access {number}").into(), expires).with_refresh(format!("refresh {number}").into(), expires)
}

impl<S: TokenStore> Subject<S> {
    /// The fence of a new lock on the account.
    async fn fence(&self, name: &str) -> Outcome<u64> {
        let account = account(name);
        let lease = self.soon("the lock", self.one.lock(&account)).await?;
        let fence = lease.fence();
        self.soon("the end of the release", lease.release()).await?;
        Ok(fence)
    }

    async fn save(&self, name: &str, fence: u64, tokens: Option<&TokenSet>) -> Outcome<bool> {
        self.soon("the save", self.one.save(&account(name), fence, tokens)).await
    }

    /// Fails unless both handles load this.
    async fn holds(&self, name: &str, tokens: Option<&TokenSet>) -> Outcome {
        for store in [&self.one, &self.other] {
            let loaded = self.soon("what is loaded", store.load(&account(name))).await?;
            check(loaded.as_ref() == tokens, "other tokens are loaded")?;
        }
        Ok(())
    }
}

async fn saved<S: TokenStore>(subject: &Subject<S>) -> Outcome {
    subject.holds("one", None).await?;
    let fence = subject.fence("one").await?;
    let without_refresh = TokenSet::new("access".into(), Timestamp::UNIX_EPOCH);
    for tokens in [Some(tokens(1)), Some(tokens(2)), Some(without_refresh), None, Some(tokens(3))] {
        check(subject.save("one", fence, tokens.as_ref()).await?, "it is refused under the fence of the lock")?;
        subject.holds("one", tokens.as_ref()).await?;
    }
    Ok(())
}

async fn accounts<S: TokenStore>(subject: &Subject<S>) -> Outcome {
    let (one, two) = (subject.fence("one").await?, subject.fence("two").await?);
    subject.save("one", one, Some(&tokens(1))).await?;
    subject.holds("two", None).await?;
    subject.save("two", two, Some(&tokens(2))).await?;
    subject.holds("one", Some(&tokens(1))).await?;
    subject.save("one", one, None).await?;
    subject.holds("two", Some(&tokens(2))).await
}

async fn early<S: TokenStore>(subject: &Subject<S>) -> Outcome {
    let (stalled, next) = (subject.fence("one").await?, subject.fence("one").await?);
    check(subject.save("one", next, Some(&tokens(2))).await?, "the later one is refused")?;
    check(!subject.save("one", stalled, Some(&tokens(1))).await?, "it is said to")?;
    subject.holds("one", Some(&tokens(2))).await
}

async fn early_removal<S: TokenStore>(subject: &Subject<S>) -> Outcome {
    let (stalled, next) = (subject.fence("one").await?, subject.fence("one").await?);
    subject.save("one", next, Some(&tokens(2))).await?;
    check(!subject.save("one", stalled, None).await?, "it is said to")?;
    subject.holds("one", Some(&tokens(2))).await
}

async fn removed<S: TokenStore>(subject: &Subject<S>) -> Outcome {
    let (stalled, next) = (subject.fence("one").await?, subject.fence("one").await?);
    subject.save("one", next, None).await?;
    check(!subject.save("one", stalled, Some(&tokens(1))).await?, "an earlier one saves")?;
    subject.holds("one", None).await
}

async fn race<S: TokenStore>(subject: &Subject<S>) -> Outcome {
    let mut fences = Vec::new();
    for _ in 0..8 {
        fences.push(subject.fence("one").await?);
    }
    let account = account("one");
    // so that the last is not the last to come
    let racers = fences.iter().enumerate().rev().map(|(number, fence)| {
        let store = if number % 2 == 0 { &subject.one } else { &subject.other };
        let (account, tokens) = (&account, tokens(*fence));
        async move { store.save(account, *fence, Some(&tokens)).await }
    });
    let saved = async { join_all(racers).await.into_iter().collect::<Result<Vec<_>, _>>() };
    subject.soon("the last of eight saves", saved).await?;
    let Some(last) = fences.last() else { return broken("there are no fences") };
    subject.holds("one", Some(&tokens(*last))).await
}

async fn aborted<S: TokenStore>(make: &impl AsyncFn() -> Subject<S>) -> Outcome {
    for polls in 1.. {
        let subject = make().await;
        let fence = subject.fence("one").await?;
        subject.save("one", fence, Some(&tokens(1))).await?;
        let (account, new) = (account("one"), tokens(2));
        let saving = subject.one.save(&account, fence, Some(&new));
        let over = dropped_after(polls, subject.timeout, saving).await.is_some();
        let loaded = subject.soon("what is loaded", subject.other.load(&account)).await?;
        let whole = loaded == Some(tokens(1)) || loaded == Some(new);
        check(whole, &format!("after {polls} polls it is neither"))?;
        if over {
            break;
        }
    }
    Ok(())
}
