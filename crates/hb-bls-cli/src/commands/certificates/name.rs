//! The file name of a certificate.

use std::str::FromStr;

use hb_bls::Booking;

/// How files are called unless something else is asked for.
pub const USUAL: &str = "{date} {name} (booking {id})";

/// Names are cut after this many bytes; file systems allow 255 for all of it.
const LONGEST: usize = 120;

/// How to call the files.
#[derive(Debug, Clone)]
pub struct Template(String);

impl FromStr for Template {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let rest = ["{date}", "{name}", "{id}"].iter().fold(text.to_owned(), |text, part| text.replace(part, ""));
        if !text.contains("{id}") {
            return Err("without {id}, two candidates of one name would share a file");
        }
        if rest.contains(['{', '}']) {
            return Err("only {date}, {name} and {id} are known");
        }
        if rest.contains(is_unusable) {
            return Err("a character of it cannot be in the name of a file; --dir names the folder");
        }
        Ok(Self(text.strip_suffix(".pdf").unwrap_or(text).to_owned()))
    }
}

impl Template {
    /// The name for a booking's certificate. What the portal does not tell is left out.
    pub fn name(&self, booking: &Booking) -> String {
        let date = booking.start_date.as_ref().map(|start| start.date().to_string()).unwrap_or_default();
        let name = booking.candidate.as_ref().and_then(|candidate| candidate.name.as_deref()).unwrap_or_default();
        // the name last, since it may contain anything
        let text = self.0.replace("{date}", &date).replace("{id}", &booking.id.to_string());
        let text = text.replace("{name}", &usable(name));
        let words: Vec<_> = text.split_whitespace().collect();
        format!("{}.pdf", words.join(" ").trim_start_matches(['.', ' ']))
    }
}

/// A name without what some system does not allow in the name of a file.
fn usable(name: &str) -> String {
    let name: String = name.chars().map(|char| if is_unusable(char) { ' ' } else { char }).collect();
    let end = (0..=LONGEST.min(name.len())).rev().find(|end| name.is_char_boundary(*end)).unwrap_or_default();
    name[..end].to_owned()
}

fn is_unusable(char: char) -> bool {
    char.is_control() || r#"/\:*?"<>|"#.contains(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn booking(name: Option<&str>, start: Option<&str>) -> Booking {
        let candidate = serde_json::json!({ "name": name });
        serde_json::from_value(serde_json::json!({ "id": 12, "candidate": candidate, "start_date": start })).unwrap()
    }

    fn named(template: &str, name: Option<&str>, start: Option<&str>) -> String {
        template.parse::<Template>().unwrap().name(&booking(name, start))
    }

    #[test]
    fn files_are_named_after_the_day_and_the_person() {
        let start = Some("2026-06-12T23:30:00Z");
        assert_eq!(named(USUAL, Some("Amara Okafor"), start), "2026-06-13 Amara Okafor (booking 12).pdf", "in London");
        assert_eq!(named(USUAL, None, None), "(booking 12).pdf");
        assert_eq!(named("{name} {id}.pdf", Some("Zoë {id}"), start), "Zoë {id} 12.pdf");
    }

    #[test]
    fn no_name_leaves_the_folder_or_is_too_long() {
        assert_eq!(named("{name} {id}", Some("../../etc/passwd\0\n"), None), "etc passwd 12.pdf");
        assert_eq!(named("{name} {id}", Some(r"C:\con*?"), None), "C con 12.pdf");
        let long = named(USUAL, Some(&"Łódź ".repeat(99)), Some("2026-06-12T09:00:00Z"));
        assert!(long.len() < 160 && long.ends_with(" (booking 12).pdf"), "{long}");
    }

    #[test]
    fn templates_that_cannot_work_are_refused() {
        for (template, why) in
            [("{name}", "share a file"), ("{id} {surname}", "are known"), ("a/{id}", "--dir"), ("{id}\0", "--dir")]
        {
            let error = template.parse::<Template>().unwrap_err();
            assert!(error.contains(why), "{template}: {error}");
        }
    }
}
