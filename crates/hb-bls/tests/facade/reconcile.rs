//! What no event has told is found, once.

mod accounts;
mod paging;

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::{pending, ready};
use hb_bls::{
    BookRequest, Client, Clock, CourseId, Credentials, WebhookEventType, WebhookRequest,
    webhook::{
        Event, EventData, EventFilter, EventQueue as _, MemoryEventQueue, NewEvent, Origin, ReceivedEvent,
        ReconcileProgress, Reconciler, ReconcilerBuilder, Worker,
    },
};
use hb_bls_sandbox::{AccountPatch, Sandbox, Seed};
use jiff::Timestamp;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;

use crate::{book::details, count};

const MINUTE: Duration = Duration::from_secs(60);

/// The sandbox's time, with a note of all waits, which take no time.
#[derive(Debug, Clone)]
struct PortalClock(Arc<Sandbox>, Arc<Mutex<Duration>>);

impl Clock for PortalClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        *self.1.lock().unwrap() += duration;
        Box::pin(tokio::task::yield_now())
    }
}

/// Bookings, their events in type, and how they came.
type Handled = Arc<Mutex<Vec<(i64, String, Origin)>>>;

struct World {
    sandbox: Arc<Sandbox>,
    client: Client,
    clock: PortalClock,
    queue: MemoryEventQueue,
    handled: Handled,
}

impl World {
    async fn new() -> Self {
        let sandbox = Arc::new(Sandbox::builder().rate_limit(false).start().await.unwrap());
        let patch = AccountPatch::default().credits([(1, 500)]);
        sandbox.set_account(patch).await.unwrap();
        let client = hb_bls::testing::client_builder(&sandbox).without_rate_limit().build().unwrap();
        // nobody listens there: the test itself takes the events from the log
        let webhook = WebhookRequest::builder().name("lost").url("http://127.0.0.1:9/").events(WebhookEventType::KNOWN);
        client.webhooks().create(&webhook.build()).await.unwrap();
        let clock = PortalClock(Arc::clone(&sandbox), Arc::default());
        let queue = MemoryEventQueue::new().with_clock(clock.clone());
        Self { sandbox, client, clock, queue, handled: Arc::default() }
    }

    async fn book(&self) -> i64 {
        let request = BookRequest::earliest(CourseId::new(1), details(1));
        self.client.book(&request).await.unwrap().id.get()
    }

    /// Moves a booking to another free timeslot.
    async fn reschedule(&self, booking: i64) {
        let slots = self.client.timeslots().list(CourseId::new(1)).months_ahead(2).await.unwrap();
        let slot = &slots[slots.len() - 1];
        let (date, time) = (slot.date.to_string(), slot.time.strftime("%H:%M").to_string());
        self.sandbox.reschedule(booking, &date, &time).await.unwrap();
    }

    async fn pass(&self, by: Duration) {
        self.sandbox.advance(by).await.unwrap();
    }

    /// The events that the portal has made, with their JSON.
    async fn events(&self) -> Vec<Event> {
        let mut seen = BTreeSet::new();
        let mut all = self.sandbox.deliveries().await.unwrap();
        all.retain(|delivery| seen.insert(delivery.event_id.clone()));
        all.iter().map(|delivery| Event::from_json(delivery.body.as_bytes()).unwrap()).collect()
    }

    async fn deliver(&self, event: &Event) {
        self.queue.accept(&NewEvent::from_event(event, Origin::Delivered)).await.unwrap();
    }

    fn reconciler(&self) -> ReconcilerBuilder<MemoryEventQueue> {
        Reconciler::builder(self.client.clone(), self.queue.clone()).clock(self.clock.clone())
    }

    async fn reconcile(&self) -> u64 {
        self.reconciler().build().run(&mut ReconcileProgress::default()).await.unwrap()
    }

    /// Handles all that is in the queue.
    async fn handle(&self) {
        let handled = Arc::clone(&self.handled);
        let worker = Worker::builder(self.queue.clone()).build(move |received: ReceivedEvent| {
            let booking = received.event.data.booking().map_or(0, |booking| booking.id.get());
            handled.lock().unwrap().push((booking, received.event.event_type.as_str().to_owned(), received.origin));
            ready(Ok::<(), String>(()))
        });
        worker.run_until_idle(pending()).await.unwrap();
        assert_eq!(self.queue.stats().await.unwrap().open, 0);
    }

    /// What was handled of a booking until now, with how often.
    fn told(&self, booking: i64) -> BTreeMap<String, usize> {
        let mut told = BTreeMap::new();
        for (_, event_type, _) in self.handled.lock().unwrap().iter().filter(|(it, ..)| *it == booking) {
            *told.entry(event_type.trim_start_matches("booking.").to_owned()).or_default() += 1;
        }
        told
    }

