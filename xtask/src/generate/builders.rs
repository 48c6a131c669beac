//! Removes the builders of types that come only in responses. typify writes one for every type, and they are four
//! fifths of what it writes; a caller composes only what requests send.

use std::collections::{BTreeMap, BTreeSet};

use syn::{
    File, Ident, ImplItem, Item, ItemImpl, ItemMod, Path, Type,
    visit_mut::{self, VisitMut},
};

/// Keeps the builders of request bodies and of the types within them.
pub fn keep_those_of_requests(file: &mut File) {
    let Some(at) = file.items.iter().position(|item| matches!(item, Item::Mod(module) if module.ident == "types"))
    else {
        return;
    };
    let mut types = file.items.remove(at);
    let mut named = Named::default();
    named.visit_file_mut(file);
    if let Item::Mod(types) = &mut types {
        remove(types, &needed(types, named.builders));
    }
    file.items.insert(at, types);
}

/// These, and every type that they are made of.
fn needed(types: &ItemMod, wanted: BTreeSet<String>) -> BTreeSet<String> {
    let mut parts = BTreeMap::new();
    for item in content(types) {
        if let Item::Struct(structure) = item {
            let mut named = Named::default();
            named.visit_fields_mut(&mut structure.fields.clone());
            parts.insert(structure.ident.to_string(), named.types);
        }
    }
    let mut needed = BTreeSet::new();
    let mut open = Vec::from_iter(wanted);
    while let Some(name) = open.pop() {
        if let Some(parts) = parts.remove(&name) {
            open.extend(parts);
            needed.insert(name);
        }
    }
    needed
}

fn remove(types: &mut ItemMod, needed: &BTreeSet<String>) {
    let Some((_, items)) = &mut types.content else { return };
    items.retain_mut(|item| match item {
        Item::Impl(block) if block.trait_.is_none() && !is_needed(self_type(block), needed) => {
            block.items.retain(|item| !matches!(item, ImplItem::Fn(function) if function.sig.ident == "builder"));
            !block.items.is_empty()
        }
        Item::Mod(builders) if builders.ident == "builder" => {
            if let Some((_, items)) = &mut builders.content {
                items.retain(|item| match item {
                    Item::Struct(structure) => is_needed(Some(&structure.ident), needed),
                    Item::Impl(block) => is_needed(self_type(block), needed),
                    _ => true,
                });
            }
            true
        }
        _ => true,
    });
}

fn content(module: &ItemMod) -> &[Item] {
    module.content.as_ref().map_or(&[], |(_, items)| items)
}

fn self_type(block: &ItemImpl) -> Option<&Ident> {
    match &*block.self_ty {
        Type::Path(path) => path.path.segments.last().map(|last| &last.ident),
        _ => None,
    }
}

fn is_needed(name: Option<&Ident>, needed: &BTreeSet<String>) -> bool {
    name.is_some_and(|name| needed.contains(&name.to_string()))
}

/// The last names of paths, and of those among them that are `types::builder::X`.
#[derive(Default)]
struct Named {
    types: BTreeSet<String>,
    builders: BTreeSet<String>,
}

impl VisitMut for Named {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        let mut parts = path.segments.iter().rev().map(|part| part.ident.to_string());
        if let Some(name) = parts.next() {
            if parts.next().as_deref() == Some("builder") && parts.next().as_deref() == Some("types") {
                self.builders.insert(name.clone());
            }
            self.types.insert(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use syn::parse_quote;

    use super::*;

    #[test]
    fn builders_stay_for_requests_and_their_parts() {
        let mut file: File = parse_quote! {
            pub mod types {
                pub struct Order { pub buyer: Option<Person>, pub note: String }
                impl Order { pub fn builder() -> builder::Order { Default::default() } }
                pub struct Person { pub name: String }
                impl Person { pub fn builder() -> builder::Person { Default::default() } }
                pub struct Receipt { pub order: Order }
                impl Receipt { pub fn builder() -> builder::Receipt { Default::default() } }
                pub mod builder {
                    pub struct Order { note: Result<String, String> }
                    impl TryFrom<Order> for super::Order {}
                    pub struct Person { name: Result<String, String> }
                    impl Person { pub fn name(mut self) -> Self { self } }
                    pub struct Receipt { order: Result<super::Order, String> }
                    impl Default for Receipt {}
                    impl Receipt { pub fn order(mut self) -> Self { self } }
                    impl TryFrom<Receipt> for super::Receipt {}
                    impl From<super::Receipt> for Receipt {}
                }
            }
            pub mod builder {
                pub struct PutOrder { body: Result<types::builder::Order, String> }
                impl PutOrder { pub async fn send(self) -> Result<types::Receipt, Error> {} }
            }
        };
        keep_those_of_requests(&mut file);
        let expected: File = parse_quote! {
            pub mod types {
                pub struct Order { pub buyer: Option<Person>, pub note: String }
                impl Order { pub fn builder() -> builder::Order { Default::default() } }
                pub struct Person { pub name: String }
                impl Person { pub fn builder() -> builder::Person { Default::default() } }
                pub struct Receipt { pub order: Order }
                pub mod builder {
                    pub struct Order { note: Result<String, String> }
                    impl TryFrom<Order> for super::Order {}
                    pub struct Person { name: Result<String, String> }
                    impl Person { pub fn name(mut self) -> Self { self } }
                }
            }
            pub mod builder {
                pub struct PutOrder { body: Result<types::builder::Order, String> }
                impl PutOrder { pub async fn send(self) -> Result<types::Receipt, Error> {} }
            }
        };
        assert_eq!(file.to_token_stream().to_string(), expected.to_token_stream().to_string());
    }
}
