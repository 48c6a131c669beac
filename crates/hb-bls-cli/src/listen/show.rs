//! Shows each delivery as it comes.

use std::io;

use anstyle::{AnsiColor, Style};
use tokio::sync::{mpsc, oneshot};

use crate::{
    output::{self, Output, sanitise},
    receiver::Received,
    when,
};

const GOOD: Style = AnsiColor::Green.on_default();
const AGAIN: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();
/// On terminals with fewer columns, ids are shortened.
const ROOMY: usize = 110;

/// Shows what is received until the senders are gone. The receiver gets how that ended.
pub fn start(output: Output, mut received: mpsc::Receiver<Received>) -> oneshot::Receiver<io::Result<()>> {
    output::as_it_comes(move || received.blocking_recv(), move |received| show(output, received))
}

fn show(output: Output, received: &Received) -> io::Result<()> {
    if output.is_json() {
        output.line(received)
    } else {
        output.text(&line(received, output::width().map(usize::from)))
    }
}

/// Time, event, id, and what became of it.
fn line(received: &Received, width: Option<usize>) -> String {
    let time = when::second(received.received_at);
    let event_type = sanitise::line(received.event.event_type.as_deref().unwrap_or("-"));
    let event_id = received.event.event_id.as_deref().unwrap_or("-");
    let (style, word) = match received {
        Received { verified: false, .. } => (BAD, "refused"),
        Received { duplicate: true, .. } => (AGAIN, "duplicate"),
        _ => (GOOD, "verified"),
    };
    let status = received.status.as_u16();
    let rest = match (&received.reason, received.target_status) {
        // the hint is in the response and in JSON
        (Some(reason), _) => format!("  {status}: {}", sanitise::line(reason.split("; ").next().unwrap_or(reason))),
        (None, Some(target)) => format!("  the target responded with {target}"),
        (None, None) => String::new(),
    };
    let ids = if width.is_some_and(|width| width < ROOMY) { 8 } else { 36 };
    let before = format!("{time}  {event_type:<29}  {event_id:<ids$.ids$}  ");
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(before.chars().count() + word.len()));
    let bad = if received.reason.is_some() { BAD } else { Style::new() };
    format!("{before}{style}{word}{style:#}{bad}{}{bad:#}", cut(rest, room))
}

fn cut(text: String, room: usize) -> String {
    if text.chars().count() <= room {
        return text;
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use jiff::Timestamp;

    use super::*;
    use crate::receiver::EventSummary;

    #[test]
    fn a_line_obeys_no_escape_stays_one_and_fits() {
        let received = Received {
            received_at: Timestamp::UNIX_EPOCH,
            status: StatusCode::OK,
            event: EventSummary {
                event_id: Some("018f4a2b-1234-7000-8abc-def012345678".to_owned()),
                event_type: Some("evil\n\u{1b}[2J".to_owned()),
                occurred_at: None,
            },
            verified: true,
            duplicate: true,
            reason: Some("no\nsecond line".to_owned()),
            target_status: None,
        };
        let plain = |width| anstream::adapter::strip_str(&line(&received, width)).to_string();
        assert_eq!(
            plain(None),
            "01:00:00  evil \\u{1b}[2J                 018f4a2b-1234-7000-8abc-def012345678  duplicate  200: no second line"
        );
        assert_eq!(
            plain(Some(80)),
            "01:00:00  evil \\u{1b}[2J                 018f4a2b  duplicate  200: no second li…"
        );
        assert_eq!(plain(Some(80)).chars().count(), 80);
    }
}