    fn all_told(&self) -> BTreeMap<(i64, String), usize> {
        let mut told = BTreeMap::new();
        for (booking, event_type, _) in self.handled.lock().unwrap().iter() {
            *told.entry((*booking, event_type.clone())).or_default() += 1;
        }
        told
    }
}

fn once(types: &[&str]) -> BTreeMap<String, usize> {
    types.iter().map(|it| ((*it).to_owned(), 1)).collect()
}

#[tokio::test]
async fn everything_is_found_from_an_empty_table_once() {
    let world = World::new().await;
    let (plain, moved, cancelled, done) =
        (world.book().await, world.book().await, world.book().await, world.book().await);
    world.reschedule(moved).await;
    world.sandbox.cancel(cancelled).await.unwrap();
    world.sandbox.complete(done).await.unwrap();
    world.sandbox.return_kit(done).await.unwrap();
    world.pass(10 * MINUTE).await;
    assert_eq!(world.reconcile().await, 7);
    world.handle().await;
    assert_eq!(world.told(plain), once(&["created"]));
    // where it was before is not known
    assert_eq!(world.told(moved), once(&["created"]));
    assert_eq!(world.told(cancelled), once(&["cancelled", "created"]));
    assert_eq!(world.told(done), once(&["attendance_marked", "certificate_available", "created"]));
    assert!(world.handled.lock().unwrap().iter().all(|(_, _, origin)| *origin == Origin::Reconciled));
    for _ in 0..3 {
        world.pass(10 * MINUTE).await;
        assert_eq!(world.reconcile().await, 0);
    }
    // the portal's own events come after all
    let moves = world.events().await;
    for event in &moves {
        world.deliver(event).await;
    }
    world.handle().await;
    assert_eq!(world.told(done), once(&["attendance_marked", "certificate_available", "created"]));
    assert_eq!(world.told(moved), once(&["created", "rescheduled"]));
}

/// Any of the events may be delivered before, between or after the runs: each change is handled once.
#[tokio::test]
async fn each_change_is_handled_once_however_its_event_comes() {
    for seed in 0..8 {
        let mut random = StdRng::seed_from_u64(seed);
        let world = World::new().await;
        let mut late = Vec::new();
        let mut known = 0;
        let mut bookings = Vec::new();
        for round in 0..5 {
            match round {
                0 => {
                    for _ in 0..6 {
                        bookings.push(world.book().await);
                    }
                }
                1 => {
                    for booking in &bookings[..4] {
                        world.reschedule(*booking).await;
                    }
                }
                2 => drop(world.sandbox.cancel(bookings[0]).await.unwrap()),
                3 => {
                    world.sandbox.complete(bookings[1]).await.unwrap();
                    world.sandbox.no_show(bookings[2]).await.unwrap();
                }
                _ => drop(world.sandbox.return_kit(bookings[1]).await.unwrap()),
            }
            let events = world.events().await;
            for event in events.into_iter().skip(known) {
                known += 1;
                // a booking must have been known before a move of it can be found
                if round == 0 || random.random_bool(0.3) {
                    world.deliver(&event).await;
                } else {
                    late.push(event);
                }
            }
            world.handle().await;
            world.pass(10 * MINUTE).await;
            if random.random_bool(0.6) || round == 4 {
                world.reconcile().await;
                if random.random_bool(0.5) {
                    world.handle().await;
                }
            }
            while !late.is_empty() && random.random_bool(0.4) {
                let event = late.swap_remove(random.random_range(..late.len()));
                world.deliver(&event).await;
            }
        }
        world.handle().await;
        let expected: BTreeMap<_, _> = world
            .events()
            .await
            .iter()
            .map(|event| ((event.data.booking().unwrap().id.get(), event.event_type.as_str().to_owned()), 1))
            .collect();
        assert_eq!(world.all_told(), expected, "seed {seed}");
        for event in late {
            world.deliver(&event).await;
        }
        world.handle().await;
        world.pass(10 * MINUTE).await;
        assert_eq!(world.reconcile().await, 0, "seed {seed}");
        assert_eq!(world.all_told(), expected, "seed {seed}: after all were delivered");
    }
}

