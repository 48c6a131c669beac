//! Free timeslots to offer when the wanted one is taken.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use hb_bls::{Client, CourseId, Date, Time};

use crate::{output, when};

/// How far ahead the portal lists timeslots.
const MONTHS: u8 = 12;

/// The first days from this one on that have free timeslots, each with its times.
pub async fn days(
    client: &Client,
    course_id: CourseId,
    from: Date,
    count: usize,
) -> Result<Vec<(Date, BTreeSet<Time>)>> {
    let slots = client.timeslots().list(course_id).months_ahead(MONTHS).await.context("cannot list timeslots")?;
    let mut days = BTreeMap::<_, BTreeSet<_>>::new();
    for slot in slots.iter().filter(|slot| slot.date >= from) {
        days.entry(slot.date).or_default().insert(slot.time);
    }
    Ok(days.into_iter().take(count).collect())
}

/// `free on Tue 9 Jun 2026: 09:00, 10:00`.
pub fn in_words(day: Date, times: &BTreeSet<Time>) -> String {
    let times: Vec<_> = times.iter().copied().map(output::time).collect();
    format!("free on {}: {}", when::names(day), times.join(", "))
}
