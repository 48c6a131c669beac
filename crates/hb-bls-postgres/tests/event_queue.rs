//! What a queue of events in PostgreSQL promises beyond the rules: transactions of handlers, and waking workers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::Duration;

use common::{DRIVERS, Driver, client, state};
use hb_bls::{
    Clock as _, SystemClock,
    webhook::{Accepted, Event, EventFilter, EventQueue, EventState, NewEvent, Origin, ReceivedEvent, Worker},
};
use hb_bls_postgres::PostgresEventQueue;
use test_servers::Server;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

const LONG: Duration = Duration::from_secs(600);

fn event(number: u128, booking: i64) -> NewEvent {
    let id = Uuid::from_u128(number);
    let json = format!(r#"{{"event_id":"{id}","event_type":"booking.created","data":{{"id":{booking}}}}}"#);
    NewEvent::from_event(&Event::from_json(json.as_bytes()).unwrap(), Origin::Delivered)
}

/// A handler's transaction, by either driver, that writes a row and then commits or not.
async fn write(
    url: &str,
    driver: Driver,
    prefix: &str,
    queue: &PostgresEventQueue,
    received: &ReceivedEvent,
    commits: bool,
) -> Result<(), String> {
    let row = format!("INSERT INTO {prefix}rows VALUES ('{}')", received.event.event_id);
    match driver {
        Driver::TokioPostgres => {
            let mut client = client(url).await;
            let transaction = client.transaction().await.unwrap();
            transaction.batch_execute(&row).await.unwrap();
            queue.done_in(&transaction, received).await.map_err(|error| format!("{error:#}"))?;
            if commits { transaction.commit().await.unwrap() } else { transaction.rollback().await.unwrap() }
        }
        #[cfg(feature = "sqlx")]
        Driver::Sqlx => {
            let pool = sqlx::PgPool::connect(url).await.unwrap();
            let mut transaction = pool.begin().await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(row)).execute(&mut *transaction).await.unwrap();
            queue.done_in_sqlx(&mut transaction, received).await.map_err(|error| format!("{error:#}"))?;
            if commits { transaction.commit().await.unwrap() } else { transaction.rollback().await.unwrap() }
        }
    }
    if commits { Ok(()) } else { Err("rolled back".into()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_a_handler_are_written_exactly_once() {
    let Some(url) = test_servers::postgres() else { return };
    for &driver in DRIVERS {
        let prefix = test_servers::prefix();
        let queue = state(url, driver, &prefix).await.event_queue();
        let database = client(url).await;
        database.batch_execute(&format!("CREATE TABLE {prefix}rows (event_id uuid)")).await.unwrap();
        let (url, name, handled) = (url.to_owned(), prefix.clone(), queue.clone());
        let (told, mut ends) = mpsc::unbounded_channel();
        let worker = Worker::builder(queue.clone()).backoff(Duration::ZERO, Duration::ZERO).build(
            move |received: ReceivedEvent| {
                let (url, prefix, queue, told) = (url.clone(), name.clone(), handled.clone(), told.clone());
                async move {
                    // the first attempt is rolled back; in the second, another is faster
                    if received.attempt == 2 {
                        write(&url, driver, &prefix, &queue, &received, true).await.unwrap();
                    }
                    let outcome = write(&url, driver, &prefix, &queue, &received, received.attempt > 1).await;
                    told.send((received.attempt, outcome.clone())).unwrap();
                    outcome
                }
            },
        );
        queue.accept(&event(1, 1)).await.unwrap();
        let (end, ended) = oneshot::channel::<()>();
        let running = tokio::spawn(async move { worker.run_until(async { drop(ended.await) }).await });
        assert_eq!(ends.recv().await.unwrap(), (1, Err("rolled back".into())));
        let (attempt, outcome) = ends.recv().await.unwrap();
        assert!(attempt == 2 && outcome.unwrap_err().contains("handled or removed meanwhile"));
        drop(end);
        running.await.unwrap();
        let rows = database.query_one(&format!("SELECT count(*) FROM {prefix}rows"), &[]).await.unwrap();
        assert_eq!(rows.get::<_, i64>(0), 1, "{driver:?}");
        let states: Vec<_> = queue.list(EventFilter::default()).await.unwrap().iter().map(|it| it.state).collect();
        assert_eq!(states, [EventState::Done]);
    }
}

/// A handler that returns `Ok` without committing has not handled the event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_committed_is_not_done() {
    let Some(url) = test_servers::postgres() else { return };
    let prefix = test_servers::prefix();
    let queue = state(url, DRIVERS[0], &prefix).await.event_queue();
    client(url).await.batch_execute(&format!("CREATE TABLE {prefix}rows (event_id uuid)")).await.unwrap();
    let (url, name, handled) = (url.to_owned(), prefix.clone(), queue.clone());
    let (told, mut ends) = mpsc::unbounded_channel();
    let worker = Worker::builder(queue.clone()).build(move |received: ReceivedEvent| {
        let (url, prefix, queue, told) = (url.clone(), name.clone(), handled.clone(), told.clone());
        async move {
            write(&url, DRIVERS[0], &prefix, &queue, &received, false).await.unwrap_err();
            told.send(()).unwrap();
            Ok::<(), String>(())
        }
    });
    queue.accept(&event(1, 1)).await.unwrap();
    let (end, ended) = oneshot::channel::<()>();
    let running = tokio::spawn(async move { worker.run_until(async { drop(ended.await) }).await });
    ends.recv().await.unwrap();
    drop(end);
    running.await.unwrap();
    assert_eq!(queue.stats().await.unwrap().open, 1);
}

/// Waits for an arrival, which must not take long.
async fn arrives(queue: &PostgresEventQueue, cause: impl AsyncFn()) -> bool {
    let arrival = queue.arrival();
    cause().await;
    tokio::select! {
        () = arrival => true,
        () = SystemClock.sleep(Duration::from_secs(10)) => false,
    }
}

#[tokio::test]
async fn a_worker_is_woken_by_an_event_that_another_process_accepts() {
    let Some(mut server) = Server::postgres(&[]) else { return };
    let (url, prefix) = (server.url().to_owned(), test_servers::prefix());
    for &driver in DRIVERS {
        let (here, there) = (state(&url, driver, &prefix).await, state(&url, driver, &prefix).await);
        let (here, there) = (here.event_queue(), there.event_queue());
        // that it listens now is an arrival, too
        assert!(arrives(&here, async || {}).await, "{driver:?}: it does not listen");
        let number = fastrand::u128(..);
        let event = event(number, fastrand::i64(..));
        let accepting = async || assert_eq!(there.accept(&event).await.unwrap(), Accepted::New);
        assert!(arrives(&here, accepting).await, "{driver:?}");
        let taken = there.take(100, LONG).await.unwrap();
        let lease = taken.iter().find(|it| it.lease.event_id.as_u128() == number).unwrap().lease;
        there.dead(lease, "a reason").await.unwrap();
        assert!(
            arrives(&here, async || assert!(there.retry(lease.event_id).await.unwrap())).await,
            "{driver:?}: retry"
        );
        // after the server was started again it listens again
        let arrival = here.arrival();
        server.stop();
        server.start_again();
        tokio::select! {
            () = arrival => {}
            () = SystemClock.sleep(Duration::from_secs(30)) => panic!("{driver:?}: it does not listen again"),
        }
    }
}

/// Neither statement sees what the other does.
#[tokio::test]
async fn two_that_take_at_once_get_no_two_events_of_one_booking() {
    let Some(url) = test_servers::postgres() else { return };
    for &driver in DRIVERS {
        let prefix = test_servers::prefix();
        let (here, there) = (state(url, driver, &prefix).await, state(url, driver, &prefix).await);
        let (here, there) = (here.event_queue(), there.event_queue());
        let (newer, mut older) = (event(1, 1), event(2, 1));
        older.occurred_at = Some(SystemClock.now() - Duration::from_secs(60));
        // the statement that takes the newer event waits until the test unlocks it
        let (database, lock) = (client(url).await, fastrand::i32(1..));
        let hold = format!(
            "CREATE FUNCTION {prefix}hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                PERFORM pg_advisory_xact_lock({lock});
                RETURN NULL;
            END $$;
            CREATE TRIGGER hold AFTER UPDATE ON {prefix}events
            FOR EACH ROW WHEN (NEW.event_id = '{}') EXECUTE FUNCTION {prefix}hold();
            SELECT pg_advisory_lock({lock})",
            newer.event_id
        );
        database.batch_execute(&hold).await.unwrap();
        here.accept(&newer).await.unwrap();
        let taking = here.take(10, LONG);
        let meanwhile = async {
            let waiting =
                format!("SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = {lock} AND NOT granted");
            while database.query(&waiting, &[]).await.unwrap().is_empty() {}
            there.accept(&older).await.unwrap();
            let taken = there.take(10, LONG).await.unwrap();
            database.batch_execute(&format!("SELECT pg_advisory_unlock({lock})")).await.unwrap();
            taken
        };
        let (first, second) = futures::future::join(taking, meanwhile).await;
        assert_eq!(second.len(), 1, "{driver:?}: the older one is taken");
        assert!(first.unwrap().is_empty(), "{driver:?}: both are being handled");
        there.done(second[0].lease, None).await.unwrap();
        let next = here.take(10, LONG).await.unwrap();
        assert!(next.len() == 1 && next[0].attempt == 1, "{driver:?}: {next:?}");
    }
}

/// With these statistics, the planner runs a subquery again for each row.
#[tokio::test]
async fn no_plan_takes_more_than_asked_for() {
    let Some(url) = test_servers::postgres() else { return };
    let prefix = test_servers::prefix();
    let (queue, database) = (state(url, DRIVERS[0], &prefix).await.event_queue(), client(url).await);
    queue.accept(&event(0, 0)).await.unwrap();
    database.batch_execute(&format!("ANALYZE {prefix}events")).await.unwrap();
    for number in 1..5_u32 {
        queue.accept(&event(number.into(), number.into())).await.unwrap();
    }
    assert_eq!(queue.take(2, LONG).await.unwrap().len(), 2);
}

#[test]
fn workers_are_woken_in_a_later_runtime_too() {
    let Some(url) = test_servers::postgres() else { return };
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let queue = runtime().block_on(async {
        let queue = state(url, DRIVERS[0], &test_servers::prefix()).await.event_queue();
        assert!(arrives(&queue, async || {}).await);
        queue
    });
    // that it listens again is an arrival
    assert!(runtime().block_on(arrives(&queue, async || {})));
}

/// A pool of the caller's has no connection that could listen: its workers look for themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_session_that_listens_workers_look_for_themselves() {
    let Some(url) = test_servers::postgres() else { return };
    let manager = deadpool_postgres::Manager::new(url.parse().unwrap(), tokio_postgres::NoTls);
    let pool = deadpool_postgres::Pool::builder(manager).build().unwrap();
    let state = hb_bls_postgres::PostgresState::new(pool).with_prefix(&test_servers::prefix()).unwrap();
    state.migrate().await.unwrap();
    let queue = state.event_queue();
    let (told, mut handled) = mpsc::unbounded_channel();
    let worker = Worker::builder(queue.clone()).poll(Duration::from_millis(20)).build(move |_| {
        told.send(()).unwrap();
        std::future::ready(Ok::<(), String>(()))
    });
    let running = tokio::spawn(async move { worker.run_until(std::future::pending()).await });
    for number in 0..3 {
        queue.accept(&event(number, 1)).await.unwrap();
        handled.recv().await.unwrap();
    }
    running.abort();
}
