use std::sync::Mutex;

use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, executor::block_on};
use proptest::prelude::*;

use super::*;

/// A list whose pages are made by a function, and the numbers of the pages that were fetched.
fn source(answer: impl Fn(u32) -> Result<Fetched<i64>> + Send + Sync + 'static) -> (Source<i64>, Arc<Mutex<Vec<u32>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let fetch = move |page| {
        log.lock().unwrap().push(page);
        let outcome = answer(page);
        async move { outcome }.boxed()
    };
    (Source { operation: Operation::ListBookings, fetch: Arc::new(fetch), id: |id| Some(*id) }, asked)
}

fn page(entries: impl IntoIterator<Item = i64>, more: Option<bool>) -> Result<Fetched<i64>> {
    Ok(Fetched { entries: entries.into_iter().collect(), total: None, more })
}

/// A list of `count` entries in pages of three, in which the portal says whether there are more pages.
fn list(count: i64) -> impl Fn(u32) -> Result<Fetched<i64>> {
    move |number| {
        let first = (i64::from(number) - 1) * 3;
        page(first..(first + 3).min(count), Some(first + 3 < count))
    }
}

fn all(source: Source<i64>) -> Result<Vec<i64>> {
    block_on(Items::new(source, Position::default()).try_collect())
}

#[test]
fn every_entry_comes_once_and_no_page_twice() {
    let (source, asked) = source(list(8));
    assert_eq!(all(source).unwrap(), (0..8).collect::<Vec<_>>());
    assert_eq!(*asked.lock().unwrap(), [1, 2, 3]);
}

#[test]
fn a_page_is_fetched_when_it_is_needed_and_no_sooner() {
    let (source, asked) = source(list(8));
    let mut items = Items::new(source, Position::default());
    assert_eq!(*asked.lock().unwrap(), Vec::<u32>::new(), "nothing before it is polled");
    for (entry, pages) in [(0, 1), (1, 1), (2, 1), (3, 2)] {
        assert_eq!(block_on(items.next()).unwrap().unwrap(), entry);
        assert_eq!(asked.lock().unwrap().len(), pages, "one request for the first entry of a page");
    }
}

/// A list whose page 2 fails this many times.
fn failing(times: u32) -> impl Fn(u32) -> Result<Fetched<i64>> {
    let failures = Mutex::new(times);
    move |number| {
        let mut left = failures.lock().unwrap();
        if number == 2 && *left > 0 {
            *left -= 1;
            return Err(crate::ErrorKind::Server.into());
        }
        list(5)(number)
    }
}

#[test]
fn a_stream_ends_after_an_error() {
    let (source, asked) = source(failing(u32::MAX));
    let outcomes: Vec<_> = block_on(Items::new(source, Position::default()).collect());
    assert_eq!(outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect::<Vec<_>>(), [&0, &1, &2]);
    assert!(outcomes.len() == 4 && outcomes[3].is_err());
    assert_eq!(*asked.lock().unwrap(), [1, 2]);
    // in whatever way the stream is read
    let ok: Vec<_> = block_on(
        Items::new(self::source(failing(9)).0, Position::default()).filter_map(async |row| row.ok()).collect(),
    );
    assert_eq!(ok, [0, 1, 2]);
    let pages: Vec<_> = block_on(Pages::new(self::source(failing(9)).0, 1).collect());
    assert!(pages.len() == 2 && pages[1].is_err());
    let endless = self::source(|_| page([1, 2, 3], Some(true))).0;
    assert_eq!(block_on(Items::new(endless, Position::default()).collect::<Vec<_>>()).len(), 4);
    // polling it again does not restart it
    let mut items = Items::new(self::source(failing(1)).0, Position { page: 2, offset: 0 });
    assert!(block_on(items.next()).unwrap().is_err());
    assert!(block_on(items.next()).is_none() && block_on(items.next()).is_none());
}

#[test]
fn the_position_of_a_failed_stream_leads_on() {
    let (source, asked) = source(failing(1));
    let source = Arc::new(source);
    let again = || Source { operation: source.operation, fetch: Arc::clone(&source.fetch), id: source.id };
    let mut items = Items::new(again(), Position::default());
    let read: Vec<_> = block_on(items.by_ref().filter_map(async |row| row.ok()).collect());
    let position: Position = items.position().to_string().parse().unwrap();
    let rest: Vec<_> = block_on(Items::new(again(), position).try_collect()).unwrap();
    assert_eq!([read, rest].concat(), [0, 1, 2, 3, 4]);
    // the page that was read to its end is fetched again, since it may have more entries by then
    assert_eq!(*asked.lock().unwrap(), [1, 2, 1, 2]);
}

#[test]
fn rows_inserted_while_walking_come_once() {
    // newest first: two rows are added at the top while each page is read
    let (source, _) = source(|number| {
        let inserted = (i64::from(number) - 1) * 2;
        let first = (i64::from(number) - 1) * 3;
        page((first..first + 3).map(|row| row - inserted).filter(|row| *row < 8), Some(first + 3 < 8 + inserted))
    });
    assert_eq!(all(source).unwrap(), (0..8).collect::<Vec<_>>());
}

#[test]
fn an_empty_page_in_the_middle_is_passed() {
    let (source, _) = source(|number| match number {
        1 => page([1, 2, 3], Some(true)),
        2 => page([], Some(true)),
        _ => page([4], Some(false)),
    });
    assert_eq!(all(source).unwrap(), [1, 2, 3, 4]);
}

#[test]
fn without_meta_the_list_ends_where_nothing_new_comes() {
    // a short page need not be the last one, since the portal may ignore `per_page`
    let (short, asked) = source(|number| page((i64::from(number) * 2..7).take(2), None));
    assert_eq!(all(short).unwrap(), [2, 3, 4, 5, 6]);
    assert_eq!(*asked.lock().unwrap(), [1, 2, 3, 4]);
    // a portal that ignores the page number and always returns the whole list
    let (same, asked) = source(|_| page([1, 2, 3, 4], None));
    assert_eq!(all(same).unwrap(), [1, 2, 3, 4]);
    assert_eq!(*asked.lock().unwrap(), [1, 2]);
}

#[test]
fn a_list_that_does_not_end_is_an_error() {
    for entries in [vec![], vec![1, 2, 3]] {
        let (source, asked) = source(move |_| page(entries.clone(), Some(true)));
        assert!(all(source).unwrap_err().to_string().contains("does not end"));
        assert!(asked.lock().unwrap().len() <= 4);
    }
}

#[test]
fn pages_tell_their_number() {
    let (source, _) = source(list(5));
    let pages: Vec<(u32, usize)> =
        block_on(Pages::new(source, 2).map_ok(|page| (page.number, page.items.len())).try_collect()).unwrap();
    assert_eq!(pages, [(2, 2)]);
}

proptest! {
    #[test]
    fn a_walk_goes_on_where_another_stopped(count in 0..40i64, stop in 0..45usize) {
        let mut items = Items::new(source(list(count)).0, Position::default());
        let mut read = Vec::new();
        for _ in 0..stop {
            read.extend(block_on(items.next()).transpose().unwrap());
        }
        let rest = Items::new(source(list(count)).0, items.position());
        read.extend(block_on(rest.try_collect::<Vec<_>>()).unwrap());
        prop_assert_eq!(read, (0..count).collect::<Vec<_>>());
    }
}
