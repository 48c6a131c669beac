//! Keeps personal data out of messages: the portal's may repeat what was sent.

const MASK: &str = "[hidden]";
/// Phone numbers are longer than this; ids, prices and times of day are not.
const DIGITS: usize = 7;

/// Hides these values wherever they stand as words of their own: `Po` is no part of `portal`.
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
    let (mut out, mut end, mut from) = (String::with_capacity(text.len()), 0, 0);
    while let Some(start) = lower[from..].find(&value).map(|at| from + at) {
        let after = start + value.len();
        if !is_apart(&lower, start, after) {
            // what follows may overlap it
            from = start + lower[start..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        let (Some(before), true) = (text.get(end..start), text.is_char_boundary(after)) else {
            return MASK.to_owned();
        };
        out += before;
        out += MASK;
        (end, from) = (after, after);
    }
    out + &text[end..]
}

/// Whether neither end is in the middle of a word. Other scripts do without spaces, so this is about ASCII alone.
fn is_apart(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let is_word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let within = |at: usize| at > 0 && is_word(at - 1) && is_word(at);
    !within(start) && !within(end)
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
    fn what_is_part_of_another_word_is_left() {
        let sent = ["An", "Po", "42", "ana"].map(str::to_owned);
        assert_eq!(
            mask("cannot book 142 bananas at the portal, ana-42", &sent),
            "cannot book 142 bananas at the portal, [hidden]-[hidden]"
        );
        assert_eq!(mask("xa-a-a", &["a-a".to_owned()]), "xa-[hidden]");
    }

    #[test]
    fn what_was_sent_is_hidden() {
        let sent = ["Ada".to_owned(), "Ada Lovelace".to_owned(), "x".to_owned()];
        assert_eq!(mask("Ada Lovelace, not Ada, xyz", &sent), "[hidden], not [hidden], xyz");
        assert_eq!(mask("ADA LOVELACE and ada", &sent), "[hidden] and [hidden]");
        assert_eq!(mask("Şükran and MCKAY", &["McKay".to_owned()]), "Şükran and [hidden]");
        assert_eq!(
            mask("for ada's friend (ADA), ada_l and 阿ada", &sent),
            "for [hidden]'s friend ([hidden]), [hidden]_l and 阿[hidden]"
        );
        assert_eq!(mask("王小明已经预订", &["小明".to_owned()]), "王[hidden]已经预订");
        // a letter that is longer in lower case
        assert_eq!(mask("İ, McKay", &["mckay".to_owned()]), "[hidden]");
    }
}
