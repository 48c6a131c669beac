//! Rust as a line of text.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// Rust on one line, paths into other crates and to the crate's root reduced to what a reader needs.
pub fn text(tokens: &impl ToTokens) -> String {
    let mut out = String::new();
    write(tokens.to_token_stream(), &mut out);
    shortened(out.trim_end_matches([' ', ',']))
}

fn write(tokens: TokenStream, out: &mut String) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let needs_space = out.ends_with(|last: char| last.is_alphanumeric() || "_>)]}\"".contains(last));
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => (" { ", " }"),
                    Delimiter::None => ("", ""),
                };
                if ends_with_keyword(out) || (open == "[" && needs_space) {
                    out.push(' ');
                }
                out.push_str(open);
                write(group.stream(), out);
                out.truncate(out.trim_end_matches(", ").len());
                out.push_str(close);
            }
            TokenTree::Punct(punct) => {
                let next = tokens.peek().and_then(|next| match next {
                    TokenTree::Punct(next) => Some(next.as_char()),
                    _ => None,
                });
                let pair = punct.spacing() == Spacing::Joint
                    && matches!((punct.as_char(), next), (':', Some(':')) | ('-', Some('>')) | ('=', Some('>')));
                if pair {
                    tokens.next();
                }
                match (punct.as_char(), pair) {
                    (':', true) if ends_with_keyword(out) => out.push_str(" ::"),
                    (':', true) => out.push_str("::"),
                    ('-', true) => out.push_str(" -> "),
                    (',' | ':' | ';', _) => out.extend([punct.as_char(), ' ']),
                    ('=' | '+', _) => out.extend([' ', punct.as_char(), ' ']),
                    ('&' | '*' | '\'' | '<' | '$', _) if ends_with_keyword(out) => out.extend([' ', punct.as_char()]),
                    (other, _) => out.push(other),
                }
            }
            TokenTree::Ident(ident) => {
                if needs_space {
                    out.push(' ');
                }
                out.push_str(&ident.to_string());
            }
            TokenTree::Literal(literal) => out.push_str(&literal.to_string()),
        }
    }
}

fn ends_with_keyword(text: &str) -> bool {
    let last = text.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    ["as", "const", "dyn", "for", "impl", "in", "mut", "where"].contains(&last) && !text.ends_with("impl<")
}

fn shortened(text: &str) -> String {
    let in_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !in_path(c)).unwrap_or(rest.len());
        let (path, after) = rest.split_at(end);
        let foreign = ["::", "std::", "core::", "alloc::", "serde::"].iter().any(|prefix| path.starts_with(prefix));
        out.push_str(if foreign {
            path.rsplit("::").next().unwrap_or(path)
        } else {
            path.trim_start_matches("super::").trim_start_matches("crate::")
        });
        let end = after.find(in_path).unwrap_or(after.len());
        out.push_str(&after[..end]);
        rest = &after[end..];
    }
    out
}
