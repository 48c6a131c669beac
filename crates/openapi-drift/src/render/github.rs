//! Annotations of a GitHub workflow: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.

use super::{Entry, ReportView};
use crate::{Level, one_line as plain};

/// Writes annotations of a GitHub workflow.
pub fn write(view: &ReportView) -> String {
    let mut text = String::new();
    for entry in &view.changes {
        text += &line(entry, view);
    }
    for note in &view.notes {
        let (title, file) = &note.annotation;
        let file = file.iter().map(|file| format!("file={},", property(file))).collect::<String>();
        for entry in &note.entries {
            text += &format!("::warning {file}title={}::{}\n", property(title), message(entry));
        }
    }
    text += &format!("::notice title=API drift::{}\n", message(&view.summary()));
    text
}

fn line(entry: &Entry, view: &ReportView) -> String {
    let kind = match entry.change.level {
        Level::Breaking => "error",
        Level::Risky => "warning",
        Level::Compatible | Level::Cosmetic => "notice",
    };
    let file = entry.file.as_ref().unwrap_or(&view.new);
    let mut said = format!("{} ({})", entry.change.sentence, entry.change.pointer);
    for (word, names) in entry.touches.iter().filter(|(_, names)| !names.is_empty()) {
        said += &format!("; {word}: {}", names.join(", "));
    }
    format!("::{kind} file={},title={}::{}\n", property(file), property(entry.change.rule.id()), message(&said))
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
