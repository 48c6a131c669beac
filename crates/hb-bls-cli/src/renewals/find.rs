//! Finds the people whose certificates lapse within a period.

use std::collections::BTreeMap;

use hb_bls::{Booking, BookingStatus, CourseId, Date, TrainingStatus};
use jiff::Span;

use super::people::PersonNumbers;

/// Adding months to the end of a month and taking them off again may lead to another day, by at most three.
const SLACK: i64 = 3;

/// The days on which certificates lapse.
pub struct Window {
    first: Date,
    last: Date,
    valid: Span,
    /// Trainings before this day do not matter.
    pub trained_since: Date,
}

impl Window {
    /// Nothing if a day would be outside the calendar.
    pub fn new(first: Date, within: Span, valid: Span) -> Option<Self> {
        let trained_since = first.checked_sub(valid).ok()?.checked_sub(Span::new().days(SLACK)).ok()?;
        let last = first.checked_add(within).ok()?;
        (trained_since.year() > 0).then_some(Self { first, last, valid, trained_since })
    }
}

/// A certificate that lapses.
pub struct DueRenewal<'a> {
    /// The training that it is of.
    pub booking: &'a Booking,
    pub trained_on: Date,
    pub lapses_on: Date,
}

/// Bookings with the days of their trainings.
type Dated<'a> = Vec<(Date, &'a Booking)>;

/// The certificates that lapse, the first one first. Each person has one for each course, from the last training.
pub fn lapsing<'a>(bookings: &'a [Booking], people: &PersonNumbers, window: &Window) -> Vec<DueRenewal<'a>> {
    let mut by_person: BTreeMap<(usize, Option<CourseId>), Dated<'a>> = BTreeMap::new();
    for (index, booking) in bookings.iter().enumerate() {
        let Some(start) = &booking.start_date else { continue };
        if booking.booking_status != Some(BookingStatus::Cancelled) {
            let course = booking.course.as_ref().map(|course| course.id);
            by_person.entry((people.person(index), course)).or_default().push((start.date(), booking));
        }
    }
    let mut lapsing: Vec<_> = by_person.into_values().filter_map(|of_one| of_one_person(&of_one, window)).collect();
    lapsing.sort_by_key(|found| (found.lapses_on, found.booking.id));
    lapsing
}

fn of_one_person<'a>(bookings: &[(Date, &'a Booking)], window: &Window) -> Option<DueRenewal<'a>> {
    let is_completed = |booking: &Booking| booking.training_status == Some(TrainingStatus::Completed);
    let completed = bookings.iter().filter(|(_, booking)| is_completed(booking));
    let (trained_on, booking) = *completed.max_by_key(|(date, booking)| (*date, booking.id))?;
    let lapses_on = trained_on.checked_add(window.valid).ok()?;
    let is_booked_again =
        bookings.iter().any(|(date, other)| *date > trained_on && may_take_place(*date, other, window));
    let is_in_time = (window.first..=window.last).contains(&lapses_on);
    (is_in_time && !is_booked_again).then_some(DueRenewal { booking, trained_on, lapses_on })
}

/// Whether a training is to come, or has been and is not marked yet.
fn may_take_place(date: Date, booking: &Booking, window: &Window) -> bool {
    match &booking.training_status {
        None | Some(TrainingStatus::Pending) => true,
        Some(TrainingStatus::NoShow) => false,
        // whatever it means, what has been is no booking any more
        Some(_) => date >= window.first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::renewals::people;

    fn booking(id: i64, name: &str, course: i64, day: &str, training: &str, status: &str) -> Booking {
        let json = serde_json::json!({
            "id": id, "candidate": { "name": name, "email": null, "phone": null }, "course": { "id": course, "name": null },
            "start_date": format!("{day}T09:00:00+00:00"), "training_status": training, "booking_status": status,
        });
        serde_json::from_value(json).unwrap()
    }

    fn found(bookings: &[Booking]) -> Vec<(i64, String)> {
        let months = Span::new().months(12);
        let window = Window::new(Date::constant(2026, 6, 5), Span::new().days(60), months).unwrap();
        let people = people::of(bookings);
        let found = lapsing(bookings, &people, &window);
        found.iter().map(|found| (found.booking.id.get(), found.lapses_on.to_string())).collect()
    }

    #[test]
    fn the_window_has_both_its_ends() {
        let completed = |id, name, day| booking(id, name, 1, day, "completed", "booked");
        let bookings = [
            completed(1, "A", "2025-06-04"),
            completed(2, "B", "2025-06-05"),
            completed(3, "C", "2025-08-04"),
            completed(4, "D", "2025-08-05"),
        ];
        assert_eq!(found(&bookings), [(2, "2026-06-05".to_owned()), (3, "2026-08-04".to_owned())]);
    }

    #[test]
    fn the_last_completed_training_of_each_course_counts() {
        let bookings = [
            booking(1, "A", 1, "2025-06-10", "completed", "booked"),
            booking(2, "A", 1, "2026-01-10", "completed", "booked"),
            booking(3, "A", 2, "2025-06-11", "completed", "booked"),
            booking(4, "B", 1, "2025-06-12", "no_show", "booked"),
            booking(5, "C", 1, "2025-06-13", "completed", "cancelled"),
        ];
        assert_eq!(found(&bookings), [(3, "2026-06-11".to_owned())]);
    }

    #[test]
    fn who_is_booked_again_is_left_out() {
        for (day, training, status, is_booked) in [
            ("2026-07-01", "pending", "booked", true),
            ("2026-07-01", "pending", "pending", true),
            ("2026-07-01", "postponed", "booked", true),
            // has been, and nobody has said yet how it went
            ("2026-06-04", "pending", "booked", true),
            ("2026-07-01", "pending", "cancelled", false),
            ("2026-06-04", "no_show", "booked", false),
            ("2026-06-04", "failed", "booked", false),
            // before the training that counts
            ("2025-06-01", "pending", "booked", false),
        ] {
            let bookings =
                [booking(1, "A", 1, "2025-06-10", "completed", "booked"), booking(2, "A", 1, day, training, status)];
            assert_eq!(found(&bookings).is_empty(), is_booked, "{day} {training} {status}");
            let other_course = [bookings[0].clone(), booking(2, "A", 2, day, training, status)];
            assert_eq!(found(&other_course).len(), 1);
        }
    }
}
