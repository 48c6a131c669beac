//! The portal of a fleet, whose time passes quickly.

use std::{collections::BTreeMap, future::IntoFuture as _, time::Duration};

use futures::TryStreamExt as _;
use hb_bls::{Client, Clock as _, CourseId, Credentials, SystemClock};
use hb_bls_sandbox::{AccountPatch, ClockMode, Fault, Sandbox};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub const ACCOUNTS: usize = 2;
pub const BOOKINGS: usize = 200;
/// How many seconds pass in a second.
pub const SPEED: u32 = 12;
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const CREDITS: i64 = 500;
/// How long nobody is killed or stands still: a process that is killed takes a permit with it for three minutes, and a lease
/// that nobody renews keeps an account waiting.
const CALM_MINUTES: i32 = 2;
/// How many requests can be sent in that time.
pub const CALM: usize = 120;

pub struct Portal {
    runtime: Runtime,
    sandbox: Sandbox,
    /// Client ids and API keys.
    accounts: Vec<(String, String)>,
    since: Timestamp,
    folder: TempDir,
    /// When the processes were started.
    begun: Timestamp,
}

/// How the rate limit was used, as the portal has seen it.
pub struct Quota {
    pub fullest: usize,
    /// Requests in the first minutes, in which nobody is killed or stands still and all have enough to do.
    pub calm: usize,
    pub refused: usize,
    pub tokens: usize,
}

impl Portal {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let since = SystemClock.now();
        let clock = ClockMode::Fast { since, speed: SPEED };
        let sandbox = runtime.block_on(Sandbox::builder().clock(clock).start()).unwrap();
        let mut portal =
            Self { runtime, sandbox, accounts: Vec::new(), since, folder: tempfile::tempdir().unwrap(), begun: since };
        portal.prepare();
        portal
    }

    fn prepare(&mut self) {
        let first = self.sandbox.credentials().clone();
        let second = self.runtime.block_on(self.sandbox.add_account()).unwrap();
        for account in [first, second] {
            let credentials = (account.hb_client_id.clone(), account.api_key.as_str().to_owned());
            let patch = AccountPatch::default().credits([(1, CREDITS)]).hb_client_id(account.hb_client_id);
            self.runtime.block_on(self.sandbox.set_account(patch)).unwrap();
            self.accounts.push(credentials);
        }
        let client = self.client(0);
        let list = client.timeslots().list(CourseId::new(1)).months_ahead(12).into_future();
        let slots = self.runtime.block_on(list).unwrap();
        // those of the first day are not to be had any more once midnight has passed
        let later: Vec<_> = slots.iter().filter(|slot| slot.date > slots[0].date).take(BOOKINGS).collect();
        assert_eq!(later.len(), BOOKINGS, "of {} timeslots", slots.len());
        let mut text = String::new();
        for (number, slot) in later.into_iter().enumerate() {
            let mut details = serde_json::to_value(hb_bls::testing::booking_details()).unwrap();
            details["email"] = json!(format!("candidate.{number}@example.com"));
            details["last_name"] = json!(format!("Candidate{number}"));
            let job = json!({
                "key": format!("candidate-{number}"),
                "account": number % ACCOUNTS,
                "course_id": 1,
                "date": slot.date,
                "time": slot.time,
                "details": details,
            });
            text += &format!("{job}\n");
        }
        std::fs::write(self.folder.path().join("bookings.jsonl"), text).unwrap();
        self.next_minute();
        self.begun = self.sandbox.now();
    }

    /// What was sent before does not count any more.
    fn next_minute(&self) {
        self.runtime.block_on(self.sandbox.clear_faults()).unwrap();
        self.runtime.block_on(self.sandbox.advance(Duration::from_secs(61))).unwrap();
    }

    pub fn environment(&self) -> Vec<(String, String)> {
        let accounts = self.accounts.iter().map(|(id, key)| format!("{id}:{key}"));
        [
            ("HB_BLS_BASE_URL", self.sandbox.base_url().to_owned()),
            ("FLEET_ACCOUNTS", accounts.collect::<Vec<_>>().join(",")),
            ("FLEET_BOOKINGS", self.folder.path().join("bookings.jsonl").display().to_string()),
            ("FLEET_FAST", format!("{} {SPEED}", self.since)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    pub fn now(&self) -> Timestamp {
        self.sandbox.now()
    }

    pub fn inject(&self, fault: Fault) {
        self.runtime.block_on(self.sandbox.inject(fault)).unwrap();
    }

    fn client(&self, account: usize) -> Client {
        let (id, key) = &self.accounts[account];
        Client::builder()
            .credentials(Credentials::new(id, key.as_str()))
            .base_url(self.sandbox.base_url())
            .without_rate_limit()
            .build()
            .unwrap()
    }

    /// How the rate limit was used until now.
    pub fn quota(&self) -> Quota {
        let requests = self.runtime.block_on(self.sandbox.requests()).unwrap();
        let mut times: Vec<_> = requests.iter().map(|request| request.at).filter(|at| *at >= self.begun).collect();
        times.sort();
        let in_minute =
            |first: usize| times[first..].iter().take_while(|at| at.duration_since(times[first]) < MINUTE).count();
        let fullest = (0..times.len()).map(in_minute).max().unwrap_or(0);
        let calm = times.iter().take_while(|at| at.duration_since(times[0]) < MINUTE * CALM_MINUTES).count();
        let tokens = requests.iter().filter(|it| it.operation_id == Some("createToken") && it.at >= self.begun).count();
        let refused = requests.iter().filter(|it| it.status == Some(429)).count();
        Quota { fullest, calm, refused, tokens }
    }

    /// How often each candidate is booked.
    pub fn booked(&self) -> BTreeMap<String, usize> {
        self.next_minute();
        let mut counts = BTreeMap::new();
        for account in 0..ACCOUNTS {
            let client = self.client(account);
            let all: Vec<_> =
                self.runtime.block_on(client.bookings().list().per_page(100).items().try_collect()).unwrap();
            for booking in all {
                *counts.entry(booking.candidate.unwrap().email.unwrap()).or_default() += 1;
            }
        }
        counts
    }

    pub fn check_credits_and_holds(&self) {
        for account in 0..ACCOUNTS {
            let client = self.client(account);
            let balances = self.runtime.block_on(client.account().balances()).unwrap();
            let used = i64::try_from(BOOKINGS / ACCOUNTS).unwrap();
            let left = balances.booking_credits.iter().find(|it| it.course_id == CourseId::new(1)).unwrap().credits;
            assert_eq!(left, CREDITS - used, "account {account}");
            let slots = self
                .runtime
                .block_on(client.timeslots().list(CourseId::new(1)).months_ahead(12).into_future())
                .unwrap();
            let hold = client.timeslots().hold(CourseId::new(1), slots[0].date, slots[0].time);
            let hold = self.runtime.block_on(hold).unwrap_or_else(|error| panic!("a hold is left: {error:?}"));
            self.runtime.block_on(hold.release()).unwrap();
        }
    }
}
