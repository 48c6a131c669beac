//! The rules of a booking's life: how it is made, and what staff and candidate may do to it.

mod create;
mod kit;
mod lifecycle;

pub(crate) use create::{Order, PayOption, create, create_at, insert};
pub(crate) use kit::mark_late;
pub(crate) use lifecycle::{Attendance, attend, cancel, pay, reschedule, return_kit};
