//! A booking whose response was lost, whatever has happened since to the process, the hold, the booking and the clocks:
//! it is made once, or the client says that this is not known.

use std::time::Duration;

use futures::TryStreamExt as _;
use hb_bls::{Booking, BookingDetails, BookingStatus, Client, CourseId, ErrorKind, HoldDetails, Result};
use hb_bls_sandbox::{Fault, FaultKind};

use crate::{clock::TestClock, virtual_time::VirtualTime, walk::details};

const MINUTE: Duration = Duration::from_secs(60);

/// When the response was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// The portal never received the request.
    BeforeTheCommit,
    AfterTheCommit,
}

/// What the process did then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Process {
    /// It failed as ambiguous, and asks again later.
    GoesOn,
    /// Another process continues with the hold that was kept.
    Dies,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HoldIs {
    Alive,
    Lapsed,
}

/// What else is the case when the booking is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Untouched,
    Moved,
    Cancelled,
    Attended,
    /// The same person has an older booking of the course.
    OlderTwin,
    /// Somebody with the same email address has an older booking of the course.
    SameAddress,
}

impl Since {
    fn has_older_booking(self) -> bool {
        matches!(self, Self::OlderTwin | Self::SameAddress)
    }

    fn gaps(self) -> &'static [u32] {
        if self.has_older_booking() { &[1, 10] } else { &[10] }
    }
}

#[derive(Debug, Clone, Copy)]
struct Case {
    lost: Lost,
    process: Process,
    hold: HoldIs,
    since: Since,
    /// How far the client's clock is ahead, in minutes.
    ahead: i64,
    /// Whether the portal sends the expiry of a hold.
    tells_expiry: bool,
    /// Minutes between an older booking and the hold.
    gap: u32,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for lost in [Lost::BeforeTheCommit, Lost::AfterTheCommit] {
        for process in [Process::GoesOn, Process::Dies] {
            for hold in [HoldIs::Alive, HoldIs::Lapsed] {
                for since in [
                    Since::Untouched,
                    Since::Moved,
                    Since::Cancelled,
                    Since::Attended,
                    Since::OlderTwin,
                    Since::SameAddress,
                ] {
                    for ahead in [0, 4, -4] {
                        for tells_expiry in [true, false] {
                            for gap in since.gaps() {
                                cases.push(Case { lost, process, hold, since, ahead, tells_expiry, gap: *gap });
                            }
                        }
                    }
                }
            }
        }
    }
    cases
}

struct Run {
    time: VirtualTime,
    case: Case,
}

impl Run {
    async fn new(case: Case) -> Self {
        let mut time = VirtualTime::without_rate_limit().await;
        let now = time.sandbox.now() + jiff::SignedDuration::from_mins(case.ahead);
        time.clock = TestClock::at(now).patient();
        crate::book::with_credits(&time, 20).await;
        Self { time, case }
    }

    fn client(&self) -> Client {
        self.time.builder().without_rate_limit().build().unwrap()
    }

    async fn book(&self, client: &Client, details: &BookingDetails, day: &str) -> Result<Booking> {
        let at =
            hb_bls::BookRequest::at(CourseId::new(1), day.parse().unwrap(), "10:00".parse().unwrap(), details.clone());
        self.time.drive(client.book(&at)).await
    }

    /// The person's bookings of the course, without the older one.
    async fn made(&self) -> Vec<Booking> {
        let all: Vec<_> = self.time.drive(self.client().bookings().list().items().try_collect()).await.unwrap();
        let older = usize::from(self.case.since.has_older_booking());
        let mut made: Vec<Booking> = all;
        made.sort_by_key(|booking| booking.id);
        made.split_off(older)
    }

