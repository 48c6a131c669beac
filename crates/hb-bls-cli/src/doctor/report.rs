//! The report for people.

use anstyle::{AnsiColor, Style};

use super::{
    assumptions::{About, Assumption, Verdict, first_sentence},
    check::Kind,
    evidence::ResponsePath,
    row::{OperationVerdict, Row},
};

const PLAIN: Style = Style::new();
const TITLE: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

macro_rules! line {
    ($text:expr, $($format:tt)*) => {
        *$text += &(format!($($format)*) + "\n")
    };
}

/// All of it, by headings.
pub fn text(rows: &[Row]) -> String {
    let mut text = String::new();
    operations(rows, &mut text);
    findings(rows, &mut text);
    let all: Vec<_> =
        rows.iter().filter_map(|row| if let Row::Assumption(one) = row { Some(one) } else { None }).collect();
    if !all.is_empty() {
        assumptions(&all, &mut text);
    }
    let failed = rows.iter().any(|row| matches!(row, Row::Operation { verdict: OperationVerdict::Failed, .. }));
    let violated = rows.iter().any(|row| matches!(row, Row::Finding(finding) if finding.kind == Kind::Violation));
    let differs = rows.iter().any(|row| matches!(row, Row::Finding(_)));
    // else the error says it
    if !failed && !violated {
        text += if differs {
            "Nothing contradicts the document; the responses have more or less than it says."
        } else {
            "All is well: every response is what the document says."
        };
    }
    text.trim_end().to_owned()
}

fn operations(rows: &[Row], out: &mut String) {
    line!(out, "{TITLE}{:<20} {:>6}  RESPONSE{TITLE:#}", "OPERATION", "STATUS");
    let mut not_called = Vec::new();
    for row in rows {
        let Row::Operation { operation, verdict, status, text } = row else { continue };
        let style = match verdict {
            OperationVerdict::NotCalled => {
                not_called.push(*operation);
                continue;
            }
            OperationVerdict::Matches => GOOD,
            OperationVerdict::Violates | OperationVerdict::Failed => BAD,
            OperationVerdict::Differs | OperationVerdict::NotAsked => PLAIN,
        };
        let status = status.map_or_else(|| "-".to_owned(), |status| status.to_string());
        line!(out, "{operation:<20} {status:>6}  {style}{text}{style:#}");
    }
    line!(out, "Not called, and so not checked: {}\n", not_called.join(", "));
}

fn findings(rows: &[Row], out: &mut String) {
    let mut first = true;
    for row in rows {
        let Row::Finding(finding) = row else { continue };
        if std::mem::take(&mut first) {
            line!(out, "{TITLE}FINDINGS{TITLE:#}");
        }
        let (style, name) = match finding.kind {
            Kind::Violation => (BAD, "violation"),
            Kind::UnknownField => (PLAIN, "unknown field"),
            Kind::UnknownValue => (PLAIN, "unknown value"),
            Kind::MissingField => (PLAIN, "missing field"),
            Kind::MissingHeader => (PLAIN, "missing header"),
            Kind::OtherStatus => (PLAIN, "other status"),
        };
        let ResponsePath { operation, path } = &finding.place;
        line!(out, "{style}{name:<14}{style:#}  {operation} {TITLE}{path}{TITLE:#}: {}", finding.text);
    }
    if !first {
        out.push('\n');
    }
}

fn assumptions(all: &[&Assumption], out: &mut String) {
    line!(out, "{TITLE}ASSUMPTIONS{TITLE:#}");
    for (wanted, name, style) in [
        (Verdict::Refuted, "refuted", BAD),
        (Verdict::Confirmed, "confirmed", GOOD),
        (Verdict::Partly, "in part", GOOD),
        (Verdict::NotMet, "not met", PLAIN),
    ] {
        for Assumption { text, seen, judged, refuted_by, .. } in all.iter().filter(|one| one.verdict == wanted) {
            let part = if wanted == Verdict::Partly { format!(" ({seen} of {judged} seen)") } else { String::new() };
            line!(out, "{style}{name:<9}{style:#}  {}{part}", first_sentence(text));
            for counter in refuted_by {
                let ResponsePath { operation, path } = &counter.place;
                line!(out, "{:11}{operation} {TITLE}{path}{TITLE:#}: {}", "", counter.text);
            }
        }
    }
    let hidden =
        |about| all.iter().filter(|one| one.verdict == Verdict::NotJudged && one.not_judged == Some(about)).count();
    line!(
        out,
        "Cannot be judged by reading: {} about requests, {} about responses of operations that are not called,\n\
         {} about webhook deliveries\n",
        hidden(About::Requests),
        hidden(About::OtherResponses),
        hidden(About::Deliveries)
    );
}
