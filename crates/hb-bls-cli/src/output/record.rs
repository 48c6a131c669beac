//! Things that are printed in rows.

use serde::Serialize;

use crate::when;

/// Something that is printed in rows. Serialised, it has the fields as the API names them.
pub trait Record: Serialize + Sized + 'static {
    const COLUMNS: &'static [Column<Self>];
}

/// A column of a table, a line of a description, a field of CSV.
pub struct Column<T> {
    /// Its name in CSV and in a description.
    pub name: &'static str,
    /// What stands above it in a table, if that is not its name.
    heading: Option<&'static str>,
    pub value: fn(&T) -> String,
    /// The value in a description.
    pub described: fn(&T) -> String,
    /// The value in a table, if tables have the column.
    pub brief: Option<fn(&T) -> String>,
    /// Whether tables set it to the right, as numbers are.
    pub right: bool,
    /// Down to how many columns of the terminal it may be cut where a table is too wide.
    pub least: Option<u16>,
    /// Whether it stands under the row where a table is too wide, uncut.
    pub under: bool,
    /// Whether a table leaves it out where it would be too wide otherwise, rather than cut what is not long.
    pub spare: bool,
}

impl<T> Column<T> {
    /// A column that tables leave out.
    pub const fn full(name: &'static str, value: fn(&T) -> String) -> Self {
        Self {
            name,
            heading: None,
            value,
            described: value,
            brief: None,
            right: false,
            least: None,
            under: false,
            spare: false,
        }
    }

    /// A column that is the same everywhere.
    pub const fn new(name: &'static str, value: fn(&T) -> String) -> Self {
        Self { brief: Some(value), ..Self::full(name, value) }
    }

    /// A column that tables show in a shorter form.
    pub const fn with_brief(name: &'static str, value: fn(&T) -> String, brief: fn(&T) -> String) -> Self {
        Self { brief: Some(brief), ..Self::full(name, value) }
    }

    /// A day or a time, which people read in another form than programs.
    pub const fn time(name: &'static str, value: fn(&T) -> String, read: fn(&T) -> String) -> Self {
        Self { brief: Some(read), ..Self::full_time(name, value, read) }
    }

    /// One that tables leave out.
    pub const fn full_time(name: &'static str, value: fn(&T) -> String, read: fn(&T) -> String) -> Self {
        Self { described: read, ..Self::full(name, value) }
    }

    pub const fn number(name: &'static str, value: fn(&T) -> String) -> Self {
        Self { right: true, ..Self::new(name, value) }
    }

    /// A column of text, which may be long.
    pub const fn long(name: &'static str, value: fn(&T) -> String) -> Self {
        Self { least: Some(8), ..Self::new(name, value) }
    }

    /// The name of a person, which is whole unless it is very long.
    pub const fn person(name: &'static str, value: fn(&T) -> String) -> Self {
        Self { least: Some(32), ..Self::new(name, value) }
    }

    /// A text of which nothing may be missing: where it has no room, it stands under the row.
    pub const fn whole(name: &'static str, value: fn(&T) -> String) -> Self {
        Self { under: true, ..Self::new(name, value) }
    }

    #[must_use]
    pub const fn aligned_right(self) -> Self {
        Self { right: true, ..self }
    }

    #[must_use]
    pub const fn if_there_is_room(self) -> Self {
        Self { spare: true, ..self }
    }

    #[must_use]
    pub const fn headed(self, heading: &'static str) -> Self {
        Self { heading: Some(heading), ..self }
    }

    /// The value as a table shows it.
    pub fn shown(&self, record: &T) -> String {
        self.brief.unwrap_or(self.value)(record)
    }

    /// What people read beside it.
    pub fn title(&self) -> String {
        self.name.replace('_', " ")
    }

    /// What people read above it.
    pub fn heading(&self) -> String {
        self.heading.map_or_else(|| self.title(), str::to_owned).to_uppercase()
    }
}

/// The text of what may be absent.
pub fn text<T: ToString>(value: Option<&T>) -> String {
    value.map(T::to_string).unwrap_or_default()
}

/// An instant in UTC: `2026-06-05T10:00:00+00:00`.
pub fn instant(at: Option<jiff::Timestamp>) -> String {
    at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()).unwrap_or_default()
}

/// An instant as people in the UK read it.
pub fn read_instant(at: Option<jiff::Timestamp>) -> String {
    at.map(when::instant).unwrap_or_default()
}

/// A time with its offset: `2026-06-15T09:00:00+01:00`.
pub fn zoned(at: Option<&jiff::ZonedDateTime>) -> String {
    at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()).unwrap_or_default()
}

/// A time as people read it.
pub fn read_zoned(at: Option<&jiff::ZonedDateTime>) -> String {
    at.map(when::zoned).unwrap_or_default()
}

/// A day as people read it.
pub fn read_date(date: Option<hb_bls::Date>) -> String {
    date.map(when::names).unwrap_or_default()
}

/// A time of day: `09:00`.
pub fn time(at: hb_bls::Time) -> String {
    at.strftime("%H:%M").to_string()
}

pub fn yes(value: Option<bool>) -> String {
    match value {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => String::new(),
    }
}
