//! The bookings that belong on the agenda.

use hb_bls::{Booking, BookingStatus, EquipmentStatus, PayStatus};

use super::{
    Span,
    item::{About, Item},
};
use crate::commands::certificates;

/// The items, in the order of the page. Certificates need attention only if it is known which are there already.
pub fn in_bookings(
    bookings: &[Booking],
    span: Span,
    knows_fetched: bool,
    is_fetched: impl Fn(&Booking) -> bool,
) -> Vec<Item> {
    let mut current: Vec<_> = bookings.iter().filter(|booking| is_current(booking, span)).collect();
    current.sort_by_key(|booking| (booking.start_date.as_ref().map(|at| at.timestamp()), booking.id));
    let of = |about, belongs: &dyn Fn(&Booking) -> bool, needs_attention| {
        let belonging = current.iter().filter(|booking| belongs(booking));
        let item = |booking: &&Booking| Item { needs_attention, ..Item::of(booking, about) };
        belonging.map(item).collect::<Vec<_>>()
    };
    let mut items = of(About::Training, &|booking| takes_place(booking, span), false);
    items.extend(of(About::LateKit, &|booking| booking.equipment_status == Some(EquipmentStatus::Late), true));
    let unpaid = current.iter().filter(|booking| is_unpaid(booking, span));
    items.extend(unpaid.map(|booking| Item {
        needs_attention: true,
        payment_url: booking.payment_url.as_ref().map(|url| url.expose().to_owned()),
        ..Item::of(booking, About::Payment)
    }));
    let is_open = |booking: &Booking| certificates::is_available(booking) && !is_fetched(booking);
    items.extend(of(About::Certificate, &is_open, knows_fetched));
    items
}

/// The portal need not know the filter.
fn is_current(booking: &Booking, span: Span) -> bool {
    let is_recent = booking.start_date.as_ref().is_none_or(|start| start.date() >= span.back_to);
    is_recent && booking.booking_status != Some(BookingStatus::Cancelled)
}

fn takes_place(booking: &Booking, span: Span) -> bool {
    booking.start_date.as_ref().is_some_and(|start| (span.from..=span.until).contains(&start.date()))
}

/// Whether somebody has yet to pay. A place that was not paid for by the day of the training is lost.
fn is_unpaid(booking: &Booking, span: Span) -> bool {
    if booking.booking_status == Some(BookingStatus::Pending) {
        return booking.start_date.as_ref().is_none_or(|start| start.date() >= span.from);
    }
    booking.pay_status == Some(PayStatus::Pending)
}
