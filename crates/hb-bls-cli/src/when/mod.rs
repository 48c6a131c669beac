//! Dates and times as people in the UK write them. What can be read in two ways is refused, with both readings.

mod date;
mod format;
mod time;

pub use date::{date, first, last};
pub use format::{instant, minute, moment, names, past, second, zoned};
pub use time::time;
