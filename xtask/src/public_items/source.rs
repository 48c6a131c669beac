//! Reads a crate's modules, wherever their files are.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use quote::ToTokens as _;
use syn::{Attribute, Expr, ExprLit, Item, Lit, Meta, UseTree};

use super::{DEFINING_MACROS, is_public, join, text::text};

/// A module's items, without those that are modules.
pub struct Module {
    pub items: Vec<Item>,
    /// The conditions of `#[cfg]` on its declaration.
    pub gates: Vec<String>,
    pub public: bool,
}

/// A name that a `use` brings in; none for a glob.
pub struct Import {
    pub path: Vec<String>,
    pub name: Option<String>,
}

/// The modules below `lib.rs` by path; the root's is empty.
pub fn load(crate_src: &Path) -> Result<BTreeMap<String, Module>> {
    let mut modules = BTreeMap::new();
    let items = parse(&crate_src.join("lib.rs"))?;
    add(&mut modules, "", Module { items, gates: Vec::new(), public: true }, crate_src, crate_src)?;
    Ok(modules)
}

fn parse(file: &Path) -> Result<Vec<Item>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(syn::parse_file(&text).with_context(|| format!("cannot parse {}", file.display()))?.items)
}

/// `beside` is where the module's file is, `below` where its own modules' files are.
fn add(
    modules: &mut BTreeMap<String, Module>,
    path: &str,
    mut module: Module,
    beside: &Path,
    below: &Path,
) -> Result<()> {
    let (children, items): (Vec<_>, Vec<_>) = module.items.into_iter().partition(|item| matches!(item, Item::Mod(_)));
    module.items = items;
    modules.insert(path.to_owned(), module);
    for child in children {
        if is_hidden(&child) {
            continue;
        }
        let gates = gates(&child);
        let Item::Mod(child) = child else { continue };
        let name = child.ident.to_string();
        let below = below.join(&name);
        let (items, beside, below) = match (child.content, explicit_path(&child.attrs)) {
            (Some((_, items)), _) => (items, below.clone(), below),
            (None, Some(file)) => {
                let file = beside.join(file);
                (parse(&file)?, parent(&file), parent(&file))
            }
            (None, None) => {
                let candidates = [below.with_extension("rs"), below.join("mod.rs")];
                let Some(file) = candidates.iter().find(|file| file.is_file()) else {
                    bail!(
                        "module `{name}` has no file: neither {}",
                        candidates.map(|f| f.display().to_string()).join(" nor ")
                    );
                };
                (parse(file)?, parent(file), below)
            }
        };
        let public = is_public(&child.vis);
        add(modules, &join(path, &name), Module { items, gates, public }, &beside, &below)?;
    }
    Ok(())
}

fn parent(file: &Path) -> PathBuf {
    file.parent().unwrap_or(file).to_owned()
}

fn explicit_path(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(path), .. }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    })
}

/// An item's name, if it defines one.
pub fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(call) if call.mac.path.segments.last().is_some_and(|last| defines(&last.ident)) => {
            return call.mac.tokens.clone().into_iter().find_map(|token| match token {
                proc_macro2::TokenTree::Ident(name) => Some(name.to_string()),
                _ => None,
            });
        }
        _ => return None,
    };
    Some(ident.to_string())
}

fn defines(name: &syn::Ident) -> bool {
    DEFINING_MACROS.iter().any(|known| name == known)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The conditions under which an item is there.
pub fn gates(item: &Item) -> Vec<String> {
    let lists = attributes(item).iter().filter_map(|attribute| attribute.meta.require_list().ok());
    lists.filter(|list| list.path.is_ident("cfg")).map(|list| text(&list.tokens)).collect()
}

/// Whether an item is for tests or kept out of the documentation.
pub fn is_hidden(item: &Item) -> bool {
    attributes(item).iter().any(|attribute| {
        let attribute = attribute.meta.to_token_stream().to_string().replace(' ', "");
        attribute == "cfg(test)" || attribute == "doc(hidden)"
    })
}

/// What a `use` brings in.
pub fn imports(item: &Item) -> Vec<Import> {
    fn walk(tree: &UseTree, path: &[String], found: &mut Vec<Import>) {
        let with = |name: &syn::Ident| [path, &[name.to_string()]].concat();
        // `a::{self}` is `a`
        let import = |name: &syn::Ident, alias: Option<&syn::Ident>| {
            let path = if name == "self" && !path.is_empty() { path.to_vec() } else { with(name) };
            Import { name: alias.map(ToString::to_string).or_else(|| path.last().cloned()), path }
        };
        match tree {
            UseTree::Path(part) => walk(&part.tree, &with(&part.ident), found),
            UseTree::Name(part) => found.push(import(&part.ident, None)),
            UseTree::Rename(part) => found.push(import(&part.ident, Some(&part.rename))),
            UseTree::Glob(_) => found.push(Import { path: path.to_vec(), name: None }),
            UseTree::Group(part) => part.items.iter().for_each(|tree| walk(tree, path, found)),
        }
    }
    let mut found = Vec::new();
    if let Item::Use(item) = item {
        walk(&item.tree, &[], &mut found);
    }
    found
}
