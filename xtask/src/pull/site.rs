//! Reads a site's index, and takes the OpenAPI document out of a page.

use std::collections::BTreeSet;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::folder;

/// The heading above a page's document.
const HEADING: &str = "OpenAPI Specification";

/// A link of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub target: String,
    /// The headings above it and the words before it, as far as they may name folders.
    pub path: Vec<String>,
}

/// What the number at the end of a page's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One operation.
    Endpoint,
    /// One schema.
    Schema,
    /// Prose.
    Text,
    /// The name has no number.
    Unknown,
}

/// The links to pages, in the order of the index, each once.
pub fn links(index: &str) -> Vec<Link> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut headings = Vec::<(HeadingLevel, String)>::new();
    let mut words = String::new();
    let mut in_entry = false;
    for event in Parser::new(index) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                headings.retain(|(above, _)| *above < level);
                headings.push((level, String::new()));
                words.clear();
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((_, text)) = headings.last_mut() {
                    *text = std::mem::take(&mut words);
                }
            }
            Event::Start(Tag::Item) => {
                words.clear();
                in_entry = true;
            }
            // further links of an entry belong to its description
            Event::Start(Tag::Link { dest_url, .. }) if in_entry && is_page(&dest_url) => {
                in_entry = false;
                let above = headings.iter().filter(|(level, _)| *level > HeadingLevel::H1);
                let parts = above.flat_map(|(_, text)| folder::split(text));
                let path = parts.chain(words.split('>').flat_map(folder::split)).collect();
                if seen.insert(dest_url.to_string()) {
                    found.push(Link { target: dest_url.into_string(), path });
                }
            }
            Event::Text(text) | Event::Code(text) => words += &text,
            _ => {}
        }
    }
    found
}

fn is_page(target: &str) -> bool {
    target.split(['?', '#']).next().is_some_and(|path| path.ends_with(".md"))
}

/// What kind of page a link leads to, and the number of the page, which grows with each new one.
pub fn kind(target: &str) -> (Kind, Option<u64>) {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let name = path.strip_suffix(".md").unwrap_or(path).rsplit(['/', '-']).next().unwrap_or_default();
    let read = || {
        let name = name.strip_suffix('0')?;
        let kind = match name.chars().next_back()? {
            'e' => Kind::Endpoint,
            'd' => Kind::Schema,
            'm' => Kind::Text,
            _ => return None,
        };
        Some((kind, Some(name[..name.len() - 1].parse().ok()?)))
    };
    read().unwrap_or((Kind::Unknown, None))
}

/// Why a page's document cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// There is a heading and nothing below it.
    #[error("has the heading `{HEADING}` and no code block below it")]
    NoBlock,
    /// The page breaks off inside.
    #[error("its code block has no end: the page is incomplete")]
    NoEnd,
}

/// The text of the code block below the heading. `None` if the page has no such heading.
pub fn specification(page: &str) -> Result<Option<String>, PageError> {
    let mut heading = String::new();
    let mut below = false;
    let mut block: Option<String> = None;
    for (event, range) in Parser::new_ext(page, Options::empty()).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. }) => heading.clear(),
            Event::End(TagEnd::Heading(_)) => {
                if below {
                    return Err(PageError::NoBlock);
                }
                below = heading.trim().eq_ignore_ascii_case(HEADING);
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) if below => block = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => {
                if let Some(text) = block {
                    let whole = &page[range];
                    let fence = whole.lines().next_back().unwrap_or_default().trim();
                    let ends = whole.lines().count() > 1 && fence.len() >= 3;
                    let ends = ends && (fence.trim_matches('`').is_empty() || fence.trim_matches('~').is_empty());
                    return if ends { Ok(Some(text)) } else { Err(PageError::NoEnd) };
                }
            }
            Event::Text(text) => match &mut block {
                Some(block) => block.push_str(&text),
                None => heading += &text,
            },
            Event::Code(text) => heading += &text,
            _ => {}
        }
    }
    if below { Err(PageError::NoBlock) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_gives_links_and_where_they_stand() {
        let index = "# Portal\n\n## Docs\n- Guides [Start](https://p.example/start-1m0.md): see [it](https://p.example/other-9e0.md)\n\n\
            ## API Docs\n- Virtual BLS APIs > Bookings [Get (a) `booking`](https://p.example/get-2e0.md): Gets [one].\n\
            - [Bare](get-3e0.md)\n- [Again](get-3e0.md)\n- [Site](https://p.example/)\n\n### Virtual BLS APIs\n#### Webhooks\n- [W](/w.md?x=1)\n";
        let texts: Vec<String> =
            links(index).iter().map(|link| format!("{} {}", link.target, link.path.join("/"))).collect();
        assert_eq!(
            texts,
            [
                "https://p.example/start-1m0.md Docs/Guides",
                "https://p.example/get-2e0.md API Docs/Virtual BLS APIs/Bookings",
                "get-3e0.md API Docs",
                "/w.md?x=1 API Docs/Virtual BLS APIs/Webhooks",
            ]
        );
    }

    #[test]
    fn names_tell_the_kind_of_page() {
        for (target, expected) in [
            ("https://p.example/get-a-booking-23619754e0.md", (Kind::Endpoint, Some(23_619_754))),
            ("booking-77d0.md?x", (Kind::Schema, Some(77))),
            ("start-1m0.md", (Kind::Text, Some(1))),
            ("23e0.md", (Kind::Endpoint, Some(23))),
            ("welcome0.md", (Kind::Unknown, None)),
            ("é0.md", (Kind::Unknown, None)),
            ("0.md", (Kind::Unknown, None)),
            ("overview.md", (Kind::Unknown, None)),
        ] {
            assert_eq!(kind(target), expected, "{target}");
        }
    }

    #[test]
    fn the_block_below_the_heading_is_taken() {
        let page = "# Get\n\n```yaml\nnot: this\n```\n\n## OpenAPI Specification\n\n````yaml\nopenapi: 3.0.1\n  d: |\n    ```json\n    ```\n````\ntail\n";
        assert_eq!(specification(page), Ok(Some("openapi: 3.0.1\n  d: |\n    ```json\n    ```\n".to_owned())));
        assert_eq!(specification("# Prose\n\n```yaml\na: 1\n```\n"), Ok(None));
        assert_eq!(specification("## OpenAPI Specification\n\nnothing\n"), Err(PageError::NoBlock));
        assert_eq!(specification("## OpenAPI Specification\n\n# Next\n```\na\n```\n"), Err(PageError::NoBlock));
        for cut in ["```yaml\nopenapi: 3.0.1\npa", "```yaml", "```yaml\na: 1\n``"] {
            assert_eq!(specification(&format!("## OpenAPI Specification\n\n{cut}")), Err(PageError::NoEnd), "{cut}");
        }
    }
}