#[tokio::test]
async fn a_move_is_found_with_where_it_was_before() {
    let world = World::new().await;
    let booking = world.book().await;
    let before = world.client.bookings().get(hb_bls::BookingId::new(booking)).await.unwrap().start_date;
    world.deliver(&world.events().await[0]).await;
    world.handle().await;
    world.reschedule(booking).await;
    world.pass(10 * MINUTE).await;
    assert_eq!(world.reconcile().await, 1);
    let listed = world.queue.list(EventFilter::default()).await.unwrap();
    let body = world.queue.body(listed[1].event_id).await.unwrap().unwrap();
    let EventData::BookingRescheduled(moved) = Event::from_json(&body).unwrap().data else { panic!("{listed:?}") };
    assert_eq!(moved.previous_start_date, before);
    assert_ne!(moved.booking.start_date, before);
    assert!(moved.booking.candidate.unwrap().email.is_some(), "the booking comes with it");
}

#[tokio::test]
async fn what_ended_and_begins_again_is_found_again() {
    let world = World::new().await;
    let booking = world.book().await;
    // until the kit is late
    world.pass(Duration::from_secs(40 * 24 * 60 * 60)).await;
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let run = async || world.reconciler().lookback(year).build().run(&mut ReconcileProgress::default()).await.unwrap();
    assert_eq!(run().await, 2);
    world.handle().await;
    world.reschedule(booking).await;
    world.pass(10 * MINUTE).await;
    assert_eq!(run().await, 1);
    world.handle().await;
    assert_eq!(world.told(booking), once(&["created", "equipment_late", "rescheduled"]));
    world.pass(Duration::from_secs(80 * 24 * 60 * 60)).await;
    run().await;
    world.handle().await;
    assert_eq!(world.told(booking)["equipment_late"], 2);
}

#[tokio::test]
async fn bookings_from_before_are_taken_as_known() {
    let world = World::new().await;
    let old = world.book().await;
    world.pass(10 * MINUTE).await;
    let since = world.sandbox.now() - MINUTE;
    let new = world.book().await;
    world.pass(10 * MINUTE).await;
    let reconciler = world.reconciler().since(since).build();
    assert_eq!(reconciler.run(&mut ReconcileProgress::default()).await.unwrap(), 1);
    world.handle().await;
    assert_eq!((world.told(old), world.told(new)), (once(&[]), once(&["created"])));
    world.sandbox.cancel(old).await.unwrap();
    world.pass(10 * MINUTE).await;
    assert_eq!(reconciler.run(&mut ReconcileProgress::default()).await.unwrap(), 1);
    world.handle().await;
    assert_eq!(world.told(old), once(&["cancelled"]));
}

#[tokio::test]
async fn older_bookings_are_read_one_by_one_while_they_may_change() {
    let world = World::new().await;
    let (open, cancelled) = (world.book().await, world.book().await);
    world.sandbox.cancel(cancelled).await.unwrap();
    world.pass(10 * MINUTE).await;
    world.reconcile().await;
    world.handle().await;
    world.pass(120 * MINUTE).await;
    world.sandbox.cancel(open).await.unwrap();
    let reconciler = world.reconciler().lookback(60 * MINUTE).build();
    for (found, reads) in [(1, 1), (0, 1)] {
        let mut progress = ReconcileProgress::default();
        while !reconciler.step(&mut progress).await.unwrap() {}
        // the list has both, and the one that may change is read again the first time
        assert_eq!((progress.found(), progress.compared()), (found, 2 + found));
        assert_eq!(count(&world.sandbox, "getBooking").await, reads);
        world.handle().await;
    }
    assert_eq!(world.told(open), once(&["cancelled", "created"]));
}

#[tokio::test]
async fn a_run_keeps_to_its_budget_and_can_be_resumed() {
    let world = World::new().await;
    world.sandbox.seed(Seed::default().bookings(1_000)).await.unwrap();
    let year = Duration::from_secs(2 * 366 * 24 * 60 * 60);
    let reconciler = world.reconciler().lookback(year).build();
    let mut progress = ReconcileProgress::default();
    for page in 1..=4 {
        assert!(!reconciler.step(&mut progress).await.unwrap());
        assert_eq!(progress.compared(), page * 100);
    }
    let stored = serde_json::to_string(&progress).unwrap();
    let mut progress: ReconcileProgress = serde_json::from_str(&stored).unwrap();
    let resumed = world.reconciler().lookback(year).build();
    assert!(resumed.run(&mut progress).await.unwrap() > 1_000);
    assert_eq!(progress, ReconcileProgress::default());
    assert!(count(&world.sandbox, "listBookings").await <= 11);
    // six seconds after each request of the second part
    let waited = *world.clock.1.lock().unwrap();
    assert!(waited >= 6 * Duration::from_secs(6) && waited <= 8 * Duration::from_secs(6), "{waited:?}");
}
