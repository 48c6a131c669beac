//! Who is booked already: by another file, by another program, or by hand.

use std::collections::HashMap;

use anyhow::Context as _;
use futures::TryStreamExt as _;
use hb_bls::{Booking, BookingQuery, BookingStatus, Client, CourseId, Date, Error};

use super::{Cause, Finding, RowToBook};
use crate::{book::fields::Order, output, words::words};

/// The bookings of the account that are still to come and not cancelled, by course and email address.
#[derive(Default)]
pub struct Booked(HashMap<(CourseId, String), Vec<Booking>>);

impl Booked {
    /// Reads those that matter for these orders. For none, nothing is read.
    pub async fn read<'a>(
        client: &Client,
        orders: impl IntoIterator<Item = &'a Order>,
        today: Date,
    ) -> anyhow::Result<Self> {
        let orders: Vec<_> = orders.into_iter().collect();
        if orders.is_empty() {
            return Ok(Self::default());
        }
        let days = orders.iter().filter_map(|order| order.at.map(|(date, _)| date));
        let first = days.chain([today]).min().unwrap_or(today);
        let all = client.bookings().list().per_page(100);
        // a search for each of many would take longer than the whole list
        let all = match &orders[..] {
            [order] => all.search(&order.details.email),
            _ => all,
        };
        let found = match to_come(all.clone().date_from(first), first).await {
            // that the list can be filtered is only assumed
            Err(error) if error.is_rejected() => to_come(client.bookings().list().per_page(100), first).await,
            outcome => outcome,
        };
        Ok(Self(found.context("cannot see who is booked already")?))
    }

    /// People who are booked already. Those who are `refused` cannot be booked again; for the others it is a warning, as
    /// it is for others of the same address.
    pub fn findings(&self, wishes: &[RowToBook<'_>], refused: impl Fn(&RowToBook<'_>) -> bool) -> Vec<Finding> {
        let finding = |wish: &RowToBook<'_>| {
            let booking = self.of_person(wish.order).or_else(|| self.all_of_address(wish.order).first())?;
            let told = already(booking);
            Some(match refused(wish) {
                true => Finding::error(wish.line, Some("email"), told).because(Cause::Booked),
                false => Finding::warning(wish.line, "email", told),
            })
        };
        // the booking of what is begun may be its own
        wishes.iter().filter(|wish| !wish.is_begun).filter_map(finding).collect()
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

    /// The bookings of the same course for people of this address.
    pub fn all_of_address(&self, order: &Order) -> &[Booking] {
        self.0.get(&(order.course_id, order.details.email.to_lowercase())).map_or(&[], Vec::as_slice)
    }
}

/// That somebody has this booking.
pub fn already(booking: &Booking) -> String {
    format!("is booked already: booking {}, {}", booking.id, output::read_zoned(booking.start_date.as_ref()))
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
