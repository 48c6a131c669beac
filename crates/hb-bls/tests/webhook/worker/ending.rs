//! Workers that are killed or end.

use std::{future::pending, sync::Arc};

use hb_bls::webhook::{EventQueue as _, EventState, Worker};
use tokio::sync::{Notify, oneshot};

use super::{SECOND, Setup};
use crate::hung::{Call, Hung};

#[tokio::test]
async fn what_a_killed_worker_was_handling_is_taken_over() {
    let setup = Setup::new();
    setup.accept(1, 1).await;
    let killed = setup.start(|_| pending());
    setup.until("it is being handled", async || !setup.seen().is_empty()).await;
    killed.task.abort();
    let running = setup.start(|_| async { Ok(()) });
    let passed = setup.until("it is done", async || setup.states().await == [EventState::Done]).await;
    assert!(passed >= 59 * SECOND && passed <= 62 * SECOND, "{passed:?}");
    assert_eq!(setup.seen(), [(1, 1), (1, 2)]);
    running.end().await;
}

#[tokio::test]
async fn an_event_that_always_ends_its_process_is_dead_in_the_end() {
    let setup = Setup::new();
    setup.accept(1, 1).await;
    for attempt in 1..=4 {
        let killed = setup.start(|_| pending());
        setup.until("it is being handled", async || setup.seen().len() == attempt).await;
        killed.task.abort();
        setup.pass(61).await;
    }
    let running = setup.start(|_| pending());
    setup.until("it is dead", async || setup.states().await == [EventState::Dead]).await;
    assert_eq!(setup.seen().len(), 4);
    assert_eq!(setup.why().await, "none of 4 attempts came to an end");
    running.end().await;
}

#[tokio::test]
async fn a_worker_that_ends_waits_for_its_handlers_and_then_gives_events_back() {
    let setup = Setup::new();
    setup.accept(1, 1).await;
    setup.accept(2, 2).await;
    let go = Arc::new(Notify::new());
    let waits = Arc::clone(&go);
    let running = setup.start(move |number| {
        let go = Arc::clone(&waits);
        async move {
            if number == 2 {
                pending::<()>().await;
            }
            go.notified().await;
            Ok(())
        }
    });
    setup.until("both are being handled", async || setup.seen().len() == 2).await;
    drop(running.end);
    setup.accept(3, 3).await;
    go.notify_one();
    let passed = setup.until("it ends", async || running.task.is_finished()).await;
    assert!(passed >= 29 * SECOND && passed <= 31 * SECOND, "{passed:?}");
    assert_eq!(setup.states().await, [EventState::Done, EventState::Open, EventState::Open]);
    let next = setup.queue.take(10, SECOND).await.unwrap();
    assert_eq!(next.len(), 2, "one was given back, and one was not taken: {next:?}");
    assert!(next.iter().all(|event| event.attempt == 1), "what was given back was not attempted: {next:?}");
}

#[tokio::test]
async fn a_queue_that_does_not_respond_keeps_no_worker_from_ending() {
    for (call, expected) in
        [(Call::Take, 0), (Call::Clean, 0), (Call::Stats, 0), (Call::Done, 40), (Call::GiveBack, 40)]
    {
        for only_what_is_due in [false, true] {
            let setup = Setup::new();
            setup.accept(1, 1).await;
            let worker = Worker::builder(Hung(setup.queue.clone(), call)).clock(Arc::clone(&setup.clock)).build(
                move |_| async move { if call == Call::GiveBack { pending().await } else { Ok::<_, String>(()) } },
            );
            let (end, ended) = oneshot::channel::<()>();
            let task = tokio::spawn(async move {
                let ended = async { drop(ended.await) };
                if only_what_is_due {
                    worker.run_until_idle(ended).await.unwrap()
                } else {
                    worker.run_until(ended).await
                }
            });
            setup.pass(3).await;
            assert!(!task.is_finished(), "{call:?}: it is not to end");
            drop(end);
            let passed = setup.until("it ends", async || task.is_finished()).await;
            // for its handlers, the grace of 30 seconds and then ten
            assert_eq!(passed, expected * SECOND, "{call:?}");
            task.await.unwrap();
        }
    }
}
