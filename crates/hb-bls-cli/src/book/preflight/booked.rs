//! Finds people who are booked already: by another file, by another program, or by hand.

use std::{
    collections::{HashMap, HashSet},
    future,
};

use anyhow::Context as _;
use futures::TryStreamExt as _;
use hb_bls::{Booking, BookingId, BookingQuery, BookingStatus, Client, CourseId, Date, Error};

use super::{Cause, Finding, RowToBook};
use crate::{book::fields::Order, output, words::words};

/// The bookings of the account that are still to come and not cancelled.
#[derive(Default)]
pub struct Booked {
    by_email: HashMap<String, Vec<Booking>>,
    /// The addresses of those who have one, by name.
    by_name: HashMap<String, Vec<String>>,
}

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
        Ok(Self::of(found.context("cannot see who is booked already")?))
    }

    fn of(bookings: Vec<Booking>) -> Self {
        let mut booked = Self::default();
        for booking in bookings {
            let candidate = booking.candidate.as_ref();
            let email = candidate.and_then(|candidate| candidate.email.as_ref()).map(|email| email.to_lowercase());
            let Some(email) = email else { continue };
            booked.by_name.entry(name(&booking)).or_default().push(email.clone());
            booked.by_email.entry(email).or_default().push(booking);
        }
        booked
    }

    /// Leaves out these bookings.
    pub fn forget(&mut self, made: &HashSet<BookingId>) {
        self.by_email.values_mut().for_each(|bookings| bookings.retain(|booking| !made.contains(&booking.id)));
    }

    /// People who are booked already. Those who are `refused` cannot be booked again; for the others it is a warning, as
    /// it is for others of the same address or of the same name.
    pub fn findings(&self, wishes: &[RowToBook<'_>], refused: impl Fn(&RowToBook<'_>) -> bool) -> Vec<Finding> {
        let finding = |wish: &RowToBook<'_>| {
            let order = wish.order;
            let Some(booking) = self.of_person(order).or_else(|| self.of_address(order).next()) else {
                let message = already(self.of_name(order)?, order.course_id);
                return Some(Finding::warning(wish.line, "name", format!("{message}, with another email address")));
            };
            let message = already(booking, order.course_id);
            Some(match refused(wish) {
                true => Finding::error(wish.line, Some("email"), message).because(Cause::Booked),
                false => Finding::warning(wish.line, "email", message),
            })
        };
        // the booking of what is begun may be its own
        wishes.iter().filter(|wish| !wish.is_begun).filter_map(finding).collect()
    }

    /// A booking for the same person, of the same course or on the same day. Several people may have one address.
    pub fn of_person(&self, order: &Order) -> Option<&Booking> {
        let (theirs, day) = (order.name(), order.at.map(|(date, _)| date).or(order.on));
        let is_that_day =
            |booking: &Booking| day.is_some() && booking.start_date.as_ref().map(|start| start.date()) == day;
        let mut all = self.by_email.get(&order.details.email.to_lowercase())?.iter();
        all.find(|booking| name(booking) == theirs && (is_of_course(booking, order.course_id) || is_that_day(booking)))
    }

    /// The bookings of the same course for people of this address.
    pub fn of_address(&self, order: &Order) -> impl Iterator<Item = &Booking> {
        let all = self.by_email.get(&order.details.email.to_lowercase()).into_iter().flatten();
        all.filter(|booking| is_of_course(booking, order.course_id))
    }

    /// A booking of the same course for somebody of the same name and another address.
    fn of_name(&self, order: &Order) -> Option<&Booking> {
        let (theirs, email) = (order.name(), order.details.email.to_lowercase());
        let others = self.by_name.get(&theirs)?.iter().filter(|other| **other != email);
        let mut bookings = others.filter_map(|other| self.by_email.get(other)).flatten();
        bookings.find(|booking| name(booking) == theirs && is_of_course(booking, order.course_id))
    }
}

/// The name of its candidate, as people compare it.
fn name(booking: &Booking) -> String {
    words(booking.candidate.as_ref().and_then(|candidate| candidate.name.as_deref()).unwrap_or_default())
}

fn is_of_course(booking: &Booking, id: CourseId) -> bool {
    booking.course.as_ref().is_some_and(|course| course.id == id)
}

/// That somebody has this booking. Of another course than this one, it says which.
pub fn already(booking: &Booking, course_id: CourseId) -> String {
    let course = booking.course.as_ref().filter(|course| course.id != course_id);
    let course = course.map(|course| match &course.name {
        Some(name) => format!(", {name}"),
        None => format!(", course {}", course.id),
    });
    let start = output::read_zoned(booking.start_date.as_ref());
    format!("is booked already: booking {}, {start}{}", booking.id, course.unwrap_or_default())
}

async fn to_come(query: BookingQuery, first: Date) -> Result<Vec<Booking>, Error> {
    let is_to_come = |booking: &Booking| {
        let is_over = booking.start_date.as_ref().is_some_and(|start| start.date() < first);
        !is_over && booking.booking_status != Some(BookingStatus::Cancelled)
    };
    query.items().try_filter(|booking| future::ready(is_to_come(booking))).try_collect().await
}
