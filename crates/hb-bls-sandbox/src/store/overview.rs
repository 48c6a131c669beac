//! Queries across accounts, for the page.

use jiff::Timestamp;
use rusqlite::{Connection, ToSql};

use super::bookings::{self, Booking};
use super::{deliveries, instant, millis};
use crate::delivery::DeliveryAttempt;
use crate::problem::Problem;

/// Narrows a list of bookings or deliveries; the newest come first.
#[derive(Debug, Default)]
pub(crate) struct ListFilter {
    pub(crate) account: Option<i64>,
    /// Only entries with a lower id: where the page before ended.
    pub(crate) before: Option<i64>,
    pub(crate) search: Option<String>,
    /// An SQL condition that is written in the code.
    pub(crate) state: Option<&'static str>,
    pub(crate) event: Option<String>,
}

/// One more than this is read, to know whether there are more.
pub(crate) const PAGE: usize = 50;

/// The newest bookings that match, and whether there are more.
pub(crate) fn bookings(db: &Connection, filter: &ListFilter) -> Result<(Vec<Booking>, bool), Problem> {
    let search = filter.search.as_deref().map(str::to_lowercase);
    let id: Option<i64> = filter.search.as_deref().and_then(|text| text.trim_start_matches('#').parse().ok());
    let mut condition = String::from("WHERE 1");
    let mut values: Vec<(&str, &dyn ToSql)> = Vec::new();
    if let Some(account) = &filter.account {
        condition.push_str(" AND account_id = :account");
        values.push((":account", account));
    }
    if let Some(before) = &filter.before {
        condition.push_str(" AND id < :before");
        values.push((":before", before));
    }
    if let Some(state) = filter.state {
        condition.push_str(" AND ");
        condition.push_str(state);
    }
    if let Some(search) = &search {
        condition.push_str(" AND (instr(sought, :search) OR id IS :id)");
        values.push((":search", search));
        values.push((":id", &id));
    }
    let most = format!("{}", PAGE + 1);
    // By itself, SQLite might sort all bookings of an account.
    let inner =
        format!("SELECT id FROM bookings INDEXED BY bookings_in_brief {condition} ORDER BY id DESC LIMIT {most}");
    let found = bookings::select(db, &format!("WHERE b.id IN ({inner}) ORDER BY b.id DESC"), &values)?;
    Ok(cut(found))
}

/// The newest delivery attempts that match, and whether there are more.
pub(crate) fn deliveries(db: &Connection, filter: &ListFilter) -> Result<(Vec<DeliveryAttempt>, bool), Problem> {
    let mut condition = String::from("WHERE 1");
    let mut values: Vec<(&str, &dyn ToSql)> = Vec::new();
    if let Some(account) = &filter.account {
        condition.push_str(" AND d.webhook_id IN (SELECT id FROM webhooks WHERE account_id = :account)");
        values.push((":account", account));
    }
    if let Some(before) = &filter.before {
        condition.push_str(" AND d.id < :before");
        values.push((":before", before));
    }
    if let Some(event) = &filter.event {
        condition.push_str(" AND d.event_type = :event");
        values.push((":event", event));
    }
    if let Some(state) = filter.state {
        condition.push_str(" AND ");
        condition.push_str(state);
    }
    condition.push_str(&format!(" ORDER BY d.id DESC LIMIT {}", PAGE + 1));
    Ok(cut(deliveries::select(db, &condition, &values)?))
}

fn cut<T>(mut found: Vec<T>) -> (Vec<T>, bool) {
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    (found, more)
}

/// Every attempt to deliver the same event to the same webhook, in order.
pub(crate) fn attempts(db: &Connection, delivery: &DeliveryAttempt) -> Result<Vec<DeliveryAttempt>, Problem> {
    deliveries::select(
        db,
        "WHERE d.event = :event AND d.webhook_id = :webhook ORDER BY d.id",
        &[(":event", &delivery.event), (":webhook", &delivery.webhook_id)],
    )
}

/// Something that happened to a booking.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) event_type: String,
    pub(crate) occurred_at: Timestamp,
    pub(crate) deliveries: Vec<DeliveryAttempt>,
}

/// The events of a booking with the attempts to deliver them, in order.
pub(crate) fn events(db: &Connection, booking: i64) -> Result<Vec<Event>, Problem> {
    let mut statement =
        db.prepare_cached("SELECT id, event_type, occurred_at FROM events WHERE booking_id = ?1 ORDER BY id")?;
    let rows = statement.query_map([booking], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.map(|row| {
        let (id, event_type, occurred_at): (i64, String, i64) = row?;
        let deliveries = deliveries::select(db, "WHERE d.event = :event ORDER BY d.id", &[(":event", &id)])?;
        Ok(Event { event_type, occurred_at: instant(occurred_at), deliveries })
    })
    .collect()
}

/// An entry of an account's ledger.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) is_deposit: bool,
    pub(crate) amount: i64,
    pub(crate) wallet: String,
    pub(crate) description: String,
    pub(crate) booking: Option<i64>,
    pub(crate) at: Timestamp,
}

