//! What is about to be booked, for a person to confirm: a booking cannot be taken back.

use anyhow::{Context as _, Result};
use futures::TryStreamExt as _;
use hb_bls::{Booking, BookingStatus, Client, PayOption};

use super::fields::Order;
use crate::{
    output::{self, clean},
    prompt,
    report::{Failure, Kind},
    when,
};

/// Shows everything and asks. Where nobody can be asked, the command line has said it all.
pub async fn confirm(client: &Client, order: &Order) -> Result<()> {
    let courses = client.courses().list().await.context("cannot list courses")?;
    let course = courses.iter().find(|course| course.id == order.course_id);
    let name = course.and_then(|course| course.name.clone()).unwrap_or_else(|| format!("course {}", order.course_id));
    let details = &order.details;
    let when = match order.at {
        Some((date, time)) => when::moment(date, time),
        None => "the timeslot that is held".to_owned(),
    };
    let mut lines = vec![
        format!("{} {}, {}, {}", details.first_name, details.last_name, details.email, details.phone),
        format!("{}, {}, {}", details.address, details.city, details.postcode),
        format!("{name}, {when}"),
        match (&details.pay_option, course.and_then(|course| course.price)) {
            (PayOption::Credits, _) => "paid with 1 credit".to_owned(),
            (option, Some(price)) => {
                format!("paid by {}: {:.2} GBP", option.as_str().replace('_', " "), price.amount())
            }
            (option, None) => format!("paid by {}", option.as_str().replace('_', " ")),
        },
    ];
    lines.extend(order.doubts.iter().map(|(field, doubt)| format!("warning: {} {doubt}", field.name())));
    for booking in twins(client, order).await? {
        let start = output::read_zoned(booking.start_date.as_ref());
        lines.push(format!("warning: this address is booked already: booking {}, {start}", booking.id));
    }
    for line in lines {
        prompt::say(&clean::line(&line))?;
    }
    if prompt::confirm("Book it?")? { Ok(()) } else { Err(Failure::new(Kind::Other, "nothing was booked").into()) }
}

/// Bookings of the same address and course.
async fn twins(client: &Client, order: &Order) -> Result<Vec<Booking>> {
    const MOST: usize = 100;
    let email = order.details.email.to_lowercase();
    let found = client.bookings().list().search(&order.details.email).per_page(100).items();
    let found: Vec<Booking> =
        futures::StreamExt::take(found, MOST).try_collect().await.context("cannot list bookings")?;
    let is_twin = |booking: &Booking| {
        let address = booking.candidate.as_ref().and_then(|candidate| candidate.email.as_ref());
        address.is_some_and(|address| address.to_lowercase() == email)
            && booking.course.as_ref().is_some_and(|course| course.id == order.course_id)
            && booking.booking_status != Some(BookingStatus::Cancelled)
    };
    Ok(found.into_iter().filter(is_twin).collect())
}
