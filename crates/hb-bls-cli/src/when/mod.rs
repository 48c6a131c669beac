//! Dates and times as people in the UK write them. What can be read in two ways is refused, with both readings.

mod date;
mod time;

pub use date::{date, first, last, names};
pub use time::time;
