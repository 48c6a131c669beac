//! The portal, and the time that it shares with the service.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use hb_bls::{
    BookRequest, Client, Clock as _, CourseId, SystemClock, WebhookEventType, WebhookRequest, testing, webhook::Event,
};
use hb_bls_sandbox::{AccountPatch, DeliveryState, Sandbox};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The service accepts deliveries whose time is at most five minutes from its own.
const STEP: Duration = Duration::from_secs(120);

pub struct Portal {
    pub sandbox: Sandbox,
    client: Client,
    pub secret: String,
    folder: TempDir,
    ahead: Duration,
    /// Free timeslots.
    slots: Vec<(String, String)>,
    /// The timeslots that bookings were moved to.
    taken: BTreeMap<i64, (String, String)>,
}

impl Portal {
    /// A portal that delivers to this port.
    pub async fn start(port: u16) -> Self {
        let sandbox = Sandbox::builder().rate_limit(false).start().await.unwrap();
        let patch = AccountPatch::default().credits([(1, 1_000)]);
        sandbox.set_account(patch).await.unwrap();
        let client = testing::client_builder(&sandbox).without_rate_limit().build().unwrap();
        let url = format!("http://127.0.0.1:{port}/hooks/bls");
        let webhook = WebhookRequest::builder().name("agency").url(url).events(WebhookEventType::KNOWN);
        let created = client.webhooks().create(&webhook.timeout_seconds(1).build()).await.unwrap();
        let secret = created.secret.expose().to_owned();
        let slots = client.timeslots().list(CourseId::new(1)).months_ahead(12).await.unwrap();
        let slots = slots.iter().map(|slot| (slot.date.to_string(), slot.time.strftime("%H:%M").to_string())).collect();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ahead"), "0").unwrap();
        Self { sandbox, client, secret, folder, ahead: Duration::ZERO, slots, taken: BTreeMap::new() }
    }

    pub fn ahead_file(&self) -> PathBuf {
        self.folder.path().join("ahead")
    }

    pub fn environment(&self, database: &str) -> Vec<(String, String)> {
        let credentials = self.sandbox.credentials();
        [
            ("DATABASE_URL", database.to_owned()),
            ("HB_BLS_BASE_URL", self.sandbox.base_url().to_owned()),
            ("HB_BLS_CLIENT_ID", credentials.hb_client_id.clone()),
            ("HB_BLS_API_KEY", credentials.api_key.as_str().to_owned()),
            ("HB_BLS_WEBHOOK_SECRET", self.secret.clone()),
            ("AGENCY_EVENT_SECRET", "a secret of the agency".to_owned()),
            ("AGENCY_CLOCK_OFFSET_FILE", self.ahead_file().display().to_string()),
            ("AGENCY_LEASE_SECONDS", "2".to_owned()),
            ("AGENCY_RETRY_SECONDS", "0.1".to_owned()),
            ("AGENCY_REQUESTS_PER_MINUTE", "1200".to_owned()),
            ("AGENCY_RECONCILE_SECONDS", "1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    pub async fn book(&self) -> i64 {
        let request = BookRequest::earliest(CourseId::new(1), testing::booking_details());
        self.client.book(&request).await.unwrap().id.get()
    }

    /// Moves a booking to a timeslot where it was not before.
    pub async fn reschedule(&mut self, booking: i64) {
        let left = self.taken.remove(&booking);
        loop {
            let (date, time) = self.slots.swap_remove(fastrand::usize(..self.slots.len()));
            // a booking may have been made for it
            if self.sandbox.reschedule(booking, &date, &time).await.is_ok() {
                self.taken.insert(booking, (date, time));
                break;
            }
        }
        self.slots.extend(left);
    }

    pub async fn start_of(&self, booking: i64) -> String {
        let booking = self.client.bookings().get(hb_bls::BookingId::new(booking)).await.unwrap();
        booking.start_date.unwrap().timestamp().to_string()
    }

    /// Lets time pass for the portal and the service.
    pub async fn pass(&mut self, by: Duration) {
        let until = self.ahead + by;
        while self.ahead < until {
            self.ahead += STEP;
            let file = self.ahead_file();
            std::fs::write(file.with_extension("new"), self.ahead.as_secs().to_string()).unwrap();
            std::fs::rename(file.with_extension("new"), file).unwrap();
            self.sandbox.advance(STEP).await.unwrap();
        }
    }

    /// The time that the service has.
    pub fn now(&self) -> Timestamp {
        SystemClock.now() + jiff::SignedDuration::try_from(self.ahead).unwrap()
    }

    /// Delivers an event as the portal does, and returns the status of the response.
    pub async fn deliver(&self, port: u16, event: &serde_json::Value) -> u16 {
        let event = Event::from_json(event.to_string().as_bytes()).unwrap();
        let request = testing::signed_request(&event, self.secret.as_str(), self.now()).unwrap();
        let mut text = String::from("POST /hooks/bls HTTP/1.1\r\nhost: agency\r\nconnection: close\r\n");
        for (name, value) in request.headers() {
            text += &format!("{name}: {}\r\n", value.to_str().unwrap());
        }
        text += &format!("content-length: {}\r\n\r\n{}", request.body().len(), request.body());
        let mut connection = loop {
            match TcpStream::connect(("127.0.0.1", port)).await {
                Ok(connection) => break connection,
                Err(_) => SystemClock.sleep(Duration::from_millis(20)).await,
            }
        };
        // who refuses a body need not read it
        let _ = connection.write_all(text.as_bytes()).await;
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The events that were made, and those that were acknowledged.
    pub async fn events(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let deliveries = self.sandbox.deliveries().await.unwrap();
        let all = deliveries.iter().map(|delivery| delivery.event_id.clone()).collect();
        let acknowledged = deliveries.into_iter().filter(|it| it.state == DeliveryState::Delivered);
        (all, acknowledged.map(|delivery| delivery.event_id).collect())
    }
}
