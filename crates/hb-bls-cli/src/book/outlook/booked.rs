//! Who is booked already: by another file, by another program, or by hand.

use std::collections::HashMap;

use anyhow::Context as _;
use futures::TryStreamExt as _;
use hb_bls::{Booking, BookingQuery, BookingStatus, Client, CourseId, Date, Error};

use crate::{book::fields::Order, context::Context, receiver::today_at, words::words};

/// The bookings of the account that are still to come and not cancelled, by course and email address.
#[derive(Default)]
pub struct Booked(HashMap<(CourseId, String), Vec<Booking>>);

impl Booked {
    /// Reads those that matter for these orders. For none, nothing is read.
    pub async fn read<'a>(
        client: &Client,
        orders: impl IntoIterator<Item = &'a Order>,
        context: &Context,
    ) -> anyhow::Result<Self> {
        let mut orders = orders.into_iter().peekable();
        if orders.peek().is_none() {
            return Ok(Self::default());
        }
        let today = today_at(&context.settings()?.base_url).await?;
        let first = orders.filter_map(|order| order.at.map(|(date, _)| date)).chain([today]).min().unwrap_or(today);
        let all = client.bookings().list().per_page(100);
        let found = match to_come(all.clone().date_from(first), first).await {
            // that the list can be filtered by date is only assumed
            Err(error) if error.is_rejected() => to_come(all, first).await,
            outcome => outcome,
        };
        Ok(Self(found.context("cannot list bookings, of which some may be of the same people")?))
    }

    /// A booking of the same course for somebody of this address.
    pub fn of_address(&self, order: &Order) -> Option<&Booking> {
        self.all_of_address(order).first()
    }

    /// A booking of the same course for the same person: several may have one address.
    pub fn of_person(&self, order: &Order) -> Option<&Booking> {
        let name = words(&format!("{} {}", order.details.first_name, order.details.last_name));
        let is_theirs = |booking: &&Booking| {
            let candidate = booking.candidate.as_ref();
            candidate.and_then(|candidate| candidate.name.as_deref()).is_some_and(|other| words(other) == name)
        };
        self.all_of_address(order).iter().find(is_theirs)
    }

    fn all_of_address(&self, order: &Order) -> &[Booking] {
        self.0.get(&(order.course_id, order.details.email.to_lowercase())).map_or(&[], Vec::as_slice)
    }
}

async fn to_come(query: BookingQuery, first: Date) -> Result<HashMap<(CourseId, String), Vec<Booking>>, Error> {
    let (mut bookings, mut found) = (query.items(), HashMap::<_, Vec<_>>::new());
    while let Some(booking) = bookings.try_next().await? {
        let is_over = booking.start_date.as_ref().is_some_and(|start| start.date() < first);
        let email = booking.candidate.as_ref().and_then(|candidate| candidate.email.as_ref());
        if !is_over
            && booking.booking_status != Some(BookingStatus::Cancelled)
            && let (Some(course), Some(email)) = (&booking.course, email)
        {
            found.entry((course.id, email.to_lowercase())).or_default().push(booking);
        }
    }
    Ok(found)
}
