//! Annotations of a GitHub workflow: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.

use openapi_drift::{Level, one_line as plain};

use super::{
    origin::Origin,
    report::{Item, Report},
};

pub fn write(report: &Report) -> String {
    let mut text = String::new();
    for item in &report.changes {
        text += &line(item, report);
    }
    for note in &report.unfit_assumptions {
        text += &format!("::warning file=spec/bls.overlay.json,title=overlay::{}\n", message(note));
    }
    for ignore in &report.stale_ignores {
        let said = format!("{} is ignored and no longer there: {}", ignore.fingerprint, ignore.reason);
        text += &format!("::warning title=ignore file::{}\n", message(&said));
    }
    text += &format!("::notice title=API drift::{}\n", message(&report.summary()));
    text
}

fn line(item: &Item, report: &Report) -> String {
    let kind = match item.change.level {
        Level::Breaking => "error",
        Level::Risky => "warning",
        Level::Compatible | Level::Cosmetic => "notice",
    };
    let file = match item.origin {
        Some(Origin::Published) => "spec/bls.openapi.json",
        Some(Origin::Assumed) => "spec/bls.overlay.json",
        None => report.new.as_str(),
    };
    let mut said = format!("{} ({})", item.change.sentence, item.change.pointer);
    for (word, names) in [("facade", &item.facade), ("raw", &item.raw)] {
        if !names.is_empty() {
            said += &format!("; {word}: {}", names.join(", "));
        }
    }
    format!("::{kind} file={},title={}::{}\n", property(file), property(item.change.rule.id()), message(&said))
}

fn message(text: &str) -> String {
    plain(text).replace('%', "%25")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_an_annotation() {
        assert_eq!(message("100%\r\n::error::x"), "100%25  ::error::x");
        assert_eq!(property("a,b:c%0A\n"), "a%2Cb%3Ac%250A ");
    }
}
