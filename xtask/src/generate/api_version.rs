//! Takes out the header `api-version`, which progenitor adds to every request and the API does not know.

use quote::ToTokens as _;
use syn::{Expr, ImplItem, Item, Stmt};

const HEADER: &str = "\"api-version\"";
const MAP: &str = "header_map";

/// In all generated methods; those with headers of their own keep their map.
pub fn remove(items: &mut [Item]) {
    for item in items {
        match item {
            Item::Mod(module) => remove(module.content.as_mut().map_or(&mut [], |(_, items)| items)),
            Item::Impl(block) => {
                for function in block.items.iter_mut().filter_map(|item| match item {
                    ImplItem::Fn(function) => Some(function),
                    _ => None,
                }) {
                    without_header(&mut function.block.stmts);
                }
            }
            _ => {}
        }
    }
}

fn without_header(statements: &mut Vec<Stmt>) {
    let before = statements.len();
    statements.retain(|statement| !is_append(statement, HEADER));
    if statements.len() == before || statements.iter().any(|statement| is_append(statement, "")) {
        return;
    }
    statements.retain(|statement| !matches!(statement, Stmt::Local(local) if local.pat.to_token_stream().to_string() == format!("mut {MAP}")));
    for statement in statements {
        if let Stmt::Local(local) = statement
            && let Some(init) = &mut local.init
        {
            without_map(&mut init.expr);
        }
    }
}

/// `header_map.append(..)` with this text in it.
fn is_append(statement: &Stmt, text: &str) -> bool {
    let Stmt::Expr(Expr::MethodCall(call), _) = statement else { return false };
    call.method == "append"
        && call.receiver.to_token_stream().to_string() == MAP
        && call.args.to_token_stream().to_string().contains(text)
}

/// Drops `.headers(header_map)` from a chain of calls.
fn without_map(expression: &mut Expr) {
    match expression {
        Expr::Try(inner) => without_map(&mut inner.expr),
        Expr::MethodCall(call) => {
            without_map(&mut call.receiver);
            if call.method == "headers" && call.args.to_token_stream().to_string() == MAP {
                *expression = (*call.receiver).clone();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn the_header_goes_and_others_stay() {
        let mut file: syn::File = parse_quote! {
            mod builder {
                impl Send {
                    fn plain(self) {
                        let mut header_map = HeaderMap::with_capacity(1usize);
                        header_map.append(HeaderName::from_static("api-version"), version());
                        let mut request = client.get(url).json(&body).headers(header_map).build()?;
                    }
                    fn special(self) {
                        let mut header_map = HeaderMap::with_capacity(2usize);
                        header_map.append(HeaderName::from_static("api-version"), version());
                        header_map.append("x-trace", trace);
                        let mut request = client.get(url).headers(header_map).build()?;
                    }
                }
            }
        };
        remove(&mut file.items);
        let expected: syn::File = parse_quote! {
            mod builder {
                impl Send {
                    fn plain(self) {
                        let mut request = client.get(url).json(&body).build()?;
                    }
                    fn special(self) {
                        let mut header_map = HeaderMap::with_capacity(2usize);
                        header_map.append("x-trace", trace);
                        let mut request = client.get(url).headers(header_map).build()?;
                    }
                }
            }
        };
        assert_eq!(file.to_token_stream().to_string(), expected.to_token_stream().to_string());
    }
}
