//! The sandbox, seen from outside: everything over real HTTP on loopback, in frozen time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod accounts;
mod auth;
mod book;
mod bookings;
mod certificates;
mod conformance;
mod control;
mod deliveries;
mod durability;
mod events;
mod faults;
mod holds;
mod instances;
mod laravel;
mod lists;
mod page;
mod page_history;
mod pictures;
mod quota;
mod reach;
mod rubbish;
mod seed;
mod slots;
mod snippets;
mod support;
#[cfg(feature = "https")]
mod tls;
mod webhooks;
