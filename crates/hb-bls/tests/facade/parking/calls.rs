//! What users do with a client, as calls that can be repeated.

use std::{path::PathBuf, pin::Pin, sync::Arc, time::Duration};

use futures::{StreamExt as _, TryStreamExt as _};
use hb_bls::{
    BookRequest, BookingId, Client, CourseId, Error, HoldDetails, WebhookEventType, WebhookId, WebhookRequest,
    WebhookUpdate, state::BookingProgress,
};

use super::counted::Counted;
use crate::{
    book::{details, with_credits},
    virtual_time::VirtualTime,
};

pub type Work = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

/// A portal with a few bookings, one of which has its certificate, and a client for it.
#[derive(Clone)]
pub struct World {
    pub time: Arc<VirtualTime>,
    pub client: Client,
    pub booking: BookingId,
    pub webhook: WebhookId,
    pub folder: Arc<tempfile::TempDir>,
}

impl World {
    pub async fn new() -> (Self, Counted) {
        let mut time = VirtualTime::with_rate_limit().await;
        time.clock = time.clock.patient();
        with_credits(&time, 500).await;
        let counted = Counted::new(&time);
        let client = counted.client(&time);
        let mut booked = Vec::new();
        for number in 0..3 {
            let request = BookRequest::earliest(CourseId::new(1), details(number));
            booked.push(time.drive(client.book(&request)).await.unwrap().id);
        }
        time.sandbox.complete(booked[0].get()).await.unwrap();
        time.sandbox.return_kit(booked[0].get()).await.unwrap();
        let webhook = time.drive(client.webhooks().create(&endpoint())).await.unwrap().id;
        let folder = Arc::new(tempfile::tempdir().unwrap());
        (Self { time: Arc::new(time), client, booking: booked[0], webhook, folder }, counted)
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("certificate.pdf")
    }
}

fn endpoint() -> WebhookRequest {
    WebhookRequest::builder().name("CRM").url("http://127.0.0.1:9/").events([WebhookEventType::BookingCreated]).build()
}

/// How a call affects others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain,
    /// Requires that nobody has a hold.
    Books,
    Holds,
    /// The same, and keeps the hold.
    Keeps,
    Revokes,
}

impl Kind {
    pub fn makes_holds(self) -> bool {
        self == Self::Books || self.has_a_hold()
    }

    pub fn has_a_hold(self) -> bool {
        matches!(self, Self::Holds | Self::Keeps)
    }
}

pub struct Call {
    pub name: &'static str,
    pub kind: Kind,
    pub run: fn(World) -> Work,
}

const fn kind(name: &str) -> Kind {
    match name.as_bytes() {
        b"a token is revoked" => Kind::Revokes,
        b"a booking made" | b"a booking made with a key" | b"bookings made one by one" => Kind::Books,
        _ => Kind::Plain,
    }
}

macro_rules! calls {
    ($($name:literal: |$world:ident| $work:expr;)*) => {
        pub const CALLS: &[Call] = &[$(Call {
            name: $name,
            kind: kind($name),
            run: |$world| Box::pin(async move { $work; Ok(()) }),
        }),*];
    };
}