    /// The hold, as it was kept before it was booked.
    async fn hold(&self, client: &Client) -> HoldDetails {
        let hold = client.timeslots().hold(CourseId::new(1), "2026-06-10".parse().unwrap(), "09:00".parse().unwrap());
        let mut hold = self.time.drive(hold).await.unwrap().keep();
        if !self.case.tells_expiry {
            // then the client calculates with its own clock
            let now = hb_bls::Clock::now(&self.time.clock);
            hold.expires_at = Some(now + jiff::SignedDuration::from_mins(30));
            hold.expires_at_is_estimated = true;
        }
        let text = serde_json::to_string(&hold).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Books, and loses the response.
    async fn lose(&self, client: &Client, hold: &HoldDetails) {
        let sandbox = &self.time.sandbox;
        let kind = match self.case.lost {
            Lost::BeforeTheCommit => FaultKind::ResetBefore,
            Lost::AfterTheCommit => FaultKind::ResetAfter,
        };
        sandbox.inject(Fault::new("createBooking", kind).times(9)).await.unwrap();
        match self.case.process {
            // nor can the portal be asked
            Process::GoesOn => {
                for operation in ["listBookings", "releaseTimeslotHold"] {
                    sandbox.inject(Fault::new(operation, FaultKind::ResetBefore).times(99)).await.unwrap();
                }
                let hold = client.timeslots().adopt(hold.clone());
                let (bookings, details) = (client.bookings(), details());
                let failed = self.time.drive(bookings.create(hold, &details)).await.unwrap_err();
                assert_eq!(failed.error.kind(), ErrorKind::Ambiguous, "{:?}: {failed:?}", self.case);
            }
            Process::Dies => {
                let (dying, details) = (self.client(), details());
                let hold = dying.timeslots().adopt(hold.clone());
                let bookings = dying.bookings();
                let mut work = std::pin::pin!(bookings.create(hold, &details));
                let before = crate::count(sandbox, "createBooking").await;
                let asked = async {
                    while crate::count(sandbox, "createBooking").await == before {
                        tokio::task::yield_now().await;
                    }
                };
                tokio::select! {
                    biased;
                    _ = work.as_mut() => {}
                    () = asked => {}
                }
            }
        }
        sandbox.clear_faults().await.unwrap();
    }

    async fn staff(&self, id: i64) {
        let sandbox = &self.time.sandbox;
        match self.case.since {
            Since::Moved => drop(sandbox.reschedule(id, "2026-07-08", "14:00").await.unwrap()),
            Since::Cancelled => drop(sandbox.cancel(id).await.unwrap()),
            Since::Attended => drop(sandbox.complete(id).await.unwrap()),
            Since::Untouched | Since::OlderTwin | Since::SameAddress => {}
        }
    }

    async fn run(self) -> &'static str {
        let case = self.case;
        let client = self.client();
        match case.since {
            Since::OlderTwin => drop(self.book(&client, &details(), "2026-06-09").await.unwrap()),
            Since::SameAddress => {
                let mut other = details();
                other.first_name = "Amara".into();
                other.last_name = "Okafor".into();
                drop(self.book(&client, &other, "2026-06-09").await.unwrap());
            }
            _ => {}
        }
        self.time.pass(case.gap * MINUTE).await;
        let hold = self.hold(&client).await;
        self.time.pass(MINUTE / 2).await;
        self.lose(&client, &hold).await;
        let before = self.made().await;
        assert_eq!(before.len(), usize::from(case.lost == Lost::AfterTheCommit), "{case:?}");
        self.time.pass(if case.hold == HoldIs::Alive { 3 * MINUTE } else { 40 * MINUTE }).await;
        if let [booking] = &before[..] {
            self.staff(booking.id.get()).await;
        }
        let client = if case.process == Process::Dies { self.client() } else { client };
        let held = client.timeslots().adopt(hold.clone());
        let outcome = self.time.drive(client.bookings().resume(held, &details())).await.map_err(hb_bls::Error::from);
        let after = self.made().await;
        let told = match (&outcome, &before[..], &after[..]) {
            (Ok(found), [_], [made]) if found.id == made.id => {
                let cancelled = found.booking_status == Some(BookingStatus::Cancelled);
                assert_eq!(cancelled, case.since == Since::Cancelled, "{case:?}: the status is told");
                "found"
            }
            (Ok(booked), [], [made]) if booked.id == made.id => "booked",
            (Err(error), ..) if error.is_ambiguous() && error.hold_hash() == Some(&*hold.hold_hash) => "unknown",
            (Err(error), [], []) if !error.is_ambiguous() => "not booked",
            _ => panic!("{case:?}: {outcome:?}, and there are {after:?}"),
        };
        assert!(after.len() <= 1, "{case:?}: twice");
        if told == "not booked" {
            // so the timeslot may be booked again
            self.book(&client, &details(), "2026-06-10").await.unwrap();
            assert_eq!(self.made().await.len(), 1, "{case:?}");
        }
        told
    }
}

/// The expected outcome. If the portal sends the expiry of a hold, it is always known. If it is known only by our
/// clock, the outcome is unknown if staff have changed the booking, or if an older one is so close that our clock may
/// be wrong.
fn expected(case: Case) -> &'static str {
    let changed = matches!(case.since, Since::Moved | Since::Cancelled);
    let close = case.since.has_older_booking() && case.gap == 1;
    match (case.lost, case.hold) {
        (Lost::AfterTheCommit, _) if changed && !case.tells_expiry => "unknown",
        (Lost::AfterTheCommit, _) => "found",
        (Lost::BeforeTheCommit, HoldIs::Alive) => "booked",
        // a client that made the older booking itself knows that it is another one
        (Lost::BeforeTheCommit, HoldIs::Lapsed) if close && !case.tells_expiry && case.process == Process::Dies => {
            "unknown"
        }
        (Lost::BeforeTheCommit, HoldIs::Lapsed) => "not booked",
    }
}

#[tokio::test]
async fn a_lost_booking_is_made_once_or_reported_as_unknown() {
    for case in cases() {
        assert_eq!(Run::new(case).await.run().await, expected(case), "{case:?}");
    }
}
