//! Queries for bookings.

use std::sync::Arc;

use hb_bls_gen::{self as raw, BookingStatus, CourseId, Date, Operation, builder};

use crate::{
    Client, Result,
    model::Booking,
    resources::paging::{self, Fetched, Items, Pages, Position, Source},
};

/// A query for bookings. From [`Bookings::list`](crate::Bookings::list). How the portal applies the filters is only
/// assumed, so check the bookings that it returns.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before the stream is polled"]
pub struct BookingQuery {
    pub(super) client: Client,
    pub(super) filters: Filters,
}

#[derive(Clone, Default)]
pub(super) struct Filters {
    status: Option<BookingStatus>,
    course_id: Option<CourseId>,
    date_from: Option<Date>,
    date_to: Option<Date>,
    search: Option<String>,
    per_page: Option<u32>,
}

/// Leaves out the search text, which may be a candidate's name.
impl std::fmt::Debug for Filters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filters")
            .field("status", &self.status)
            .field("course_id", &self.course_id)
            .finish_non_exhaustive()
    }
}

impl BookingQuery {
    /// Lists only bookings with this status.
    pub fn status(mut self, status: BookingStatus) -> Self {
        self.filters.status = Some(status);
        self
    }

    /// Lists only bookings of this course.
    pub fn course_id(mut self, course_id: CourseId) -> Self {
        self.filters.course_id = Some(course_id);
        self
    }

    /// Lists only bookings whose training is on this day (UK) or later.
    pub fn date_from(mut self, date: Date) -> Self {
        self.filters.date_from = Some(date);
        self
    }

    /// Lists only bookings whose training is on this day (UK) or earlier.
    pub fn date_to(mut self, date: Date) -> Self {
        self.filters.date_to = Some(date);
        self
    }

    /// Lists only bookings whose candidate matches this text.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.filters.search = Some(text.into());
        self
    }

    /// Sets how many bookings to fetch with each request, from 1 to 100. By default 20. With any other number the
    /// stream yields an error and sends nothing.
    pub fn per_page(mut self, entries: u32) -> Self {
        self.filters.per_page = Some(entries);
        self
    }

    /// The bookings, from the first one.
    pub fn items(self) -> Items<Booking> {
        self.items_from(Position::default())
    }

    /// The bookings, from the position of an earlier stream.
    pub fn items_from(self, position: Position) -> Items<Booking> {
        Items::new(self.source(), position)
    }

    /// The pages of the list, from the first one.
    pub fn pages(self) -> Pages<Booking> {
        self.pages_from(1)
    }

    /// The pages of the list, from this page number.
    pub fn pages_from(self, first: u32) -> Pages<Booking> {
        Pages::new(self.source(), first)
    }

    fn source(self) -> Source<Booking> {
        Source {
            operation: Operation::ListBookings,
            id: |booking| Some(booking.id.get()),
            fetch: Arc::new(move |page| Box::pin(self.clone().fetch(page))),
        }
    }

    async fn fetch(self, page: u32) -> Result<Fetched<Booking>> {
        let filters = self.filters;
        let per_page = filters.per_page.map(paging::per_page).transpose()?;
        let build = move |raw: &raw::Client| filters.request(raw, page, per_page).request();
        Ok(Fetched::new(self.client.json(Operation::ListBookings, build).await?, page))
    }
}

impl Filters {
    fn request<'a>(&self, raw: &'a raw::Client, page: u32, per_page: Option<i64>) -> builder::ListBookings<'a> {
        let mut request = raw.list_bookings().page(i64::from(page));
        let filters = self.clone();
        if let Some(status) = filters.status {
            request = request.status(status);
        }
        if let Some(course_id) = filters.course_id {
            request = request.course_id(course_id);
        }
        if let Some(date) = filters.date_from {
            request = request.date_from(date);
        }
        if let Some(date) = filters.date_to {
            request = request.date_to(date);
        }
        if let Some(text) = filters.search {
            request = request.search(text);
        }
        if let Some(per_page) = per_page {
            request = request.per_page(per_page);
        }
        request
    }
}
