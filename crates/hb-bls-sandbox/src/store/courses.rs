//! The courses on offer.

use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::problem::Problem;

/// A course. The price is in pence.
#[derive(Debug, Clone)]
pub(crate) struct Course {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) price: i64,
    pub(crate) duration_minutes: i64,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Course> {
    Ok(Course { id: row.get(0)?, name: row.get(1)?, price: row.get(2)?, duration_minutes: row.get(3)? })
}

pub(crate) fn all(db: &Connection) -> Result<Vec<Course>, Problem> {
    let mut statement = db.prepare_cached("SELECT id, name, price, duration_minutes FROM courses ORDER BY id")?;
    Ok(statement.query_map([], from_row)?.collect::<Result<_, _>>()?)
}

pub(crate) fn by_id(db: &Connection, id: i64) -> Result<Option<Course>, Problem> {
    Ok(db
        .prepare_cached("SELECT id, name, price, duration_minutes FROM courses WHERE id = ?1")?
        .query_row([id], from_row)
        .optional()?)
}
