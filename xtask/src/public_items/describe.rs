//! Writes an item as a reader would: its head, then what is below it, without bodies, docs and long paths.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{
    Attribute, Fields, FnArg, ImplItem, Item, ItemImpl, ItemMacro, Pat, Signature, TraitItem, Type, WherePredicate,
};

use super::{is_public, text::text};

/// What nearly everything implements, derived or by hand.
const PLAIN_TRAITS: [&str; 4] = ["Clone", "Debug", "PartialEq", "PartialOrd"];

/// A public item's head and the lines below it.
pub fn describe(item: &Item, impls: &[ItemImpl]) -> Option<(String, Vec<String>)> {
    let (vis, attributes, head, mut below) = match item {
        Item::Const(it) => (&it.vis, &it.attrs, format!("const {}: {}", it.ident, text(&it.ty)), Vec::new()),
        Item::Static(it) => (&it.vis, &it.attrs, format!("static {}: {}", it.ident, text(&it.ty)), Vec::new()),
        Item::Type(it) => {
            (&it.vis, &it.attrs, format!("type {}{} = {}", it.ident, text(&it.generics), text(&it.ty)), Vec::new())
        }
        Item::Fn(it) => (&it.vis, &it.attrs, signature(&it.sig), Vec::new()),
        Item::Struct(it) => {
            let (inline, below) = fields(&it.fields, false);
            (&it.vis, &it.attrs, format!("struct {}{}{inline}", it.ident, text(&it.generics)), below)
        }
        Item::Enum(it) => {
            let variant = |variant: &syn::Variant| {
                let (inline, below) = fields(&variant.fields, true);
                let below = if below.is_empty() { String::new() } else { format!(" {{ {} }}", below.join(", ")) };
                format!("{}{inline}{below}", variant.ident)
            };
            let variants = sorted(it.variants.iter().map(variant));
            (&it.vis, &it.attrs, format!("enum {}{}", it.ident, text(&it.generics)), variants)
        }
        Item::Trait(it) => {
            let bounds = if it.supertraits.is_empty() { String::new() } else { format!(": {}", text(&it.supertraits)) };
            let items = sorted(it.items.iter().filter_map(trait_item));
            (&it.vis, &it.attrs, format!("trait {}{}{bounds}", it.ident, text(&it.generics)), items)
        }
        Item::Macro(call) => {
            let (head, mut below) = defined_by_macro(call)?;
            below.extend(sorted(impls.iter().filter(|block| block.trait_.is_none()).flat_map(inherent)));
            return Some((head, below));
        }
        _ => return None,
    };
    if !is_public(vis) {
        return None;
    }
    below.extend(sorted(impls.iter().filter(|block| block.trait_.is_none()).flat_map(inherent)));
    below.extend(derives(attributes));
    below.extend(sorted(impls.iter().filter_map(trait_impl)));
    let open = attributes.iter().any(|attribute| attribute.path().is_ident("non_exhaustive"));
    Some((if open { format!("{head} (non-exhaustive)") } else { head }, below))
}

fn sorted(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines
}

/// Tuple fields are in the head, named ones below it. A variant's are public without saying so.
fn fields(fields: &Fields, all: bool) -> (String, Vec<String>) {
    let seen = |field: &&syn::Field| all || is_public(&field.vis);
    match fields {
        Fields::Unit => (String::new(), Vec::new()),
        Fields::Unnamed(_) => {
            let types = fields.iter().map(|field| if seen(&field) { text(&field.ty) } else { "_".to_owned() });
            (format!("({})", types.collect::<Vec<_>>().join(", ")), Vec::new())
        }
        Fields::Named(_) => {
            let line = |field: &syn::Field| Some(format!("{}: {}", field.ident.as_ref()?, text(&field.ty)));
            let mut lines = sorted(fields.iter().filter(seen).filter_map(line));
            if !fields.iter().all(|field| seen(&field)) {
                lines.push("private fields".to_owned());
            }
            (String::new(), lines)
        }
    }
}

fn signature(original: &Signature) -> String {
    let mut signature = original.clone();
    for input in &mut signature.inputs {
        match input {
            FnArg::Receiver(receiver) => receiver.mutability = None,
            FnArg::Typed(typed) => {
                if let Pat::Ident(name) = &mut *typed.pat {
                    name.mutability = None;
                }
            }
        }
    }
    // a bound on an associated type, as on the error of a conversion, is more than a reader wants
    if let Some(clause) = &mut signature.generics.where_clause {
        clause.predicates = std::mem::take(&mut clause.predicates)
            .into_iter()
            .filter(|predicate| !matches!(predicate, WherePredicate::Type(bound) if is_associated(&bound.bounded_ty)))
            .collect();
    }
    text(&signature)
}

fn is_associated(bounded: &Type) -> bool {
    matches!(bounded, Type::Path(path) if path.qself.is_some())
}

fn trait_item(item: &TraitItem) -> Option<String> {
    let provided = |is: bool| if is { " (provided)" } else { "" };
    Some(match item {
        TraitItem::Fn(it) => format!("{}{}", signature(&it.sig), provided(it.default.is_some())),
        TraitItem::Const(it) => format!("const {}: {}{}", it.ident, text(&it.ty), provided(it.default.is_some())),
        TraitItem::Type(it) => format!("type {}", it.ident),
        _ => return None,
    })
}

