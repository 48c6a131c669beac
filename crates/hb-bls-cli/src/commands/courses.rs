//! `hb-bls courses`: the courses that can be booked.

use anyhow::{Context as _, Result};
use clap::Subcommand;
use hb_bls::Course;

use crate::{
    context::Context,
    output::{Column, ColumnNames, Record, text},
};

/// A command about courses.
#[derive(Subcommand)]
pub enum Courses {
    /// List the courses that can be booked
    List(ColumnNames<Course>),
}

impl Courses {
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List(names) => {
                let output = context.output();
                let columns = output.columns(&names)?;
                let courses = context.client()?.courses().list().await.context("cannot list courses")?;
                output.list_columns(&columns, &courses, "no course can be booked")
            }
        }
    }
}

impl Record for Course {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("id", |course| course.id.to_string()),
        Column::long("name", |course| text(course.name.as_ref())),
        Column::with_brief(
            "price",
            |course: &Self| text(course.price.as_ref()),
            |course: &Self| course.price.map(|price| format!("{price} GBP")).unwrap_or_default(),
        )
        .aligned_right(),
        Column::number("duration_minutes", |course: &Self| text(course.duration_minutes.as_ref())).headed("minutes"),
    ];
}
