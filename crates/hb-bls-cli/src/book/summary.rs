//! The summary that a person confirms before a booking, which cannot be taken back.

use anyhow::{Context as _, Result};
use hb_bls::{Client, HoldDetails, PayOption};

use super::{
    fields::Order,
    preflight::{Booked, already},
};
use crate::{output::sanitise, prompt, when};

/// Shows everything and asks. Where nobody can be asked, the command line has said it all.
pub async fn confirm(client: &Client, order: &Order, hold: Option<&HoldDetails>, booked: &Booked) -> Result<bool> {
    let courses = client.courses().list().await.context("cannot list courses")?;
    let course = courses.iter().find(|course| course.id == order.course_id);
    let name = course.and_then(|course| course.name.clone()).unwrap_or_else(|| format!("course {}", order.course_id));
    let details = &order.details;
    let when = match (order.at, hold) {
        (Some((date, time)), None) => when::moment(date, time),
        (Some((date, time)), Some(_)) => format!("{}, which is held", when::moment(date, time)),
        (None, _) => "the timeslot that is held".to_owned(),
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
    let person = booked.of_person(order).into_iter();
    let others = booked.of_address(order).filter(|other| person.clone().all(|booking| booking.id != other.id));
    let person = person.clone().map(|booking| format!("warning: this person {}", already(booking, order.course_id)));
    lines.extend(person);
    lines.extend(others.map(|booking| format!("warning: this address {}", already(booking, order.course_id))));
    for line in lines {
        prompt::say(&sanitise::line(&line))?;
    }
    prompt::confirm("Book it?")
}