calls! {
    "courses": |world| world.client.courses().list().await?;
    "timeslots": |world| world.client.timeslots().list(CourseId::new(1)).await?;
    "balances": |world| world.client.account().balances().await?;
    "booking url": |world| world.client.account().booking_url().await?;
    "token info": |world| world.client.account().token_info().await?;
    "a token is revoked": |world| world.client.account().revoke_token().await?;
    "transactions": |world| drop(world.client.account().transactions().items().try_collect::<Vec<_>>().await?);
    "bookings by page": |world| {
        drop(world.client.bookings().list().per_page(2).pages().take(3).try_collect::<Vec<_>>().await?)
    };
    "a call for each item of a stream": |world| {
        let mut items = world.client.bookings().list().per_page(2).items().take(3);
        while let Some(booking) = items.try_next().await? {
            world.client.bookings().get(booking.id).await?;
        }
    };
    "bookings from a position": |world| {
        let position = "1:1".parse()?;
        drop(world.client.bookings().list().per_page(2).items_from(position).take(2).try_collect::<Vec<_>>().await?)
    };
    "the first item": |world| drop(world.client.bookings().list().items().try_next().await?);
    "calls unordered": |world| {
        let calls = futures::stream::iter(0..3).map(|_| world.client.courses().list().into_future());
        drop(calls.buffer_unordered(2).try_collect::<Vec<_>>().await?)
    };
    "a booking": |world| world.client.bookings().get(world.booking).await?;
    "a certificate": |world| world.client.bookings().certificate(world.booking).await?;
    "a certificate written": |world| {
        world.client.bookings().write_certificate(world.booking, &mut Vec::new()).await?
    };
    "a certificate saved": |world| world.client.bookings().save_certificate(world.booking, world.file()).await?;
    "a certificate waited for": |world| {
        world.client.bookings().wait_for_certificate(world.booking, Duration::from_secs(60)).await?
    };
    "a webhook made and deleted": |world| {
        let webhook = world.client.webhooks().create(&endpoint()).await?;
        world.client.webhooks().delete(webhook.id).await?
    };
    "webhooks": |world| world.client.webhooks().list().await?;
    "a webhook": |world| world.client.webhooks().get(world.webhook).await?;
    "a webhook changed": |world| {
        let update = WebhookUpdate::builder().name("other").build();
        world.client.webhooks().update(world.webhook, &update).await?
    };
    "a secret rotated": |world| world.client.webhooks().rotate_secret(world.webhook).await?;
    "a webhook tested": |world| world.client.webhooks().test(world.webhook).await?;
    "a booking made": |world| world.client.book(&BookRequest::earliest(CourseId::new(1), details(10))).await?;
    "a booking made with a key": |world| {
        let request = BookRequest::earliest(CourseId::new(1), details(11)).key("crm-11");
        world.client.book(&request).await?
    };
    "bookings settled": |world| {
        // as a program leaves it that ends while it books
        let request = BookRequest::earliest(CourseId::new(1), details(12)).key("crm-12");
        let keyed = world.client.keyed_bookings();
        keyed.record(&request, BookingProgress::booking(HoldDetails::new("gone"))).await?;
        drop(keyed.settle_all().await?)
    };
    "the booking of a key": |world| world.client.keyed_bookings().get("crm-11").await?;
    "the key of a booking": |world| world.client.keyed_bookings().key_of(world.booking).await?;
    "bookings that are unfinished": |world| world.client.keyed_bookings().unfinished().await?;
    "what differs from a key": |world| {
        let request = BookRequest::earliest(CourseId::new(1), details(11)).key("crm-11");
        world.client.keyed_bookings().differences(&request).await?
    };
    "a key recorded and reopened": |world| {
        let request = BookRequest::earliest(CourseId::new(1), details(13)).key("crm-13");
        let keyed = world.client.keyed_bookings();
        keyed.record(&request, BookingProgress::booked(BookingId::new(99), None)).await?;
        keyed.reopen("crm-13").await?
    };
    "bookings made one by one": |world| {
        let requests = (20..22).map(|number| BookRequest::earliest(CourseId::new(1), details(number)));
        drop(world.client.book_all(requests).try_collect::<Vec<_>>().await?)
    };
}

/// While a caller has a hold, others cannot book, since the account can have only one.
pub const HOLDS: &[Call] = &[
    Call {
        name: "a hold made and released",
        kind: Kind::Holds,
        run: |world| {
            Box::pin(async move {
                let slots = world.client.timeslots().list(CourseId::new(1)).await?;
                world.client.timeslots().hold(CourseId::new(1), slots[0].date, slots[0].time).await?.release().await
            })
        },
    },
    Call {
        name: "a hold kept and released",
        kind: Kind::Keeps,
        run: |world| {
            Box::pin(async move {
                let slots = world.client.timeslots().list(CourseId::new(1)).await?;
                let hold = world.client.timeslots().hold(CourseId::new(1), slots[0].date, slots[0].time).await?.keep();
                world.client.timeslots().release(&hold.hold_hash).await
            })
        },
    },
    Call {
        name: "a hold kept and booked",
        kind: Kind::Keeps,
        run: |world| {
            Box::pin(async move {
                let slots = world.client.timeslots().list(CourseId::new(1)).await?;
                let hold = world.client.timeslots().hold(CourseId::new(1), slots[1].date, slots[1].time).await?.keep();
                let hold = world.client.timeslots().adopt(hold);
                world.client.bookings().resume(hold, &details(31)).await?;
                Ok(())
            })
        },
    },
    Call {
        name: "a hold made and booked",
        kind: Kind::Holds,
        run: |world| {
            Box::pin(async move {
                let slots = world.client.timeslots().list(CourseId::new(1)).await?;
                let hold = world.client.timeslots().hold(CourseId::new(1), slots[1].date, slots[1].time).await?;
                world.client.bookings().create(hold, &details(30)).await?;
                Ok(())
            })
        },
    },
];
