//! A month of a course's timetable.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use jiff::civil::Date;
use jiff::{Span, Timestamp};

use super::form::address;
use super::frame::{Frame, View, html};
use super::links::Tab;
use super::result::Shown;
use super::view_request::ViewRequest;
use crate::core::Core;
use crate::format;
use crate::problem::Problem;
use crate::store::courses;
use crate::store::timetable::{self, EntryState, TimetableEntry};

#[derive(Template)]
#[template(path = "timeslots.html")]
struct Page {
    frame: Frame,
    courses: Vec<Tab>,
    month: String,
    earlier: String,
    later: String,
    weeks: Vec<Vec<Option<Day>>>,
    free: usize,
    held: usize,
    booked: usize,
}

struct Day {
    number: i8,
    name: String,
    is_today: bool,
    /// Nothing can be booked on it any more, and nothing is.
    is_over: bool,
    slots: Vec<Slot>,
}

struct Slot {
    time: String,
    class: &'static str,
    label: String,
    url: Option<String>,
    /// When a hold ends, in seconds since the epoch.
    until: Option<i64>,
    left: String,
}

pub(super) async fn show(State(core): State<Arc<Core>>, request: ViewRequest) -> Shown {
    let now = core.clock.now();
    let today = format::london_date(now);
    let month = request.parameter("month").and_then(|text| format!("{text}-01").parse::<Date>().ok());
    // the last year that dates can have is left out, since a month has one after it
    let month = month.filter(|month| month.year() < Date::MAX.year()).unwrap_or(today);
    let wanted = request.number("course");
    let first = month.first_of_month();
    let (all, course, days) = core.store.read(|db| {
        let all = courses::all(db)?;
        let course = all.iter().find(|course| Some(course.id) == wanted).or(all.first()).cloned();
        let course = course.ok_or_else(|| Problem::not_found("Course"))?;
        let days = timetable::between(db, &course, (first, first.last_of_month()), now)?;
        Ok((all, course, days))
    })?;
    let frame = Frame::new(&core, View::Timeslots, "Timeslots", &request)?;
    let name = first.strftime("%Y-%m").to_string();
    let other = |by: i64| -> Result<String, Problem> {
        // the calendar has an end
        let other = first.checked_add(Span::new().try_months(by)?).unwrap_or(first).strftime("%Y-%m").to_string();
        Ok(address("/ui/timeslots", &[("course", &course.id.to_string()), ("month", &other)]))
    };
    let tab = |other: &courses::Course| Tab {
        label: other.name.clone(),
        url: address("/ui/timeslots", &[("course", &other.id.to_string()), ("month", &name)]),
        is_here: other.id == course.id,
    };
    let count = |class: &str, weeks: &[Vec<Option<Day>>]| {
        let slots = weeks.iter().flatten().flatten().flat_map(|day| &day.slots);
        slots.filter(|slot| slot.class == class).count()
    };
    let weeks = weeks(days, today, now);
    Ok(html(&Page {
        courses: all.iter().map(tab).collect(),
        month: first.strftime("%B %Y").to_string(),
        earlier: other(-1)?,
        later: other(1)?,
        free: count("free", &weeks),
        held: count("held", &weeks),
        booked: count("taken", &weeks),
        weeks,
        frame,
    }))
}

/// Rows from Monday to Sunday, with gaps for the days of other months.
fn weeks(days: Vec<(Date, Vec<TimetableEntry>)>, today: Date, now: Timestamp) -> Vec<Vec<Option<Day>>> {
    let mut weeks: Vec<Vec<Option<Day>>> = Vec::new();
    for (date, entries) in days {
        let weekday = date.weekday().to_monday_zero_offset();
        if weekday == 0 || weeks.is_empty() {
            weeks.push((0..weekday).map(|_| None).collect());
        }
        let is_over = entries.iter().all(|entry| matches!(entry.state, EntryState::Closed));
        let day = Day {
            is_over,
            number: date.day(),
            name: date.strftime("%A %-d %B").to_string(),
            is_today: date == today,
            slots: entries.iter().map(|entry| Slot::new(entry, now)).collect(),
        };
        if let Some(week) = weeks.last_mut() {
            week.push(Some(day));
        }
    }
    if let Some(week) = weeks.last_mut() {
        week.resize_with(7, || None);
    }
    weeks
}

impl Slot {
    fn new(entry: &TimetableEntry, now: Timestamp) -> Self {
        let (class, label, url, until) = match &entry.state {
            EntryState::Free => ("free", "free".to_owned(), None, None),
            EntryState::Held { until } => ("held", "held".to_owned(), None, Some(*until)),
            EntryState::Booked { booking, candidate } => {
                ("taken", candidate.clone(), Some(format!("/ui/bookings/{booking}")), None)
            }
            EntryState::Closed => ("closed", "not on offer".to_owned(), None, None),
        };
        let left = until.map(|until| {
            let seconds = until.duration_since(now).as_secs();
            format!("{}:{:02}", seconds / 60, seconds % 60)
        });
        Self {
            time: format::hour_minute(entry.time),
            class,
            label,
            url,
            until: until.map(Timestamp::as_second),
            left: left.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_month_is_made_of_whole_weeks_from_monday() {
        let days = (1..=30).map(|day| (date(2026, 9, day), Vec::new())).collect();
        let weeks = weeks(days, date(2026, 9, 3), Timestamp::UNIX_EPOCH);
        assert!(weeks.iter().all(|week| week.len() == 7));
        assert_eq!(weeks.len(), 5);
        assert!(weeks[0][0].is_none(), "the first is a Tuesday");
        assert_eq!(weeks[0][1].as_ref().unwrap().number, 1);
        assert!(weeks[0][3].as_ref().unwrap().is_today);
        assert_eq!(weeks[4].iter().flatten().count(), 3);
    }
}
