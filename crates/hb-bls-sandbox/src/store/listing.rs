//! The list of bookings: filters and pages.

use rusqlite::{Connection, ToSql};
use serde_json::Value;

use super::bookings::{self, Booking};
use crate::problem::Problem;

/// Which of the account's bookings a list shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) status: Option<String>,
    pub(crate) course_id: Option<i64>,
    pub(crate) date_from: Option<String>,
    pub(crate) date_to: Option<String>,
    pub(crate) search: Option<String>,
}

impl Filter {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What to add to a condition, and the values it names.
    fn condition<'a>(&'a self, search: &'a Option<String>) -> (String, Vec<(&'a str, &'a dyn ToSql)>) {
        let mut condition = String::new();
        let mut values: Vec<(&str, &dyn ToSql)> = Vec::new();
        let mut filter = |sql: &str, name: &'static str, value: Option<&'a dyn ToSql>| {
            if let Some(value) = value {
                condition.push_str(" AND ");
                condition.push_str(sql);
                values.push((name, value));
            }
        };
        filter("booking_status = :status", ":status", some(&self.status));
        filter("course_id = :course", ":course", some(&self.course_id));
        filter("start_on >= :from", ":from", some(&self.date_from));
        filter("start_on <= :to", ":to", some(&self.date_to));
        filter("instr(sought, :search)", ":search", some(search));
        (condition, values)
    }
}

fn some<T: ToSql>(value: &Option<T>) -> Option<&dyn ToSql> {
    value.as_ref().map(|value| value as &dyn ToSql)
}

/// One page of the account's bookings, newest first, and how many match.
pub(crate) fn page(
    db: &Connection,
    account: i64,
    filter: &Filter,
    window: (i64, i64),
) -> Result<(Vec<Value>, i64), Problem> {
    let (limit, offset) = window;
    if filter.is_empty() {
        let total = bookings::count(db, account)?;
        let last = total - offset;
        let page = bookings::select(
            db,
            "WHERE b.account_id = :account AND b.account_no <= :last
             ORDER BY b.account_no DESC LIMIT :limit",
            &[(":account", &account), (":last", &last), (":limit", &limit)],
        )?;
        return Ok((page.iter().map(Booking::json).collect(), total));
    }
    let search = filter.search.as_deref().map(str::to_lowercase);
    let (condition, mut values) = filter.condition(&search);
    values.push((":account", &account));
    let matching = format!("FROM bookings WHERE account_id = :account{condition}");
    let total =
        db.prepare_cached(&format!("SELECT count(*) {matching}"))?.query_row(values.as_slice(), |row| row.get(0))?;
    values.push((":limit", &limit));
    values.push((":offset", &offset));
    let page = bookings::select(
        db,
        &format!(
            "WHERE b.id IN (SELECT id {matching} ORDER BY account_no DESC LIMIT :limit OFFSET :offset)
             ORDER BY b.account_no DESC"
        ),
        &values,
    )?;
    Ok((page.iter().map(Booking::json).collect(), total))
}
