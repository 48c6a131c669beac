//! What is told to people.

use anstyle::{AnsiColor, Style};

use super::{
    assumptions::first_sentence,
    check::Kind,
    evidence::Site,
    reach::About,
    row::{Row, Standing},
    verdict::Verdict,
};

const TITLE: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// All of it, by headings.
pub fn text(rows: &[Row]) -> String {
    let mut text = String::new();
    operations(rows, &mut text);
    findings(rows, &mut text);
    assumptions(rows, &mut text);
    conclusion(rows, &mut text);
    text.trim_end().to_owned()
}

macro_rules! line {
    ($text:expr, $($format:tt)*) => {
        *$text += &(format!($($format)*) + "\n")
    };
}

fn operations(rows: &[Row], out: &mut String) {
    line!(out, "{TITLE}{:<20} {:>6}  ANSWER{TITLE:#}", "OPERATION", "STATUS");
    let mut not_called = Vec::new();
    for row in rows {
        let Row::Operation { operation, verdict, status, text } = row else { continue };
        let style = match verdict {
            Standing::NotCalled => {
                not_called.push(*operation);
                continue;
            }
            Standing::Matches => GOOD,
            Standing::Violates | Standing::Failed => BAD,
            Standing::Differs | Standing::NotAsked => Style::new(),
        };
        let status = status.map_or_else(|| "-".to_owned(), |status| status.to_string());
        line!(out, "{operation:<20} {status:>6}  {style}{text}{style:#}");
    }
    line!(out, "Not called, and so not checked: {}\n", not_called.join(", "));
}

fn findings(rows: &[Row], out: &mut String) {
    let mut first = true;
    for row in rows {
        let Row::Finding { site: Site { operation, path }, verdict, text } = row else { continue };
        if std::mem::take(&mut first) {
            line!(out, "{TITLE}FINDINGS{TITLE:#}");
        }
        let (style, name) = match verdict {
            Kind::Violation => (BAD, "violation"),
            Kind::UnknownField => (Style::new(), "unknown field"),
            Kind::UnknownValue => (Style::new(), "unknown value"),
            Kind::MissingField => (Style::new(), "missing field"),
            Kind::MissingHeader => (Style::new(), "missing header"),
            Kind::OtherStatus => (Style::new(), "other status"),
        };
        line!(out, "{style}{name:<14}{style:#}  {operation} {TITLE}{path}{TITLE:#}: {text}");
    }
    if !first {
        out.push('\n');
    }
}

fn assumptions(rows: &[Row], out: &mut String) {
    line!(out, "{TITLE}ASSUMPTIONS{TITLE:#}");
    for (wanted, name, style) in [
        (Verdict::Refuted, "refuted", BAD),
        (Verdict::Confirmed, "confirmed", GOOD),
        (Verdict::Partly, "in part", GOOD),
        (Verdict::NotMet, "not met", Style::new()),
    ] {
        for row in rows {
            let Row::Assumption { verdict, text, seen, judged, refuted_by, .. } = row else { continue };
            if *verdict != wanted {
                continue;
            }
            let part = if wanted == Verdict::Partly { format!(" ({seen} of {judged} seen)") } else { String::new() };
            line!(out, "{style}{name:<9}{style:#}  {}{part}", first_sentence(text));
            for counter in refuted_by {
                let Site { operation, path } = &counter.site;
                line!(out, "{:11}{operation} {TITLE}{path}{TITLE:#}: {}", "", counter.text);
            }
        }
    }
    let hidden = |wanted| {
        let fits = |row: &&Row| matches!(row, Row::Assumption { verdict: Verdict::NotJudged, not_judged, .. } if *not_judged == Some(wanted));
        rows.iter().filter(fits).count()
    };
    line!(
        out,
        "Not to be judged by reading: {} about requests, {} about answers of operations that are not called,\n\
         {} about webhook deliveries\n",
        hidden(About::Requests),
        hidden(About::OtherAnswers),
        hidden(About::Deliveries)
    );
}

fn conclusion(rows: &[Row], out: &mut String) {
    let has = |wanted: &dyn Fn(&Row) -> bool| rows.iter().any(wanted);
    let failed = has(&|row| matches!(row, Row::Operation { verdict: Standing::Failed, .. }));
    let violated = has(&|row| matches!(row, Row::Finding { verdict: Kind::Violation, .. }));
    let differs = has(&|row| matches!(row, Row::Finding { .. }));
    let refuted = has(&|row| matches!(row, Row::Assumption { verdict: Verdict::Refuted, .. }));
    let text = match (violated, differs || refuted) {
        // the error says it
        (true, _) => return,
        _ if failed => return,
        (_, true) => "Nothing contradicts the document; there is more or less in the answers than it says.",
        (_, false) => "All is well: every answer is what the document says.",
    };
    line!(out, "{text}");
}
