//! Keeps personal data out of messages: the portal's may repeat what was sent.

const MASK: &str = "[hidden]";
/// Phone numbers are longer than this; ids, prices and times of day are not.
const DIGITS: usize = 7;

/// Hides these values wherever they stand.
pub(super) fn mask(text: &str, hidden: &[String]) -> String {
    let mut hidden: Vec<&str> = hidden.iter().map(String::as_str).filter(|value| value.chars().count() > 1).collect();
    // what contains another value goes first
    hidden.sort_by_key(|value| std::cmp::Reverse(value.len()));
    hidden.iter().fold(text.to_owned(), |text, value| without(&text, value))
}

/// In whatever case the portal repeats it.
fn without(text: &str, value: &str) -> String {
    let (lower, value) = (text.to_lowercase(), value.to_lowercase());
    if lower.len() != text.len() {
        // few letters change their length with their case, and then places do not compare
        return if lower.contains(&value) { MASK.to_owned() } else { text.to_owned() };
    }
    let (mut out, mut end) = (String::with_capacity(text.len()), 0);
    for (start, found) in lower.match_indices(&value) {
        let (Some(before), true) = (text.get(end..start), text.is_char_boundary(start + found.len())) else {
            return MASK.to_owned();
        };
        out += before;
        out += MASK;
        end = start + found.len();
    }
    out + &text[end..]
}

/// Hides these values, and what looks personal: addresses, phone numbers, URLs and whatever is quoted.
pub(super) fn mask_of_portal(text: &str, hidden: &[String]) -> String {
    let text = quoted(&mask(text, hidden));
    let words = text.split(' ').map(|word| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let date = word.chars().filter(|char| *char == '-').count() == 2;
        if word.contains('@') || word.contains("://") || (digits >= DIGITS && !date) { MASK } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Hides what stands between double quotes, straight or not.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(['"', '\u{201c}']) {
        let (before, from) = rest.split_at(start);
        let mut inside = from.chars();
        inside.next();
        let Some(end) = inside.as_str().find(['"', '\u{201d}']) else { break };
        out.push_str(before);
        out.push_str(MASK);
        let mut after = inside.as_str()[end..].chars();
        after.next();
        rest = after.as_str();
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_personal_is_hidden() {
        for (text, masked) in [
            ("The email ada@example.com is taken.", "The email [hidden] is taken."),
            ("\"Ada Lovelace\" has a booking.", "[hidden] has a booking."),
            ("\u{201c}Ada\u{201d} has one", "[hidden] has one"),
            ("Call +447700900123 first", "Call [hidden] first"),
            ("Not https://a.example/?key=1 please", "Not [hidden] please"),
            ("The date must be after 2026-06-05, 60 a minute.", "The date must be after 2026-06-05, 60 a minute."),
            ("an \"open quote", "an \"open quote"),
        ] {
            assert_eq!(mask_of_portal(text, &[]), masked);
        }
    }

    #[test]
    fn what_was_sent_is_hidden() {
        let sent = ["Ada".to_owned(), "Ada Lovelace".to_owned(), "x".to_owned()];
        assert_eq!(mask("Ada Lovelace, not Ada, xyz", &sent), "[hidden], not [hidden], xyz");
        assert_eq!(mask("ADA LOVELACE and ada", &sent), "[hidden] and [hidden]");
        assert_eq!(mask("Şükran and MCKAY", &["McKay".to_owned()]), "Şükran and [hidden]");
        // a letter that is longer in lower case
        assert_eq!(mask("İ, McKay", &["mckay".to_owned()]), "[hidden]");
    }
}
