//! Finds the types of other crates in public items.

use syn::{
    Attribute, Expr, ImplItem, Item, ItemImpl, Path, Token, Type, Visibility,
    punctuated::Punctuated,
    visit_mut::{self, VisitMut},
};

use super::{Crate, Found, imports, is_public, join, name_of, names};

/// Crates whose derives write no types of their own into the public part.
const WRITERS: [&str; 2] = ["bon", "thiserror"];

/// The paths in the public part of an item, of its derives included.
pub fn of_item(item: &Item) -> Vec<Vec<String>> {
    let mut paths = Paths::default();
    match item.clone() {
        Item::Const(mut it) => paths.visit_type_mut(&mut it.ty),
        Item::Static(mut it) => paths.visit_type_mut(&mut it.ty),
        Item::Type(mut it) => paths.visit_item_type_mut(&mut it),
        Item::Fn(mut it) => paths.visit_signature_mut(&mut it.sig),
        Item::Trait(mut it) => paths.visit_item_trait_mut(&mut it),
        Item::Struct(mut it) => {
            paths.visit_generics_mut(&mut it.generics);
            it.fields.iter_mut().filter(|field| is_public(&field.vis)).for_each(|field| paths.visit_field_mut(field));
            it.attrs.iter().for_each(|attribute| paths.derives(attribute));
        }
        Item::Enum(mut it) => {
            paths.visit_item_enum_mut(&mut it);
            it.attrs.iter().for_each(|attribute| paths.derives(attribute));
        }
        _ => {}
    }
    paths.0
}

/// The paths in the public part of an implementation. What a trait's methods take is the trait's.
pub fn of_impl(block: &ItemImpl) -> Vec<Vec<String>> {
    let mut paths = Paths::default();
    let mut block = block.clone();
    paths.visit_generics_mut(&mut block.generics);
    if let Some((path, _)) = &mut block.trait_ {
        paths.visit_path_mut(path);
    }
    for item in &mut block.items {
        match item {
            ImplItem::Fn(it) if is_public(&it.vis) => paths.visit_signature_mut(&mut it.sig),
            ImplItem::Const(it) if is_public(&it.vis) => paths.visit_type_mut(&mut it.ty),
            ImplItem::Type(it) => paths.visit_type_mut(&mut it.ty),
            _ => {}
        }
    }
    paths.0
}

/// The implementations of a trait for every type that fits, which belong to no type, and the modules that they are in.
pub fn blanket_impls<'a>(source: &'a Crate, of_trait: &'a str) -> impl Iterator<Item = (&'a str, &'a ItemImpl)> {
    let is_blanket = move |block: &&ItemImpl| {
        let fits =
            block.trait_.as_ref().is_some_and(|(path, _)| names(path).last().is_some_and(|name| name == of_trait));
        let Type::Path(own) = &*block.self_ty else { return false };
        fits && block.generics.type_params().any(|parameter| own.path.is_ident(&parameter.ident))
    };
    source.modules.iter().flat_map(move |(module, content)| {
        let blocks =
            content.items.iter().filter_map(|item| if let Item::Impl(block) = item { Some(block) } else { None });
        blocks.filter(is_blanket).map(|block| (module.as_str(), block))
    })
}

#[derive(Default)]
struct Paths(Vec<Vec<String>>);

impl Paths {
    fn derives(&mut self, attribute: &Attribute) {
        if !attribute.path().is_ident("derive") {
            return;
        }
        let listed = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
        self.0.extend(listed.unwrap_or_default().iter().map(names));
    }
}

impl VisitMut for Paths {
    fn visit_path_mut(&mut self, path: &mut Path) {
        self.0.push(names(path));
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_attribute_mut(&mut self, _: &mut Attribute) {}

    fn visit_block_mut(&mut self, _: &mut syn::Block) {}

    fn visit_expr_mut(&mut self, _: &mut Expr) {}

    fn visit_visibility_mut(&mut self, _: &mut Visibility) {}
}

/// The full path of what a path in a module stands for, if that is of another crate.
pub fn full_path(source: &Crate, module: &str, path: &[String]) -> Option<String> {
    let found = follow(source, module, path, 0)?;
    let (name, _) = found.split_once("::")?;
    (!WRITERS.contains(&name) && !["std", "core", "alloc"].contains(&name)).then_some(found)
}

fn follow(source: &Crate, module: &str, path: &[String], depth: u8) -> Option<String> {
    let (first, rest) = path.split_first()?;
    if depth > 16 {
        return None;
    }
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    let inside = match first.as_str() {
        "crate" => Some(String::new()),
        "self" => Some(module.to_owned()),
        "super" => Some(parent.to_owned()),
        name => Some(join(module, name)).filter(|child| source.modules.contains_key(child)),
    };
    if let Some(inside) = inside {
        // further down there are names of ours only, and what is imported there
        return within(source, &inside, rest, depth + 1);
    }
    within(source, module, path, depth + 1).or_else(|| {
        let is_ours = source.find(module, first, 0).is_some() || imported(source, module, first).next().is_some();
        let is_crate = !rest.is_empty() && first.starts_with(char::is_lowercase);
        (is_crate && !is_ours).then(|| path.join("::"))
    })
}

/// What a path that begins with a name of this module stands for.
fn within(source: &Crate, module: &str, path: &[String], depth: u8) -> Option<String> {
    let (first, rest) = path.split_first()?;
    if source.modules.contains_key(&join(module, first)) {
        return within(source, &join(module, first), rest, depth + 1);
    }
    let content = source.modules.get(module)?;
    if content.items.iter().any(|item| name_of(item).is_some_and(|name| name == *first)) {
        return None;
    }
    imported(source, module, first)
        .find_map(|import| follow(source, module, &[import, rest.to_vec()].concat(), depth + 1))
}

/// What a module imports by a name, also by way of a glob of a module of ours.
fn imported<'a>(source: &'a Crate, module: &'a str, name: &'a str) -> impl Iterator<Item = Vec<String>> + 'a {
    let content = source.modules.get(module);
    content.into_iter().flat_map(|content| content.items.iter().flat_map(imports)).filter_map(
        move |import| match import.name {
            Some(known) => (known == name && import.path != [name]).then_some(import.path),
            None => match source.resolve(module, &import.path, 0)? {
                Found::Module(_) => Some([import.path, vec![name.to_owned()]].concat()),
                Found::Item(..) => None,
            },
        },
    )
}
