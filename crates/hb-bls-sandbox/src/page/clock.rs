//! The clock, what happens next, and starting over.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use jiff::Timestamp;

use super::form::Form;
use super::frame::{Frame, Next, View, back_to, html};
use super::result::Shown;
use super::view_request::ViewRequest;
use crate::control::{Seed, finished};
use crate::core::Core;
use crate::problem::Problem;
use crate::store::overview::{self, Upcoming};
use crate::store::webhooks;

#[derive(Template)]
#[template(path = "clock.html")]
struct Page {
    frame: Frame,
    speed: u32,
    due: Vec<Row>,
}

struct Row {
    next: Next,
    url: String,
    icon: &'static str,
}

const SHOWN: i64 = 20;

pub(super) async fn show(State(core): State<Arc<Core>>, request: ViewRequest) -> Shown {
    let now = core.clock.now();
    let due = core.store.read(|db| overview::due(db, now, SHOWN))?;
    let rows = due.iter().map(|due| {
        let (url, icon) = match &due.what {
            Upcoming::Delivery { id, .. } => (format!("/ui/deliveries/{id}"), "deliveries"),
            Upcoming::Kit { booking, .. } => (format!("/ui/bookings/{booking}"), "kit"),
            Upcoming::Hold { .. } => ("/ui/timeslots".to_owned(), "timeslots"),
        };
        Row { next: Next::new(due, now), url, icon }
    });
    let frame = Frame::new(&core, View::Clock, "Clock", &request)?;
    Ok(html(&Page { due: rows.collect(), speed: frame.ticks.map_or(0, |(_, speed)| speed), frame }))
}

/// How many seconds each unit has.
const UNITS: [(&str, f64); 4] = [("seconds", 1.0), ("minutes", 60.0), ("hours", 3_600.0), ("days", 86_400.0)];

pub(super) async fn advance(State(core): State<Arc<Core>>, form: Form) -> Shown {
    let amount: f64 = form.required("amount", "the time")?;
    let unit = form.text("unit").unwrap_or("seconds");
    let seconds = UNITS.into_iter().find(|(name, _)| *name == unit).map(|(_, seconds)| amount * seconds);
    let by = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let by = by.ok_or_else(|| Problem::rule("amount", "The clock goes forward only, by a length of time."))?;
    forward(async move { core.advance(by).await }, &form).await
}

pub(super) async fn next(State(core): State<Arc<Core>>, form: Form) -> Shown {
    forward(async move { core.advance_to_next().await }, &form).await
}

pub(super) async fn freeze(State(core): State<Arc<Core>>) -> Shown {
    core.set_frozen(true)?;
    Ok(back_to("/ui/clock", "frozen"))
}

pub(super) async fn unfreeze(State(core): State<Arc<Core>>) -> Shown {
    core.set_frozen(false)?;
    Ok(back_to("/ui/clock", "running"))
}

async fn forward(work: impl Future<Output = Result<Timestamp, Problem>> + Send + 'static, form: &Form) -> Shown {
    finished(work).await?;
    // The clock is on every page, which is where the browser goes back to.
    Ok(back_to(form.text("from").filter(|from| is_here(from)).unwrap_or("/ui/clock"), "advanced"))
}

/// Whether an address stays at this server. Browsers read a backslash as a slash, and leave out tabs.
fn is_here(address: &str) -> bool {
    let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_plain && address.starts_with('/') && !address.starts_with("//")
}

pub(super) async fn seed(State(core): State<Arc<Core>>, form: Form) -> Shown {
    let count = |name, label| -> Result<u32, Problem> { Ok(form.value(name, label)?.unwrap_or(0)) };
    let seed = Seed {
        bookings: count("bookings", "the number of bookings")?,
        transactions: count("transactions", "the number of transactions")?,
    };
    core.seed(seed)?;
    Ok(back_to("/ui/clock", "seeded"))
}

#[derive(Template)]
#[template(path = "reset.html")]
struct Question {
    frame: Frame,
    bookings: i64,
    endpoints: usize,
}

/// What a reset would forget, and whether to do it.
pub(super) async fn ask(State(core): State<Arc<Core>>, request: ViewRequest) -> Shown {
    let ((bookings, _), endpoints) =
        core.store.read(|db| Ok((overview::counts(db)?, webhooks::of_all_accounts(db)?.len())))?;
    let frame = Frame::new(&core, View::Clock, "Reset everything?", &request)?;
    Ok(html(&Question { bookings, endpoints, frame }))
}

pub(super) async fn reset(State(core): State<Arc<Core>>) -> Shown {
    core.reset().await?;
    Ok(back_to("/", "reset"))
}
