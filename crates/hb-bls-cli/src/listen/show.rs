//! What is told of each delivery, as it comes, in a thread of its own: whoever reads may be slow, or stop reading.

use std::{io, thread};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use crate::{
    output::{Output, clean},
    receiver::Received,
};

const GOOD: Style = AnsiColor::Green.on_default();
const AGAIN: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// Shows what is received until its senders are gone. Gives how that ended.
pub fn start(output: Output, mut received: mpsc::Receiver<Received>) -> oneshot::Receiver<io::Result<()>> {
    let (ended, end) = oneshot::channel();
    thread::spawn(move || {
        let mut shown = Ok(());
        while let Some(received) = received.blocking_recv() {
            shown = show(output, &received);
            if shown.is_err() {
                break;
            }
        }
        drop(ended.send(shown));
    });
    end
}

fn show(output: Output, received: &Received) -> io::Result<()> {
    if output.is_json() { output.line(&Object::of(received)) } else { output.text(&line(received)) }
}

#[derive(Serialize)]
struct Object<'a> {
    event_id: Option<&'a str>,
    event_type: Option<&'a str>,
    occurred_at: Option<String>,
    verified: bool,
    duplicate: bool,
    reason: Option<&'a str>,
    /// Only if somebody was asked and answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_status: Option<u16>,
}

impl<'a> Object<'a> {
    fn of(received: &'a Received) -> Self {
        let event = received.event.as_ref();
        Self {
            event_id: event.map(|event| &*event.event_id),
            event_type: event.map(|event| &*event.event_type),
            occurred_at: event.and_then(|event| event.occurred_at).map(|at| at.to_string()),
            verified: received.verified,
            duplicate: received.duplicate,
            reason: received.reason.as_deref(),
            target_status: received.target_status.map(|status| status.as_u16()),
        }
    }
}

/// Time, event, id, and what became of it.
fn line(received: &Received) -> String {
    let time = received.received_at.strftime("%H:%M:%SZ");
    let (event_type, event_id) =
        received.event.as_ref().map_or(("-", "-"), |event| (&*event.event_type, &*event.event_id));
    let (style, word) = match received {
        Received { verified: false, .. } => (BAD, "refused"),
        Received { duplicate: true, .. } => (AGAIN, "duplicate"),
        _ => (GOOD, "verified"),
    };
    let status = received.status.as_u16();
    let rest = match (&received.reason, received.target_status) {
        (Some(reason), _) => format!("  {BAD}{status}: {}{BAD:#}", clean::line(reason)),
        (None, Some(target)) => format!("  the target answered {}", target.as_u16()),
        (None, None) => String::new(),
    };
    format!("{time}  {:<29}  {event_id:<36}  {style}{word}{style:#}{rest}", clean::line(event_type))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use jiff::Timestamp;

    use super::*;
    use crate::receiver::Told;

    #[test]
    fn a_line_obeys_no_escape_and_stays_one() {
        let received = Received {
            received_at: Timestamp::UNIX_EPOCH,
            status: StatusCode::OK,
            event: Some(Told {
                event_id: "018f4a2b-1234-7000-8abc-def012345678".to_owned(),
                event_type: "evil\n\u{1b}[2J".to_owned(),
                occurred_at: None,
            }),
            verified: true,
            duplicate: true,
            reason: Some("no\nsecond line".to_owned()),
            target_status: None,
        };
        let text = anstream::adapter::strip_str(&line(&received)).to_string();
        assert_eq!(
            text,
            "00:00:00Z  evil \\u{1b}[2J                018f4a2b-1234-7000-8abc-def012345678  duplicate  200: no second line"
        );
    }
}
