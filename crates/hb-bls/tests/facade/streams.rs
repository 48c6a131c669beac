//! Long lists over HTTP that break off, change, or do not end.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use futures::{StreamExt as _, TryStreamExt as _};
use hb_bls::{Booking, Error, ErrorKind, Items, Position, RetryPolicy, Transaction};

use crate::canned::{Canned, Reply, answer, json};

/// The page that was requested.
fn page(line: &str) -> i64 {
    let (_, page) = line.split_once("page=").unwrap();
    page.split(['&', ' ']).next().unwrap().parse().unwrap()
}

fn entries(ids: impl IntoIterator<Item = i64>) -> String {
    let entries: Vec<String> = ids.into_iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect();
    format!("[{}]", entries.join(","))
}

/// A page of a list, in which the portal says how many pages there are.
fn listed(ids: impl IntoIterator<Item = i64>, page: i64, last: i64) -> Reply {
    let meta = format!(r#"{{"current_page":{page},"last_page":{last}}}"#);
    json(&format!(r#"{{"data":{},"meta":{meta},"links":{{"next":null,"prev":null}}}}"#, entries(ids))).into()
}

/// This many entries, counted from 0, on pages of five.
async fn list(count: i64) -> Canned {
    Canned::script(move |asked| {
        let page = page(&asked.line);
        let first = (page - 1) * 5;
        listed(first..count.min(first + 5), page, (count + 4) / 5)
    })
    .await
}

fn items(server: &Canned, position: Position) -> Items<Booking> {
    server.builder().without_rate_limit().build().unwrap().bookings().list().items_from(position)
}

/// All entries of a list, or more than any list here has.
async fn all(items: Items<Booking>) -> Result<Vec<i64>, Error> {
    items.take(1000).map_ok(|booking| booking.id.get()).try_collect().await
}

fn pages(server: &Canned) -> Vec<i64> {
    server.requests().iter().skip(1).map(|request| page(&request.line)).collect()
}

#[tokio::test]
async fn a_walk_can_be_resumed_from_every_position() {
    for count in [0, 1, 5, 13] {
        let server = list(count).await;
        for stop in 0..=count {
            let mut first = items(&server, Position::default());
            let mut read = Vec::new();
            for _ in 0..stop {
                read.push(first.try_next().await.unwrap().unwrap().id.get());
            }
            let position = first.position();
            assert_eq!((i64::from(position.page()) - 1) * 5 + i64::try_from(position.offset()).unwrap(), stop);
            drop(first);
            read.extend(all(items(&server, position)).await.unwrap());
            assert_eq!(read, (0..count).collect::<Vec<_>>(), "stopped after {stop}");
        }
    }
}

/// Fails each request once, and some pages three times in a row.
fn failing(count: i64) -> impl FnMut(&crate::canned::Request) -> Reply + Send {
    let mut failed: Vec<i64> = Vec::new();
    move |asked| {
        let page = page(&asked.line);
        let times = failed.iter().filter(|failed| **failed == page).count();
        if times < 3 {
            failed.push(page);
            return match times {
                0 => Reply::lost(),
                1 => answer("502 Bad", "text/html", "<html>").into(),
                _ => "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"data\":[{\"id\":".into(),
            };
        }
        listed((page - 1) * 5..count.min(page * 5), page, (count + 4) / 5)
    }
}

#[tokio::test]
async fn pages_that_fail_are_retried_in_place() {
    let server = Canned::script(failing(13)).await;
    let client = server.builder().without_rate_limit().retry(RetryPolicy::default()).build().unwrap();
    let read = server.clock.drive(None, all(client.bookings().list().items())).await.unwrap();
    assert_eq!(read, (0..13).collect::<Vec<_>>());
    assert_eq!(pages(&server), [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
}

#[tokio::test]
async fn a_stream_ends_after_an_error_and_another_goes_on_from_its_position() {
    let server = Canned::script(failing(13)).await;
    let outcomes: Vec<_> = items(&server, Position::default()).collect().await;
    assert!(outcomes.len() == 1 && outcomes[0].is_err(), "{outcomes:?}");
    // one stream after another, each from the stored position of the one before
    let server = Canned::script(failing(13)).await;
    let (mut position, mut read, mut errors) = (Position::default(), Vec::new(), 0);
    loop {
        let mut walk = items(&server, position);
        let broken = loop {
            match walk.next().await {
                Some(Ok(booking)) => read.push(booking.id.get()),
                Some(Err(error)) => break error.is_retryable(),
                None => break false,
            }
        };
        position = walk.position().to_string().parse().unwrap();
        if !broken {
            break;
        }
        errors += 1;
    }
    assert_eq!((read, errors), ((0..13).collect::<Vec<_>>(), 9));
}

#[tokio::test]
async fn rows_inserted_while_walking_come_once_and_none_is_missed() {
    // newest first; two more entries appear at the top with every page that is read
    let newest = Arc::new(Mutex::new(100));
    let top = Arc::clone(&newest);
    let server = Canned::script(move |asked| {
        let page = page(&asked.line);
        let mut top = top.lock().unwrap();
        *top += 2;
        let rows: Vec<i64> = (0..*top).rev().skip(usize::try_from((page - 1) * 5).unwrap()).take(5).collect();
        listed(rows, page, (*top + 4) / 5)
    })
    .await;
    let read = all(items(&server, Position::default())).await.unwrap();
    let unique: HashSet<i64> = read.iter().copied().collect();
    assert_eq!(unique.len(), read.len(), "{read:?}");
    assert!((0..100).all(|id| unique.contains(&id)));
    assert!(*newest.lock().unwrap() > 130, "they were inserted");
}

#[tokio::test]
async fn a_list_that_does_not_end_is_stopped() {
    for rows in [0, 5] {
        let server = Canned::script(move |asked| listed(0..rows, page(&asked.line), i64::MAX)).await;
        let mut walk = items(&server, Position::default());
        let mut read = 0;
        let error = loop {
            match walk.next().await.expect("an end that is told") {
                Ok(_) => read += 1,
                Err(error) => break error,
            }
        };
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, Some("listBookings")), "{error:?}");
        assert!(!error.is_retryable());
        assert!(error.to_string().contains("the list does not end"), "{error}");
        assert_eq!(read, rows);
        assert!(pages(&server).len() <= 5, "{:?}", pages(&server));
        assert!(walk.next().await.is_none(), "nor is it asked again");
    }
}

#[tokio::test]
async fn an_empty_page_in_the_middle_is_passed() {
    let server = Canned::script(|asked| match page(&asked.line) {
        1 => listed(0..5, 1, 4),
        page @ 2..=3 => listed([], page, 4),
        page => listed(5..7, page, 4),
    })
    .await;
    assert_eq!(all(items(&server, Position::default())).await.unwrap(), (0..7).collect::<Vec<_>>());
    let by_page: Vec<_> = server.client().bookings().list().pages_from(2).try_collect().await.unwrap();
    assert_eq!(
        by_page.iter().map(|page| (page.number, page.items.len())).collect::<Vec<_>>(),
        [(2, 0), (3, 0), (4, 2)]
    );
}

#[tokio::test]
async fn bare_arrays_and_missing_meta_are_read_to_the_end() {
    let bare = |ids: std::ops::Range<i64>| entries(ids);
    let enveloped = |ids: std::ops::Range<i64>| format!(r#"{{"data":{}}}"#, entries(ids));
    let odd = |ids: std::ops::Range<i64>| format!(r#"{{"meta":"none","links":7,"data":{}}}"#, entries(ids));
    for wrap in [&bare as &(dyn Fn(_) -> _ + Sync), &enveloped, &odd] {
        // page by page, until nothing is returned
        let bodies: Vec<String> = (0..4).map(|page: i64| wrap(page * 5..13.min(page * 5 + 5).max(page * 5))).collect();
        let empty = wrap(0..0);
        let server = Canned::script(move |asked| {
            let index = usize::try_from(page(&asked.line)).unwrap() - 1;
            json(bodies.get(index).unwrap_or(&empty)).into()
        })
        .await;
        assert_eq!(all(items(&server, Position::default())).await.unwrap(), (0..13).collect::<Vec<_>>());
        assert_eq!(pages(&server), [1, 2, 3, 4]);
        // everything at once, whichever page is requested
        let server = Canned::start(json(&wrap(0..13))).await;
        assert_eq!(all(items(&server, Position::default())).await.unwrap(), (0..13).collect::<Vec<_>>());
        assert_eq!(pages(&server), [1, 2]);
    }
}

#[tokio::test]
async fn a_long_list_that_knows_no_pages_comes_once() {
    for body in [entries(0..1200), format!(r#"{{"data":{}}}"#, entries(0..1200))] {
        let server = Canned::start(json(&body)).await;
        let mut walk = items(&server, Position::default());
        let read: Vec<i64> = (&mut walk).take(5000).map_ok(|booking| booking.id.get()).try_collect().await.unwrap();
        assert!(read.iter().copied().eq(0..1200), "{} entries", read.len());
        assert_eq!(pages(&server), [1, 2]);
        let rest = all(items(&server, walk.position())).await.unwrap();
        assert!(rest.is_empty(), "nor does it come to whoever goes on");
    }
    // newest first, with one more entry at each request
    let mut newest = 1200;
    let server = Canned::script(move |_| {
        newest += 1;
        json(&entries((0..newest.min(1210)).rev())).into()
    });
    let walk = items(&server.await, Position::default());
    let read: HashSet<i64> = walk.take(5000).map_ok(|booking| booking.id.get()).try_collect().await.unwrap();
    assert_eq!(read.len(), 1210);
}

fn transactions(server: &Canned) -> Items<Transaction> {
    server.builder().without_rate_limit().build().unwrap().account().transactions().items()
}

/// The descriptions of the transactions of a list with no more than these entries.
async fn descriptions(walk: Items<Transaction>) -> Result<Vec<String>, Error> {
    walk.take(100).map_ok(|transaction| transaction.description.unwrap()).try_collect().await
}

#[tokio::test]
async fn entries_without_ids_come_once_whether_the_portal_knows_pages_or_not() {
    // two of them are equal
    let named = ["one", "two", "two", "three", "four"];
    let list = |entries: &[&str]| {
        let entry = |name| format!(r#"{{"type":"withdraw","amount":1,"meta":{{"description":"{name}"}}}}"#);
        format!("[{}]", entries.iter().map(entry).collect::<Vec<_>>().join(","))
    };
    for all in [list(&named), format!(r#"{{"data":{}}}"#, list(&named))] {
        let server = Canned::start(json(&all)).await;
        assert_eq!(descriptions(transactions(&server)).await.unwrap(), named);
        assert_eq!(pages(&server), [1, 2]);
    }
    // page by page
    let two = [list(&named[..2]), list(&named[2..]), list(&[])];
    let server = Canned::script(move |asked| json(&two[usize::try_from(page(&asked.line)).unwrap() - 1]).into()).await;
    assert_eq!(descriptions(transactions(&server)).await.unwrap(), named);
    // the same entries again, but on another page, as the portal says
    let one = list(&["one"]);
    let meta = move |page: i64, last: i64| {
        json(&format!(r#"{{"data":{one},"meta":{{"current_page":{page},"last_page":{last}}}}}"#)).into()
    };
    let told = meta.clone();
    let server = Canned::script(move |asked| told(page(&asked.line), 2)).await;
    assert_eq!(descriptions(transactions(&server)).await.unwrap(), ["one"; 2]);
    let server = Canned::script(move |asked| meta(page(&asked.line), i64::MAX)).await;
    let error = descriptions(transactions(&server)).await.unwrap_err();
    assert!(error.to_string().contains("the list does not end"), "{error}");
    assert!(pages(&server).len() <= 5);
}