fn inherent(block: &ItemImpl) -> Vec<String> {
    let line = |item: &ImplItem| match item {
        ImplItem::Fn(it) if is_public(&it.vis) => Some(signature(&it.sig)),
        ImplItem::Const(it) if is_public(&it.vis) => Some(format!("const {}: {}", it.ident, text(&it.ty))),
        _ => None,
    };
    block.items.iter().filter_map(line).collect()
}

/// `impl FromStr (Err = ParseMoneyError)`
fn trait_impl(block: &ItemImpl) -> Option<String> {
    let (path, _) = block.trait_.as_ref()?;
    let name = text(path.segments.last()?).replace("<'de>", "");
    if PLAIN_TRAITS.contains(&name.as_str()) {
        return None;
    }
    let types = block.items.iter().filter_map(|item| match item {
        ImplItem::Type(it) => Some(format!("{} = {}", it.ident, text(&it.ty))),
        _ => None,
    });
    let types = types.collect::<Vec<_>>().join(", ");
    Some(if types.is_empty() { format!("impl {name}") } else { format!("impl {name} ({types})") })
}

fn derives(attributes: &[Attribute]) -> Option<String> {
    let lists = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let names = lists.filter_map(|attribute| attribute.meta.require_list().ok()).map(|list| text(&list.tokens));
    let names = names.collect::<Vec<_>>().join(", ");
    let traits = names.split(", ").map(|name| name.rsplit("::").next().unwrap_or(name));
    let traits = sorted(traits.filter(|name| !name.is_empty() && !PLAIN_TRAITS.contains(name)).map(str::to_owned));
    if traits.is_empty() { None } else { Some(format!("derive {}", traits.join(", "))) }
}

/// `open_enum! { Name { Variant = "value" } }`
fn defined_by_macro(call: &ItemMacro) -> Option<(String, Vec<String>)> {
    let name = super::source::name_of(&Item::Macro(call.clone()))?;
    let variants = call.mac.tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(without_attributes(group.stream())),
        _ => None,
    });
    let variants = variants.map(|tokens| text(&tokens)).unwrap_or_default();
    let variants = sorted(variants.split(", ").filter(|variant| !variant.is_empty()).map(str::to_owned));
    Some((format!("{}! {name}", text(&call.mac.path)), variants))
}

fn without_attributes(tokens: TokenStream) -> TokenStream {
    let mut after_hash = false;
    let keep = |token: &TokenTree| {
        let hash = matches!(token, TokenTree::Punct(punct) if punct.as_char() == '#');
        let attribute = after_hash && matches!(token, TokenTree::Group(_));
        after_hash = hash;
        !hash && !attribute
    };
    tokens.into_iter().filter(keep).collect()
}

/// What each type has that one of the defining macros makes, read from the macro's own source.
pub fn macro_api(item: &Item) -> Option<(String, Vec<String>)> {
    let Item::Macro(ItemMacro { ident: Some(name), mac, .. }) = item else { return None };
    let mut lines = Vec::new();
    if super::DEFINING_MACROS.iter().any(|known| name == known) {
        scan(mac.tokens.clone(), &mut lines);
    }
    if lines.is_empty() { None } else { Some((name.to_string(), sorted(lines.into_iter()))) }
}

/// Finds `pub fn`, `pub const` and `impl Trait for $name`, up to their bodies.
fn scan(tokens: TokenStream, lines: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |token: &TokenTree, word: &str| matches!(token, TokenTree::Ident(ident) if ident == word);
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            scan(group.stream(), lines);
        }
        if !is(token, "pub") && !is(token, "impl") {
            continue;
        }
        let ends = |token: &TokenTree| match token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(punct) => matches!(punct.as_char(), ';' | '='),
            _ => false,
        };
        let head: TokenStream = tokens[at..].iter().take_while(|token| !ends(token)).cloned().collect();
        let head = text(&head);
        if let Some(public) =
            head.strip_prefix("pub ").filter(|head| head.contains("fn ") || head.starts_with("const "))
        {
            lines.push(public.to_owned());
        } else if let Some(implemented) = head.strip_suffix(" for $name") {
            lines.push(implemented.replace("<'de>", ""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_reads_as_it_is_written() {
        for (code, expected) in [
            (
                "pub fn a<'a, T: Into<String> + 'a>(mut self, mut b: &'a mut [T]) -> ::std::result::Result<(), Box<dyn Error>> where T: ::std::fmt::Display {}",
                "fn a<'a, T: Into<String> + 'a>(self, b: &'a mut [T]) -> Result<(), Box<dyn Error>> where T: Display",
            ),
            (
                "pub const unsafe fn b<V>(v: V) -> impl Fn(u8) -> V where V: TryInto<crate::x::Y>, <V as TryInto<crate::x::Y>>::Error: Send {}",
                "const unsafe fn b<V>(v: V) -> impl Fn(u8) -> V where V: TryInto<x::Y>",
            ),
            ("pub const C: &'static [(u8, &str)] = &[];", "const C: &'static [(u8, &str)]"),
            (
                "pub type F<'a> = std::pin::Pin<Box<dyn ::std::future::Future<Output = ()> + Send + 'a>>;",
                "type F<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>",
            ),
        ] {
            assert_eq!(describe(&syn::parse_str(code).unwrap(), &[]).unwrap().0, expected);
        }
    }
}
