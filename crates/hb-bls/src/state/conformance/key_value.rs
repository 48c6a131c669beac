//! The rules of a [`KeyValueStore`].

use std::{collections::HashSet, time::Duration};

use futures::future::join_all;

use super::{Outcome, Report, Subject, check, dropped_after};
use crate::state::{KeyValueStore, Stored};

const KEY: &str = "tokens/0123-abc";
const SECOND: Duration = Duration::from_secs(1);

/// Checks a [`KeyValueStore`].
///
/// # Panics
///
/// With the names of the rules that do not hold.
pub async fn key_value_store<S: KeyValueStore>(make: impl AsyncFn() -> Subject<S>) {
    let mut report = Report::default();
    report.rule("what was written is read", written(&make().await)).await;
    report.rule("the texts of keys are kept apart", keys(&make().await)).await;
    report.rule("an old version replaces nothing", old(&make().await)).await;
    report.rule("a version never comes twice", versions(&make().await)).await;
    report.rule("of writers in a race one is first", race(&make().await)).await;
    report.rule("a write that is dropped is done or undone", aborted(&make)).await;
    report.rule("the time goes on, and is the same for all", time(&make().await)).await;
    report.rule("a handle that lives has not ended", lives(&make().await)).await;
    report.end();
}

impl<S: KeyValueStore> Subject<S> {
    async fn read_key(&self, store: &S, key: &str) -> Outcome<Stored> {
        self.soon("what is read", store.read(key)).await
    }

    async fn write_key(&self, store: &S, version: Option<u64>, text: &str) -> Outcome<bool> {
        self.soon("the write", store.write(KEY, version, text)).await
    }

    /// Fails unless both handles read this. Returns its version.
    async fn text_is(&self, key: &str, text: Option<&str>) -> Outcome<Option<u64>> {
        let mut version = None;
        for store in [&self.one, &self.other] {
            let (new, read) = self.read_key(store, key).await?.text.unzip();
            check(read.as_deref() == text, &format!("{read:?} is read instead of {text:?}"))?;
            version = new;
        }
        Ok(version)
    }
}

async fn written<S: KeyValueStore>(subject: &Subject<S>) -> Outcome {
    let mut version = subject.text_is(KEY, None).await?;
    let long = "long ".repeat(20_000);
    for text in ["a text", "", "\u{e9}\u{1f600} \"'\\\n\r\t%_{}", &long] {
        check(subject.write_key(&subject.one, version, text).await?, "it is refused")?;
        version = subject.text_is(KEY, Some(text)).await?;
        check(version.is_some(), "it has no version")?;
    }
    Ok(())
}

async fn keys<S: KeyValueStore>(subject: &Subject<S>) -> Outcome {
    subject.write_key(&subject.one, None, "one").await?;
    for other in ["tokens/0123-abd", "tokens/0123", "tokens/", "tokens/0123-abc0", "tokens/0123-ab"] {
        subject.text_is(other, None).await?;
    }
    subject.text_is(KEY, Some("one")).await.map(drop)
}

async fn old<S: KeyValueStore>(subject: &Subject<S>) -> Outcome {
    subject.write_key(&subject.one, None, "first").await?;
    let first = subject.text_is(KEY, Some("first")).await?;
    check(!subject.write_key(&subject.other, None, "new").await?, "a text is taken for none")?;
    subject.write_key(&subject.other, first, "second").await?;
    check(!subject.write_key(&subject.one, first, "late").await?, "it is said to")?;
    check(!subject.write_key(&subject.one, Some(1), "guessed").await?, "any version does")?;
    subject.text_is(KEY, Some("second")).await.map(drop)
}

async fn versions<S: KeyValueStore>(subject: &Subject<S>) -> Outcome {
    let (mut version, mut seen) = (None, HashSet::new());
    for _ in 0..20 {
        check(subject.write_key(&subject.one, version, "the same text").await?, "a write is refused")?;
        version = subject.text_is(KEY, Some("the same text")).await?;
        check(seen.insert(version), "it does")?;
    }
    Ok(())
}

async fn race<S: KeyValueStore>(subject: &Subject<S>) -> Outcome {
    let mut version = None;
    for round in 0..10 {
        let writers = (0..8).map(|number| async move {
            let store = if number % 2 == 0 { &subject.one } else { &subject.other };
            store.write(KEY, version, &format!("{round} {number}")).await
        });
        let racing = async { join_all(writers).await.into_iter().collect::<Result<Vec<_>, _>>() };
        let outcomes = subject.soon("the last of eight writers", racing).await?;
        let first: Vec<_> = outcomes.iter().enumerate().filter(|(_, written)| **written).collect();
        check(first.len() == 1, &format!("{} of eight are", first.len()))?;
        let text = first.first().map(|(number, _)| format!("{round} {number}"));
        version = subject.text_is(KEY, text.as_deref()).await?;
    }
    Ok(())
}

async fn aborted<S: KeyValueStore>(make: &impl AsyncFn() -> Subject<S>) -> Outcome {
    for polls in 1.. {
        let subject = make().await;
        subject.write_key(&subject.one, None, "old").await?;
        let version = subject.text_is(KEY, Some("old")).await?;
        let writing = subject.one.write(KEY, version, "new");
        let over = dropped_after(polls, subject.timeout, writing).await.is_some();
        let (_, text) = subject.read_key(&subject.other, KEY).await?.text.unzip();
        check(matches!(text.as_deref(), Some("old" | "new")), &format!("after {polls} polls it is neither"))?;
        if over {
            break;
        }
    }
    Ok(())
}

async fn time<S: KeyValueStore>(subject: &Subject<S>) -> Outcome {
    let before = subject.read_key(&subject.one, KEY).await?.now;
    subject.pass(SECOND).await;
    let after = subject.read_key(&subject.other, KEY).await?.now;
    let passed = Duration::try_from(after.duration_since(before)).unwrap_or_default();
    check(passed >= SECOND.mul_f64(0.9), &format!("{passed:?} have passed instead of a second"))?;
    check(passed <= SECOND + subject.timeout, &format!("{passed:?} have passed instead of a second"))
}

async fn lives<S: KeyValueStore>(subject: &Subject<S>) -> Outcome {
    let Some(handle) = subject.soon("the handle", subject.one.session_id()).await? else { return Ok(()) };
    let has_ended = subject.soon("the answer", subject.other.session_has_ended(handle)).await?;
    check(!has_ended, "it is said to have")
}
