//! Each event is handled once.

use std::{sync::Arc, time::Duration};

use futures::{executor::block_on, future::join_all};
use hb_bls::webhook::{ClaimOutcome, EventLease, Inbox, MemoryInbox};
use uuid::Uuid;

use crate::clock::TestClock;

const MINUTE: Duration = Duration::from_secs(60);

fn inbox() -> (MemoryInbox, Arc<TestClock>) {
    let clock = TestClock::at_second(1_780_653_600);
    (MemoryInbox::new().with_clock(clock.clone()), clock)
}

fn claim(inbox: &MemoryInbox, id: u128) -> ClaimOutcome {
    block_on(inbox.claim(Uuid::from_u128(id))).unwrap()
}

fn claimed(inbox: &MemoryInbox, id: u128) -> EventLease {
    match claim(inbox, id) {
        ClaimOutcome::New(lease) => lease,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_event_that_is_done_stays_so_for_80_minutes() {
    let (inbox, clock) = inbox();
    let lease = claimed(&inbox, 1);
    assert_eq!(claim(&inbox, 1), ClaimOutcome::Taken);
    block_on(inbox.done(lease)).unwrap();
    assert_eq!(claim(&inbox, 1), ClaimOutcome::Done);
    clock.advance(80 * MINUTE - Duration::from_secs(1));
    assert_eq!(claim(&inbox, 1), ClaimOutcome::Done);
    claimed(&inbox, 2);
    clock.advance(Duration::from_secs(1));
    claimed(&inbox, 1);
}

#[test]
fn a_failure_lets_the_retry_in() {
    let (inbox, _clock) = inbox();
    let lease = claimed(&inbox, 1);
    block_on(inbox.failed(lease)).unwrap();
    let again = claimed(&inbox, 1);
    assert_ne!(lease, again);
    block_on(inbox.done(again)).unwrap();
    assert_eq!(claim(&inbox, 1), ClaimOutcome::Done);
}

#[test]
fn a_crash_lets_the_retry_in_after_the_lease() {
    let (inbox, clock) = inbox();
    let crashed = claimed(&inbox, 1);
    clock.advance(MemoryInbox::DEFAULT_LEASE - Duration::from_secs(1));
    assert_eq!(claim(&inbox, 1), ClaimOutcome::Taken);
    clock.advance(Duration::from_secs(1));
    let second = claimed(&inbox, 1);
    assert_eq!(claim(&inbox, 1), ClaimOutcome::Taken);
    // the first handler was only slow, and its failure must not release the second claim
    block_on(inbox.failed(crashed)).unwrap();
    assert_eq!(claim(&inbox, 1), ClaimOutcome::Taken);
    block_on(inbox.failed(second)).unwrap();
    claimed(&inbox, 1);
    // but its success counts, even though it is late
    block_on(inbox.done(crashed)).unwrap();
    assert_eq!(claim(&inbox, 1), ClaimOutcome::Done);
    assert!(MemoryInbox::DEFAULT_LEASE < 15 * MINUTE, "lapsed by the next attempt");
}

#[test]
fn of_many_claims_at_once_one_wins() {
    let (inbox, _clock) = inbox();
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let inbox = inbox.clone();
            std::thread::spawn(move || {
                let claims = (0..200).map(|id| inbox.claim(Uuid::from_u128(id)));
                let claims = block_on(join_all(claims));
                claims.into_iter().filter(|claim| matches!(claim, Ok(ClaimOutcome::New(_)))).count()
            })
        })
        .collect();
    assert_eq!(threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>(), 200);
}

#[test]
fn it_is_bounded_and_forgets_nothing_too_early() {
    let (inbox, clock) = inbox();
    let inbox = inbox.with_capacity(3);
    for id in 1..=3 {
        block_on(inbox.done(claimed(&inbox, id))).unwrap();
    }
    let full = block_on(inbox.claim(Uuid::from_u128(4)));
    assert_eq!(full.unwrap_err().to_string(), "the inbox is full; give it a larger capacity");
    assert_eq!(claim(&inbox, 1), ClaimOutcome::Done);
    clock.advance(80 * MINUTE);
    claimed(&inbox, 4);
}
