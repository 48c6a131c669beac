//! Long names and addresses, which a narrow page breaks where one of their parts ends.

use askama::filters::HtmlSafe;

use super::json::escape;

/// Escaped HTML.
#[derive(Debug)]
pub(super) struct BreakableText<'a>(&'a str);

impl HtmlSafe for BreakableText<'_> {}

impl std::fmt::Display for BreakableText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, part) in self.0.split_inclusive(['.', '_', '@', '/', ':']).enumerate() {
            let mut escaped = String::new();
            escape(part, &mut escaped);
            write!(f, "{}{escaped}", if at == 0 { "" } else { "<wbr>" })?;
        }
        Ok(())
    }
}

/// `booking.certificate_available` may be broken after its dot and underscore.
pub(super) fn breakable(text: &str) -> BreakableText<'_> {
    BreakableText(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ends_of_parts_are_places_to_break() {
        for (text, html) in [
            ("booking.equipment_late", "booking.<wbr>equipment_<wbr>late"),
            ("<b>@x", "&lt;b&gt;@<wbr>x"),
            ("Amara Okafor", "Amara Okafor"),
            ("", ""),
        ] {
            assert_eq!(breakable(text).to_string(), html);
        }
    }
}
