//! A process that books with a key, and ends at one point.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use futures::TryStreamExt as _;
use hb_bls::{
    BookRequest, Booking, BookingId, Client, Clock as _, CourseId, Transport, TransportFuture,
    state::{AccountKey, BookingLog, BookingProgress, BookingRecord, LoggedBooking, MemoryBookingLog, StateFuture},
};
use reqwest::Request;
use tokio::sync::Notify;

use crate::{clock::TestClock, virtual_time::VirtualTime, walk::details};

pub(super) const KEY: &str = "crm-4711/bls-2026";

/// Where a process ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Crash {
    Never,
    BeforeWrite(usize),
    AfterWrite(usize),
    /// When the response has arrived.
    AfterRequest(&'static str),
}

/// A process that ends at one point, so that nothing of it is done or heard any more.
#[derive(Debug, Clone)]
pub(super) struct Process {
    crash: Crash,
    writes: Arc<AtomicUsize>,
    is_dead: Arc<AtomicBool>,
    died: Arc<Notify>,
    http: reqwest::Client,
    log: MemoryBookingLog,
}

impl Process {
    pub(super) fn new(crash: Crash, log: &MemoryBookingLog) -> Self {
        Self {
            crash,
            writes: Arc::default(),
            is_dead: Arc::default(),
            died: Arc::default(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            log: log.clone(),
        }
    }

    async fn reached(&self, point: Crash) {
        if self.crash == point {
            self.is_dead.store(true, Ordering::SeqCst);
            self.died.notify_one();
        }
        if self.is_dead.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }
}

impl BookingLog for Process {
    fn read<'a>(&'a self, account: &'a AccountKey, key: &'a str) -> StateFuture<'a, Option<LoggedBooking>> {
        self.log.read(account, key)
    }

    fn write<'a>(
        &'a self,
        account: &'a AccountKey,
        key: &'a str,
        revision: u64,
        record: &'a BookingRecord,
    ) -> StateFuture<'a, bool> {
        Box::pin(async move {
            let write = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
            self.reached(Crash::BeforeWrite(write)).await;
            let written = self.log.write(account, key, revision, record).await;
            self.reached(Crash::AfterWrite(write)).await;
            written
        })
    }

    fn unfinished<'a>(&'a self, account: &'a AccountKey) -> StateFuture<'a, Vec<(String, LoggedBooking)>> {
        self.log.unfinished(account)
    }

    fn key_of<'a>(&'a self, account: &'a AccountKey, booking_id: BookingId) -> StateFuture<'a, Option<String>> {
        self.log.key_of(account, booking_id)
    }
}

impl Transport for Process {
    fn send(&self, request: Request) -> TransportFuture<'_> {
        Box::pin(async move {
            self.reached(Crash::Never).await;
            let end = request.url().path().rsplit('/').next().unwrap_or_default().to_owned();
            let is_post = request.method() == reqwest::Method::POST;
            let response = self.http.execute(request).await?;
            if let Crash::AfterRequest(path) = self.crash
                && is_post
                && path == end
            {
                self.reached(self.crash).await;
            }
            Ok(response)
        })
    }
}

pub(super) fn request() -> BookRequest {
    BookRequest::at(CourseId::new(1), "2026-06-08".parse().unwrap(), "09:00".parse().unwrap(), details()).key(KEY)
}

pub(super) struct Run {
    pub(super) time: VirtualTime,
    pub(super) log: MemoryBookingLog,
}

impl Run {
    pub(super) async fn new() -> Self {
        Self { time: VirtualTime::without_rate_limit().await, log: MemoryBookingLog::default() }
    }

    pub(super) fn client(&self) -> Client {
        self.time.builder().without_rate_limit().booking_log(self.log.clone()).build().unwrap()
    }

    pub(super) async fn bookings(&self) -> Vec<Booking> {
        self.time.drive(self.client().bookings().list().items().try_collect()).await.unwrap()
    }

    /// Books until the process ends.
    pub(super) async fn book_and_crash(&self, crash: Crash) {
        let process = Process::new(crash, &self.log);
        // its time stands still when it has ended, and nobody waits for it
        let clock = TestClock::at(self.time.clock.now());
        let client = self.time.builder().without_rate_limit().clock(clock.clone()).booking_log(process.clone());
        let client = client.transport(process.clone()).build().unwrap();
        let request = request();
        let booking = client.book(&request);
        let outcome = clock.drive(Some(&self.time.sandbox), async {
            tokio::select! {
                outcome = booking => Some(outcome),
                () = process.died.notified() => None,
            }
        });
        assert!(outcome.await.is_none(), "{crash:?} is not reached");
    }

    pub(super) async fn book(&self) -> hb_bls::Result<Booking> {
        self.time.drive(self.client().book(&request())).await
    }

    pub(super) async fn state(&self) -> BookingProgress {
        self.client().keyed_bookings().get(KEY).await.unwrap().unwrap().state
    }

    /// No hold is left in the way of this client, since another one can be made.
    pub(super) async fn check_no_hold(&self, client: &Client, what: &str) {
        let (course, day) = (CourseId::new(1), "2026-06-09".parse().unwrap());
        let hold = client.timeslots().hold(course, day, "09:00".parse().unwrap());
        let hold = self.time.drive(hold).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        self.time.drive(hold.release()).await.unwrap();
    }
}