/// The newest entries of an account's ledger.
pub(crate) fn ledger(db: &Connection, account: i64) -> Result<Vec<Entry>, Problem> {
    let mut statement = db.prepare_cached(
        "SELECT type, amount, wallet, description, booking_id, created_at FROM transactions
         WHERE account_id = ?1 ORDER BY account_no DESC LIMIT ?2",
    )?;
    let most = i64::try_from(PAGE).unwrap_or(i64::MAX);
    let rows = statement.query_map([account, most], |row| {
        Ok(Entry {
            is_deposit: row.get::<_, String>(0)? == "deposit",
            amount: row.get(1)?,
            wallet: row.get(2)?,
            description: row.get(3)?,
            booking: row.get(4)?,
            at: instant(row.get(5)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Something that will happen without a request.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    pub(crate) at: Timestamp,
    pub(crate) what: Upcoming,
}

/// What will happen.
#[derive(Debug, Clone)]
pub(crate) enum Upcoming {
    /// An event is sent, for the given time.
    Delivery { id: i64, event_type: String, attempt: i64 },
    /// A candidate's kit becomes late.
    Kit { booking: i64, candidate: String },
    /// A hold ends.
    Hold { course: String, date: String, time: String },
}

/// What happens next, in order.
pub(crate) fn due(db: &Connection, now: Timestamp, most: i64) -> Result<Vec<Due>, Problem> {
    let mut due = Vec::new();
    let mut statement = db.prepare_cached(
        "SELECT d.due_at, d.id, e.event_type, d.attempt FROM deliveries d JOIN events e ON e.id = d.event
         WHERE d.state = 'scheduled' ORDER BY d.due_at, d.id LIMIT ?1",
    )?;
    let rows = statement.query_map([most], |row| {
        let what = Upcoming::Delivery { id: row.get(1)?, event_type: row.get(2)?, attempt: row.get(3)? };
        Ok(Due { at: instant(row.get(0)?), what })
    })?;
    due.extend(rows.collect::<Result<Vec<_>, _>>()?);
    let mut statement = db.prepare_cached(
        "SELECT kit_late_at, id, first_name || ' ' || last_name FROM bookings
         WHERE booking_status = 'booked' AND equipment_status = 'out' ORDER BY kit_late_at, id LIMIT ?1",
    )?;
    let rows = statement.query_map([most], |row| {
        Ok(Due { at: instant(row.get(0)?), what: Upcoming::Kit { booking: row.get(1)?, candidate: row.get(2)? } })
    })?;
    due.extend(rows.collect::<Result<Vec<_>, _>>()?);
    let mut statement = db.prepare_cached(
        "SELECT h.expires_at, c.name, h.date, h.time FROM holds h JOIN courses c ON c.id = h.course_id
         WHERE h.expires_at > ?2 ORDER BY h.expires_at LIMIT ?1",
    )?;
    let rows = statement.query_map([most, millis(now)], |row| {
        let what = Upcoming::Hold { course: row.get(1)?, date: row.get(2)?, time: row.get(3)? };
        Ok(Due { at: instant(row.get(0)?), what })
    })?;
    due.extend(rows.collect::<Result<Vec<_>, _>>()?);
    due.sort_by_key(|due| due.at);
    due.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(due)
}

/// How many bookings there are, and how many attempts are still to be made.
pub(crate) fn counts(db: &Connection) -> Result<(i64, i64), Problem> {
    let one = |sql: &str| db.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0));
    let bookings = one("SELECT coalesce(max(id), 0) FROM bookings")?;
    Ok((bookings, one("SELECT count(*) FROM deliveries WHERE state = 'scheduled'")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ClockReading;
    use crate::credentials::SandboxCredentials;
    use crate::store::Store;
    use crate::store::contents::Contents;

    #[test]
    fn the_newest_deliveries_of_a_kind_are_found_by_an_index() {
        let (store, _) = Store::open(None).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let reading = ClockReading { time: now, ahead: None };
        store.reset(&SandboxCredentials::well_known(), &Contents::default(), reading).unwrap();
        let plan = store.read(|db| {
            let mut plans = Vec::new();
            let both = "d.event_type = 'webhook.test' AND d.state = 'failed'";
            for condition in ["d.event_type = 'webhook.test'", "d.state = 'failed'", both] {
                let query = format!(
                    "EXPLAIN QUERY PLAN {} WHERE 1 AND {condition} ORDER BY d.id DESC LIMIT 51",
                    deliveries::SELECT
                );
                let mut statement = db.prepare(&query)?;
                let steps = statement.query_map([], |row| row.get::<_, String>("detail"))?;
                plans.push(steps.collect::<Result<Vec<_>, _>>()?.join("; "));
            }
            Ok(plans)
        });
        let plan = plan.unwrap();
        for (plan, index) in
            plan.iter().zip(["deliveries_by_type ", "deliveries_by_state ", "deliveries_by_type_and_state "])
        {
            assert!(plan.contains(index), "{index}: {plan}");
        }
        assert!(!plan.concat().contains("TEMP B-TREE"), "{plan:?}");
    }
}
