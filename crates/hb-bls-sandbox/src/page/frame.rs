//! The frame of every view: the navigation, the clock, and how a response is made.

use askama::Template;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, StatusCode};

use super::text;
use super::view_request::ViewRequest;
use crate::core::Core;
use crate::problem::Problem;
use crate::store::accounts::{self, Account};
use crate::store::overview::{self, Due, Upcoming};

/// The view that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Bookings,
    Timeslots,
    Deliveries,
    Requests,
    Account,
    Clock,
    Faults,
}

/// An entry of the navigation.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) name: &'static str,
    pub(super) url: &'static str,
    pub(super) icon: &'static str,
    pub(super) count: Option<String>,
    pub(super) is_here: bool,
}

/// Around a view.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) links: Vec<Link>,
    pub(super) url: String,
    pub(super) origin: String,
    pub(super) date: String,
    pub(super) time: String,
    /// Seconds since the epoch, and the speed, for a clock that runs.
    pub(super) ticks: Option<(i64, u32)>,
    pub(super) next: Option<Next>,
    pub(super) accounts: Vec<Account>,
    pub(super) done: Option<&'static str>,
    pub(super) style: &'static str,
}

/// What the clock may be advanced to.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) what: String,
    pub(super) when: String,
    pub(super) wait: String,
}

impl Next {
    pub(super) fn new(due: &Due, now: jiff::Timestamp) -> Self {
        let what = match &due.what {
            Upcoming::Delivery { event_type, attempt, .. } => format!("{event_type} is sent, attempt {attempt}"),
            Upcoming::Kit { candidate, .. } => format!("the kit of {candidate} is late"),
            Upcoming::Hold { course, date, time } => format!("the hold of {course}, {date} {time}, ends"),
        };
        Self { what, when: text::moment(due.at), wait: text::wait(due.at.duration_since(now)) }
    }
}

impl Frame {
    pub(super) fn new(
        core: &Core,
        view: impl Into<Option<View>>,
        title: &str,
        request: &ViewRequest,
    ) -> Result<Self, Problem> {
        let (view, now) = (view.into(), core.clock.now());
        let (accounts, (bookings, waiting), due) = core.store.read(|db| {
            Ok((accounts::all(db)?, overview::counts(db)?, overview::due(db, now, 1)?.into_iter().next()))
        })?;
        let armed: u64 = core.faults.all().iter().map(|fault| u64::from(fault.times)).sum();
        let some = |count: u64| (count > 0).then(|| text::count(count));
        let entries = [
            (View::Bookings, "Bookings", "/", "bookings", some(bookings.unsigned_abs())),
            (View::Timeslots, "Timeslots", "/ui/timeslots", "timeslots", None),
            (View::Deliveries, "Deliveries", "/ui/deliveries", "deliveries", some(waiting.unsigned_abs())),
            (View::Requests, "Requests", "/ui/requests", "requests", None),
            (View::Account, "Accounts", "/ui/account", "account", None),
            (View::Clock, "Clock", "/ui/clock", "clock", None),
            (View::Faults, "Faults", "/ui/faults", "faults", some(armed)),
        ];
        let links = entries
            .into_iter()
            .map(|(entry, name, url, icon, count)| Link { name, url, icon, count, is_here: Some(entry) == view })
            .collect();
        let done = request.parameter("done").and_then(done);
        Ok(Self {
            title: title.to_owned(),
            links,
            url: request.following(),
            origin: request.origin.clone(),
            date: text::date(now),
            time: text::time(now),
            ticks: Some((now.as_second(), core.clock.speed())).filter(|(_, speed)| *speed > 0),
            next: due.map(|due| Next::new(&due, now)),
            accounts,
            done,
            style: super::assets::STYLE_VERSION.as_str(),
        })
    }

    /// How an account is called, where there are several.
    pub(super) fn account_name(&self, id: Option<i64>) -> &str {
        let found = self.accounts.iter().find(|account| Some(account.id) == id);
        found.map_or("", |account| account.credentials.hb_client_id.as_str())
    }

    pub(super) fn has_several_accounts(&self) -> bool {
        self.accounts.len() > 1
    }
}

/// What is said after a form. Only names from this list are, so that nobody can put words on the page by a link.
fn done(name: &str) -> Option<&'static str> {
    Some(match name {
        "pay" => "The candidate has paid.",
        "complete" => "Recorded: the candidate attended and passed.",
        "no-show" => "Recorded: the candidate did not come.",
        "return-kit" => "The kit is back.",
        "cancel" => "The booking is cancelled.",
        "reschedule" => "The booking has moved.",
        "retry" => "The event is being sent again.",
        "test" => "A test event is being sent.",
        "triggered" => "A candidate was made up, and what leads to the event was done.",
        "account" => "The account is changed.",
        "opened" => "Another account is open.",
        "advanced" => "The clock has moved forward, and what was due has happened.",
        "frozen" => "The clock stands still.",
        "running" => "The clock runs on.",
        "armed" => "The fault is armed.",
        "cleared" => "No faults are armed any more.",
        "seeded" => "The history is made up.",
        "reset" => "Everything but the time is as it was at the start.",
        "capture" => "From now on, bodies are kept.",
        "no-capture" => "Bodies are not kept any more.",
        _ => return None,
    })
}

/// A template as a response.
pub(super) fn html(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => {
            let mut response = Response::new(Body::from(text));
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response
        }
        Err(error) => Problem::Internal(error.to_string()).into_response(),
    }
}

/// After a form: back to a page, which says what was done.
pub(super) fn back_to(url: &str, done: &str) -> Response {
    let separator = if url.contains('?') { '&' } else { '?' };
    redirect(&format!("{url}{separator}done={done}"))
}

pub(super) fn redirect(url: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(url) = HeaderValue::from_str(url) {
        response.headers_mut().insert(LOCATION, url);
    }
    response
}
