//! The commands that make calls, under the headings of the API's own pages.

pub mod courses;
