//! Lists. Those of one page are fetched by `send`; longer ones are iterators.

use std::{fmt, iter::FusedIterator, sync::Arc};

use futures::{Stream, StreamExt as _};

use super::{Client, Runtime};
use crate::{
    Booking, BookingStatus, Course, CourseId, Date, Items, Pages, Position, Result, Timeslot, Transaction, Webhook,
};

/// Defines a query, its filters, and how it is sent.
macro_rules! query {
    ($name:ident -> $item:ident; $($filter:ident: $type:ty),*; once) => {
        query!(@ $name, $($filter: $type),*);

        impl $name {
            /// Sends the query and returns the list.
            ///
            /// # Errors
            ///
            #[doc = concat!("Those of [`", stringify!($name), "`](crate::", stringify!($name), ").")]
            pub fn send(self) -> Result<Vec<$item>> {
                self.runtime.wait(self.query.into_future())?
            }
        }
    };
    ($name:ident -> $item:ident; $($filter:ident: $type:ty),*; pages) => {
        query!(@ $name, $($filter: $type),*);

        impl $name {
            /// The entries, from the first one. A page is fetched when its first entry is needed.
            pub fn items(self) -> Iter<Items<$item>> {
                Iter::new(self.runtime, self.query.items())
            }

            /// The entries, from the position of an earlier iterator.
            pub fn items_from(self, position: Position) -> Iter<Items<$item>> {
                Iter::new(self.runtime, self.query.items_from(position))
            }

            /// The pages of the list, from the first one.
            pub fn pages(self) -> Iter<Pages<$item>> {
                self.pages_from(1)
            }

            /// The pages of the list, from this page number.
            pub fn pages_from(self, first: u32) -> Iter<Pages<$item>> {
                Iter::new(self.runtime, self.query.pages_from(first))
            }
        }
    };
    (@ $name:ident, $($filter:ident: $type:ty),*) => {
        #[doc = concat!("Blocking version of [`", stringify!($name), "`](crate::", stringify!($name), ").")]
        #[derive(Debug, Clone)]
        #[must_use = "nothing is sent yet"]
        pub struct $name {
            runtime: Arc<Runtime>,
            query: crate::$name,
        }

        impl $name {
            pub(super) fn new(client: &Client, query: crate::$name) -> Self {
                Self { runtime: Arc::clone(&client.runtime), query }
            }

            $(
                #[doc = concat!("Sets the same as [`", stringify!($filter), "`](crate::", stringify!($name), "::", stringify!($filter), ").")]
                pub fn $filter(mut self, $filter: $type) -> Self {
                    self.query = self.query.$filter($filter);
                    self
                }
            )*
        }
    };
}

query! { CourseQuery -> Course; ; once }
query! { WebhookQuery -> Webhook; ; once }
query! { TimeslotQuery -> Timeslot; months_ahead: u8, date: Date; once }
query! { TransactionQuery -> Transaction; per_page: u32; pages }
query! {
    BookingQuery -> Booking;
    status: BookingStatus, course_id: CourseId, date_from: Date, date_to: Date, search: impl Into<String>, per_page: u32;
    pages
}

/// A list as an iterator. It ends after an error.
#[must_use = "iterators are lazy: nothing is fetched yet"]
pub struct Iter<S> {
    runtime: Arc<Runtime>,
    stream: S,
    ended: bool,
}

impl<S> Iter<S> {
    fn new(runtime: Arc<Runtime>, stream: S) -> Self {
        Self { runtime, stream, ended: false }
    }
}

impl<T> Iter<Items<T>> {
    /// The position of the next entry, like [`Items::position`].
    pub fn position(&self) -> Position {
        self.stream.position()
    }
}

impl<S: Stream<Item = Result<T>> + Unpin, T> Iterator for Iter<S> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.runtime.wait(self.stream.next()).unwrap_or_else(|error| Some(Err(error)));
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

impl<S: Stream<Item = Result<T>> + Unpin, T> FusedIterator for Iter<S> {}

impl<S: fmt::Debug> fmt::Debug for Iter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stream.fmt(f)
    }
}
