//! The filters and the order of a list of bookings.

use std::num::NonZeroUsize;

use anyhow::Result;
use clap::ValueEnum;
use futures::{Stream, StreamExt as _, TryStreamExt as _, future, stream};
use hb_bls::{Booking, BookingQuery, BookingStatus, Client, CourseId, Date, EquipmentStatus, TrainingStatus};

use super::PAGE;
use crate::{
    args, known,
    report::{Failure, Kind},
    when,
};

/// Which bookings to list.
#[derive(clap::Args)]
pub struct Filters {
    /// Only bookings with this status: booked, pending or cancelled
    #[arg(long, value_parser = status(), hide_possible_values = true)]
    status: Option<BookingStatus>,
    /// Only bookings of the course with this number
    #[arg(long, value_name = "ID", value_parser = args::course)]
    course: Option<CourseId>,
    /// Only bookings on this day or later, such as today, next week or 23/11/2026
    #[arg(long, value_name = "DATE", value_parser = args::first_date)]
    from: Option<Date>,
    /// Only bookings on this day or earlier, such as 23/11/2026; of a week or a month the last day counts
    #[arg(long, value_name = "DATE", value_parser = args::last_date)]
    to: Option<Date>,
    /// Only bookings whose candidate matches this text, such as a name or an email address
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only bookings with this training status: pending, completed or no_show
    #[arg(long, value_name = "STATUS", value_parser = training(), hide_possible_values = true)]
    training: Option<TrainingStatus>,
    /// Only bookings with this equipment status: in, out or late
    #[arg(long, value_name = "STATUS", value_parser = equipment(), hide_possible_values = true)]
    equipment: Option<EquipmentStatus>,
    /// Only bookings with or without a certificate
    #[arg(long, value_name = "YES_OR_NO", value_parser = args::yes_or_no(), hide_possible_values = true)]
    certificate: Option<bool>,
    /// The order; with `portal` they are printed as they arrive, but for tables
    #[arg(long, value_enum, value_name = "ORDER", default_value_t = Order::Start)]
    sort: Order,
    /// List at most this many
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroUsize>,
}

/// What bookings are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// The first training first
    Start,
    /// The last training first
    LatestStart,
    /// By the candidate's name
    Candidate,
    /// By the booking's number
    Id,
    /// As the portal lists them
    Portal,
}

known!(status, BookingStatus);
known!(training, TrainingStatus);
known!(equipment, EquipmentStatus);

impl Filters {
    /// Refuses a range that cannot contain anything.
    pub fn check(&self) -> Result<(), Failure> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from > to => Err(Failure::new(
                Kind::Usage,
                format!("--from {} is after --to {}", when::names(from), when::names(to)),
            )),
            _ => Ok(()),
        }
    }

    /// What to say if nothing was found.
    pub fn nothing(&self) -> &'static str {
        let is_open = self.status.is_none() && self.course.is_none() && self.from.is_none() && self.to.is_none();
        let is_open = is_open && self.search.is_none() && self.training.is_none() && self.equipment.is_none();
        if is_open && self.certificate.is_none() { "no bookings" } else { "no bookings match" }
    }

    /// The bookings. Unless they are to be sorted, they are given as they arrive.
    pub fn items(self, client: &Client) -> impl Stream<Item = hb_bls::Result<Booking>> + use<> {
        let (order, limit) = (self.sort, self.limit.map_or(usize::MAX, NonZeroUsize::get));
        let items = self.query(client).items();
        let found = items.try_filter(move |booking| future::ready(self.fits(booking)));
        match order {
            Order::Portal => found.take(limit).boxed(),
            order => {
                // a list that breaks off is shown as far as it came
                let sorted = async move {
                    let (mut all, mut broken) = (Vec::new(), None);
                    let mut found = std::pin::pin!(found);
                    while let Some(next) = found.next().await {
                        match next {
                            Ok(booking) => all.push(booking),
                            Err(error) => {
                                broken = Some(Err(error));
                                break;
                            }
                        }
                    }
                    sort(&mut all, order);
                    all.truncate(limit);
                    stream::iter(all.into_iter().map(Ok).chain(broken))
                };
                stream::once(sorted).flatten().boxed()
            }
        }
    }

    fn query(&self, client: &Client) -> BookingQuery {
        let mut query = client.bookings().list().per_page(PAGE);
        if let Some(status) = &self.status {
            query = query.status(status.clone());
        }
        if let Some(course) = self.course {
            query = query.course_id(course);
        }
        if let Some(date) = self.from {
            query = query.date_from(date);
        }
        if let Some(date) = self.to {
            query = query.date_to(date);
        }
        if let Some(text) = &self.search {
            query = query.search(text);
        }
        query
    }

    /// What the portal cannot be asked for.
    fn fits(&self, booking: &Booking) -> bool {
        let training = self.training.as_ref().is_none_or(|wanted| booking.training_status.as_ref() == Some(wanted));
        let equipment = self.equipment.as_ref().is_none_or(|wanted| booking.equipment_status.as_ref() == Some(wanted));
        training && equipment && self.certificate.is_none_or(|wanted| booking.certificate_available == Some(wanted))
    }
}

fn sort(bookings: &mut [Booking], order: Order) {
    let start = |booking: &Booking| booking.start_date.as_ref().map(|at| at.timestamp());
    let name = |booking: &Booking| {
        booking.candidate.as_ref().and_then(|candidate| candidate.name.as_ref()).map(|name| name.to_lowercase())
    };
    match order {
        Order::Start => bookings.sort_by_key(|booking| (start(booking), booking.id)),
        Order::LatestStart => bookings.sort_by_key(|booking| std::cmp::Reverse((start(booking), booking.id))),
        Order::Candidate => bookings.sort_by_key(|booking| (name(booking), booking.id)),
        Order::Id => bookings.sort_by_key(|booking| booking.id),
        Order::Portal => {}
    }
}
