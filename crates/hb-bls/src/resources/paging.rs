//! Lists of more than one page.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    ops::RangeInclusive,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::{Stream, future::BoxFuture};
use hb_bls_gen::{self as raw, Operation};

use crate::{Error, Result};
pub use position::Position;

mod position;

/// How many pages in a row may contain nothing new before the list counts as endless.
const BARREN: u32 = 3;
/// How many ids of earlier pages are remembered, or as many as a page has. Rows that are inserted meanwhile move others
/// to the next page, and a portal that ignores the page number returns the same rows again.
const REMEMBERED_IDS: usize = 1000;

/// How many entries a page may have.
const PER_PAGE: RangeInclusive<u32> = 1..=100;

/// Checks `per_page`, so that nothing is sent if the portal would refuse it.
pub(super) fn per_page(entries: u32) -> Result<i64> {
    if PER_PAGE.contains(&entries) {
        return Ok(i64::from(entries));
    }
    let (least, most) = (PER_PAGE.start(), PER_PAGE.end());
    Err(Error::configuration(format!("per_page must be {least} to {most}, not {entries}")))
}

/// One page of a list.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page<T> {
    /// The entries that no earlier page had.
    pub items: Vec<T>,
    /// The page number, counted from 1.
    pub number: u32,
    /// The number of entries on all pages, if the portal sends it.
    pub total: Option<i64>,
}

/// A page as it was fetched.
pub(super) struct Fetched<T> {
    entries: Vec<T>,
    total: Option<i64>,
    /// Whether the portal says that there are more pages; `None` if it does not say.
    more: Option<bool>,
}

impl<T> Fetched<T> {
    /// Finds the position in `meta` or `links`, whichever the portal sends. A link is never followed.
    pub(super) fn new(list: raw::List<T>, page: u32) -> Self {
        let last = list.meta.as_ref().and_then(|meta| meta.last_page);
        let total = list.meta.as_ref().and_then(|meta| meta.total);
        let linked = list.links.as_ref().map(|links| links.next.is_some());
        let more = last.map(|last| i64::from(page) < last).or(linked);
        Self { entries: list.data, total, more }
    }
}

type Fetching<T> = BoxFuture<'static, Result<Fetched<T>>>;
/// The new entries of a page, and their places on it.
type PlacedPage<T> = (Page<T>, Vec<usize>);

/// How to fetch a page and how to identify its entries.
pub(super) struct Source<T> {
    pub(super) operation: Operation,
    pub(super) fetch: Arc<dyn Fn(u32) -> Fetching<T> + Send + Sync>,
    /// The id of an entry. Entries without an id cannot be distinguished, so each counts as new.
    pub(super) id: fn(&T) -> Option<i64>,
}

/// The pages of a list, as a [`Stream`]. Each page is fetched by one request when it is needed.
///
/// The stream ends after an error. To continue, start a new one at the page that failed.
#[must_use = "nothing is fetched before the stream is polled"]
pub struct Pages<T> {
    source: Source<T>,
    next: u32,
    fetching: Option<Fetching<T>>,
    ids: BTreeSet<i64>,
    order: VecDeque<i64>,
    remembered: usize,
    /// The previous page, if it had entries without ids.
    before: Option<Vec<T>>,
    barren: u32,
    done: bool,
}

impl<T: Clone + PartialEq> Pages<T> {
    pub(super) fn new(source: Source<T>, first: u32) -> Self {
        Self {
            source,
            next: first.max(1),
            fetching: None,
            ids: BTreeSet::new(),
            order: VecDeque::new(),
            remembered: REMEMBERED_IDS,
            before: None,
            barren: 0,
            done: false,
        }
    }

