//! Ordinary programs as users write them, with the default rate limit.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _, future::join_all};
use hb_bls::{
    Client, CourseId, Credentials, Error, ErrorKind, Result,
    state::{MemoryRateLimiter, MemoryTokenStore},
};
use hb_bls_sandbox::{Fault, Seed};
use jiff::SignedDuration;

use crate::{count, virtual_time::VirtualTime};

async fn seeded(bookings: u32) -> VirtualTime {
    let time = VirtualTime::with_rate_limit().await;
    time.sandbox.seed(Seed::default().bookings(bookings)).await.unwrap();
    time
}

/// Reads the list, and requests each of its bookings in the loop body.
async fn each_in_turn(client: &Client, per_page: u32) -> Result<usize> {
    let mut read = 0;
    let mut items = client.bookings().list().per_page(per_page).items();
    while let Some(booking) = items.try_next().await? {
        client.bookings().get(booking.id).await?;
        read += 1;
    }
    Ok(read)
}

#[tokio::test]
async fn a_call_in_the_body_of_a_stream_s_loop_does_not_hang() {
    let time = seeded(400).await;
    let client = time.client();
    assert_eq!(time.drive(each_in_turn(&client, 20)).await.unwrap(), 400);
    // 421 requests at 60 per minute
    let began: jiff::Timestamp = "2026-06-05T10:00:00Z".parse().unwrap();
    let minutes = time.sandbox.now().duration_since(began).as_mins();
    assert!((7..=8).contains(&minutes), "{minutes} minutes");
    assert_eq!(time.with_status(429).await, 0);
}

#[tokio::test]
async fn calls_in_a_stream_s_loop_do_not_hang_with_a_small_rate_limit_and_other_calls() {
    let time = VirtualTime::without_rate_limit().await;
    time.sandbox.seed(Seed::default().bookings(60)).await.unwrap();
    let client = time
        .builder()
        .rate_limiter(MemoryRateLimiter::requests_per_minute(10).with_clock(time.clock.clone()))
        .build()
        .unwrap();
    let beside = join_all((0..15).map(|_| client.courses().list().into_future()));
    let (read, beside) = time.drive(async { tokio::join!(each_in_turn(&client, 7), beside) }).await;
    assert_eq!(read.unwrap(), 60);
    assert!(beside.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_stream_in_a_select_that_takes_the_other_side_is_in_nobody_s_way() {
    let time = seeded(100).await;
    let client = time.client();
    let work = async {
        let mut items = client.bookings().list().per_page(5).items();
        let mut read = 0;
        loop {
            // the stream is polled and dropped again and again, in the middle of its requests
            tokio::select! {
                biased;
                courses = client.courses().list() => drop(courses?),
                item = items.next() => match item.transpose()? {
                    Some(_) => read += 1,
                    None => return Ok::<_, Error>(read),
                },
            }
            while let Some(item) = futures::FutureExt::now_or_never(items.next()) {
                match item.transpose()? {
                    Some(_) => read += 1,
                    None => return Ok(read),
                }
            }
        }
    };
    assert_eq!(time.drive(work).await.unwrap(), 100);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_one_error_and_not_a_flood_of_requests() {
    for limited in [true, false] {
        let time = VirtualTime::with_rate_limit().await;
        let wrong = Credentials::new(&time.sandbox.credentials().hb_client_id, "sesame");
        let builder = time.builder().credentials(wrong);
        let client = if limited { builder } else { builder.without_rate_limit() }.build().unwrap();
        let list = || client.bookings().list();
        let all: Vec<Result<_>> = time.drive(list().items().collect()).await;
        assert!(
            all.len() == 1 && matches!(&all[0], Err(error) if error.kind() == ErrorKind::Authentication),
            "{all:?}"
        );
        let ok: Vec<_> = time.drive(list().items().filter_map(async |item| item.ok()).collect()).await;
        assert!(ok.is_empty());
        let pages: Vec<Result<_>> = time.drive(list().pages().collect()).await;
        assert_eq!(pages.len(), 1);
        // a loop of the caller does not request a token each time
        for _ in 0..1000 {
            time.drive(client.courses().list()).await.unwrap_err();
        }
        assert_eq!(count(&time.sandbox, "createToken").await, 1);
        assert_eq!(time.sandbox.requests().await.unwrap().len(), 1);
        time.clock.advance(std::time::Duration::from_secs(10));
        time.drive(client.courses().list()).await.unwrap_err();
        assert_eq!(count(&time.sandbox, "createToken").await, 2, "it is asked anew after a moment");
    }
}

#[tokio::test]
async fn token_requests_count_in_the_rate_limit() {
    let time = VirtualTime::without_rate_limit().await;
    let client = time
        .builder()
        .rate_limiter(MemoryRateLimiter::requests_per_minute(2).with_clock(time.clock.clone()))
        .build()
        .unwrap();
    let began = time.sandbox.now();
    for _ in 0..2 {
        time.drive(client.courses().list()).await.unwrap();
    }
    assert_eq!(time.sandbox.now(), began + SignedDuration::from_mins(1), "the token and one call fill the minute");
}

#[tokio::test]
async fn one_token_store_keeps_accounts_apart() {
    let time = VirtualTime::without_rate_limit().await;
    let store = Arc::new(MemoryTokenStore::default());
    let with = |credentials| time.builder().token_store(Arc::clone(&store)).credentials(credentials).build().unwrap();
    let first = with(crate::credentials(&time.sandbox));
    time.drive(first.courses().list()).await.unwrap();
    // the same account with a wrong key must not use the token that the right key has obtained
    let wrong = with(Credentials::new(&time.sandbox.credentials().hb_client_id, "sesame"));
    let error = time.drive(wrong.account().balances()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication, "{error:?}");
    // another account uses its own token
    let other = time.sandbox.add_account().await.unwrap();
    let other = with(Credentials::new(&other.hb_client_id, other.api_key.as_str()));
    let id = async |client: &Client| time.drive(client.account().token_info()).await.unwrap().hb_client_id.unwrap();
    assert_ne!(id(&first).await, id(&other).await);
    assert_eq!(count(&time.sandbox, "createToken").await, 3);
    // each account has its own lock
    let slots = time.drive(first.timeslots().list(CourseId::new(1))).await.unwrap();
    let hold = async |client: &Client, slot: usize| {
        time.drive(client.timeslots().hold(CourseId::new(1), slots[slot].date, slots[slot].time)).await.unwrap().keep()
    };
    hold(&first, 0).await;
    hold(&other, 1).await;
}

#[tokio::test]
async fn a_slow_answer_among_parallel_reads_slows_nobody() {
    let mut time = VirtualTime::with_rate_limit().await;
    time.clock = time.clock.patient();
    let client = time.client();
    time.drive(client.courses().list()).await.unwrap();
    let began = time.sandbox.now();
    for slow in [1, 5, 10] {
        time.sandbox.inject(Fault::latency("listCourses", 20).times(slow)).await.unwrap();
        let calls = join_all((0..10).map(|_| client.courses().list().into_future()));
        assert!(time.drive(calls).await.iter().all(Result::is_ok));
        let calls = join_all((0..9).map(|_| client.courses().list().into_future()));
        assert!(time.drive(calls).await.iter().all(Result::is_ok));
    }
    assert_eq!(time.sandbox.now(), began, "all at once");
}
