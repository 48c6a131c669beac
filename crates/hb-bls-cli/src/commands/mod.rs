//! The commands that make calls, under the headings of the API's own pages.

pub mod account;
pub mod auth;
pub mod bookings;
pub mod certificates;
pub mod completions;
pub mod config;
pub mod courses;
pub mod holds;
pub mod manual;
pub mod slots;
pub mod webhooks;
