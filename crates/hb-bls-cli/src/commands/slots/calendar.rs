//! Timeslots by day, for a terminal.

use std::collections::{BTreeMap, BTreeSet};

use anstyle::Style;
use hb_bls::{Date, Time, Timeslot};

const MONTH: Style = Style::new().bold();
const DAY: Style = Style::new().dimmed();
/// `Mon 15  `
const MARGIN: usize = 8;
/// `09:00 `
const SLOT: usize = 6;

/// A line per day, or more where the times do not fit, under the name of the month.
pub fn calendar(slots: &[Timeslot], width: Option<u16>) -> String {
    let mut days = BTreeMap::<Date, BTreeSet<Time>>::new();
    for slot in slots {
        days.entry(slot.date).or_default().insert(slot.time);
    }
    let fit = width.map_or(usize::MAX, |width| (usize::from(width).saturating_sub(MARGIN - 1) / SLOT).max(1));
    let mut lines = Vec::new();
    let mut month = None;
    for (date, times) in days {
        if month.replace(date.first_of_month()) != Some(date.first_of_month()) {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push(format!("{MONTH}{}{MONTH:#}", date.strftime("%B %Y")));
        }
        let times: Vec<String> = times.iter().map(|time| time.strftime("%H:%M").to_string()).collect();
        for (index, row) in times.chunks(fit).enumerate() {
            let day = if index == 0 { date.strftime("%a %e").to_string() } else { String::new() };
            lines.push(format!("{DAY}{day:<6}{DAY:#}  {}", row.join(" ")));
        }
    }
    lines.join("\n")
}