    /// The next page: its new entries, and their places on it.
    fn poll_entries(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<PlacedPage<T>>>> {
        if self.done {
            return Poll::Ready(None);
        }
        let fetch = &self.source.fetch;
        let fetching = self.fetching.get_or_insert_with(|| fetch(self.next));
        let outcome = ready!(fetching.as_mut().poll(context));
        self.fetching = None;
        let outcome = outcome.and_then(|fetched| self.accept(fetched));
        self.done |= outcome.is_err();
        Poll::Ready(Some(outcome))
    }

    /// Accepts a page, and decides whether there is another one.
    fn accept(&mut self, fetched: Fetched<T>) -> Result<PlacedPage<T>> {
        let mut items = fetched.entries;
        self.remembered = self.remembered.max(items.len());
        let repeats = self.repeats(&items);
        // if the portal says that this is another page, equal entries are different ones
        if repeats && fetched.more.is_none() {
            items.clear();
        }
        let mut places = Vec::with_capacity(items.len());
        let mut place = 0;
        items.retain(|entry| {
            let is_new = self.is_new(entry);
            if is_new {
                places.push(place);
            }
            place += 1;
            is_new
        });
        self.barren = if items.is_empty() || repeats { self.barren + 1 } else { 0 };
        // if the portal does not say whether there is more, the list ends at a page with nothing new; a short page
        // proves nothing, since the portal may ignore `per_page`
        let more = fetched.more.unwrap_or(!items.is_empty());
        if more && self.barren >= BARREN {
            let reason = "the list does not end: several pages in a row contain nothing new";
            return Err(Error::decode(self.source.operation, ".", reason));
        }
        let page = Page { items, number: self.next, total: fetched.total };
        self.done = !more || self.next == u32::MAX;
        self.next = self.next.saturating_add(1);
        Ok((page, places))
    }

    /// Whether a page has entries without ids and is the same as the previous one.
    fn repeats(&mut self, entries: &[T]) -> bool {
        let lacks_ids = entries.iter().any(|entry| (self.source.id)(entry).is_none());
        let page = lacks_ids.then(|| entries.to_vec());
        let repeats = page.is_some() && page == self.before;
        self.before = page;
        repeats
    }

    fn is_new(&mut self, entry: &T) -> bool {
        let Some(id) = (self.source.id)(entry) else { return true };
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > self.remembered
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

impl<T: Clone + PartialEq + Unpin> Stream for Pages<T> {
    type Item = Result<Page<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let page = ready!(self.poll_entries(context)?);
        Poll::Ready(page.map(|(page, _)| Ok(page)))
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("operation", &self.source.operation.id())
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

/// The entries of a list, as a [`Stream`]. A page is fetched when its first entry is needed.
///
/// No id is yielded twice, even if rows are inserted meanwhile. The stream ends after an error.
/// [`position`](Self::position) returns where to continue, and can be stored as text.
#[must_use = "nothing is fetched before the stream is polled"]
pub struct Items<T> {
    pages: Pages<T>,
    entries: std::iter::Zip<std::vec::IntoIter<usize>, std::vec::IntoIter<T>>,
    /// The position after the last entry that was yielded.
    position: Position,
}

impl<T: Clone + PartialEq> Items<T> {
    pub(super) fn new(source: Source<T>, position: Position) -> Self {
        Self { pages: Pages::new(source, position.page), entries: Vec::new().into_iter().zip(Vec::new()), position }
    }
}

impl<T> Items<T> {
    /// The position of the next entry. A stream that starts there yields the rest.
    pub fn position(&self) -> Position {
        self.position
    }
}

impl<T: Clone + PartialEq + Unpin> Stream for Items<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some((index, entry)) = self.entries.next() {
                if index < self.position.offset {
                    continue;
                }
                self.position.offset = index + 1;
                return Poll::Ready(Some(Ok(entry)));
            }
            let Some((page, places)) = ready!(self.pages.poll_entries(context)?) else { return Poll::Ready(None) };
            // after a page without new entries, keep the position, or a stream that resumes could yield earlier entries
            // again
            if page.number != self.position.page && !page.items.is_empty() {
                self.position = Position { page: page.number, offset: 0 };
            }
            self.entries = places.into_iter().zip(page.items);
        }
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("position", &self.position).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
