//! Faults: what is armed, and a form to arm one.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::form::Form;
use super::frame::{Frame, View, back_to, html};
use super::result::Shown;
use super::text;
use super::view_request::ViewRequest;
use crate::api::OPERATIONS;
use crate::core::Core;
use crate::faults::{Fault, FaultKind};
use crate::problem::Problem;
use crate::request_log::RequestRecord;

#[derive(Template)]
#[template(path = "faults.html")]
struct Page {
    frame: Frame,
    armed: Vec<Row>,
    operations: Vec<&'static str>,
    kinds: Vec<(&'static str, &'static str)>,
    hits: Vec<Hit>,
}

struct Row {
    operation: String,
    kind: &'static str,
    details: String,
    times: u32,
}

struct Hit {
    number: u64,
    when: String,
    operation: &'static str,
    fault: &'static str,
    status: String,
    tone: &'static str,
}

/// How many requests that a fault affected are shown.
const HITS: usize = 20;

pub(super) async fn show(State(core): State<Arc<Core>>, request: ViewRequest) -> Shown {
    let (hits, _) = core.request_log.newest(HITS, |record| record.fault.is_some());
    Ok(html(&Page {
        armed: core.faults.all().iter().map(Row::new).collect(),
        operations: OPERATIONS.iter().map(|(name, _, _)| *name).collect(),
        kinds: FaultKind::ALL.iter().map(|kind| (kind.name(), kind.summary())).collect(),
        hits: hits.iter().map(Hit::new).collect(),
        frame: Frame::new(&core, View::Faults, "Faults", &request)?,
    }))
}

pub(super) async fn arm(State(core): State<Arc<Core>>, form: Form) -> Shown {
    let kind = form.text("kind").and_then(|kind| kind.parse::<FaultKind>().ok());
    let kind = kind.ok_or_else(|| Problem::rule("kind", "There is no such kind of fault."))?;
    core.inject(Fault {
        operation: form.text("operation").unwrap_or("*").to_owned(),
        kind,
        status: form.value("status", "the status")?,
        ms: form.value("ms", "the delay")?.unwrap_or(kind.usual_delay()),
        retry_after: form.value("retry_after", "the Retry-After")?,
        times: form.value("times", "the number of requests")?.unwrap_or(1),
    })?;
    Ok(back_to("/ui/faults", "armed"))
}

pub(super) async fn clear(State(core): State<Arc<Core>>) -> Shown {
    core.clear_faults();
    Ok(back_to("/ui/faults", "cleared"))
}

impl Row {
    fn new(fault: &Fault) -> Self {
        let mut details = vec![fault.kind.summary().to_owned()];
        details.extend(fault.status.map(|status| format!("status {status}")));
        details.extend((fault.ms > 0).then(|| format!("after {} ms", fault.ms)));
        details.extend(fault.retry_after.map(|seconds| format!("Retry-After {seconds} s")));
        let operation = if fault.operation == "*" { "any operation" } else { &fault.operation };
        Self {
            operation: operation.to_owned(),
            kind: fault.kind.name(),
            details: details.join(", "),
            times: fault.times,
        }
    }
}

impl Hit {
    fn new(record: &RequestRecord) -> Self {
        Self {
            number: record.number,
            when: text::moment(record.at),
            operation: record.operation_id.unwrap_or("–"),
            fault: record.fault.unwrap_or(""),
            status: record.status.map_or_else(|| "no response".to_owned(), |status| status.to_string()),
            tone: text::status_tone(record.status),
        }
    }
}
