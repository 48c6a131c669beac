//! Dates and times as people in the UK write them. What can be read in two ways is refused, with both readings.

mod date;
mod shown;
mod time;

pub use date::{date, first, last};
pub use shown::{instant, moment, names, past, second, zoned};
pub use time::time;
