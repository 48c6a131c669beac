//! Lists a crate's public items from its source, for snapshots.
//!
//! Items are listed where users find them: what a private module defines is listed where it is re-exported. The types
//! that the macros `id!`, `open_enum!` and `resource!` define are listed like others, and what every such type has
//! once, at the crate's root. What derives and attribute macros write is not seen.

mod describe;
mod foreign;
mod source;
mod text;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::Result;
use syn::{Item, ItemImpl, Visibility};

use describe::{describe, macro_api};
use source::{Import, Module, gates, imports, is_hidden, name_of};

/// Modules of which the items are only named: typify gives each field of each type a setter there.
const NAMES_ONLY: [&str; 1] = ["types::builder"];
/// Macros that define a public type when they are called.
const DEFINING_MACROS: [&str; 3] = ["id", "open_enum", "resource"];

/// The public items below a crate's `lib.rs`, by module: `crate` for the root, then `types`, `types::error`.
pub fn public_items(crate_src: &Path) -> Result<BTreeMap<String, String>> {
    let source = Crate::load(crate_src)?;
    let mut listing = Listing::of(&source);
    for item in source.modules.values().flat_map(|module| &module.items) {
        if let Some((name, api)) = macro_api(item) {
            listing.add("", format!("each {name}!"), api, &[]);
        }
    }
    let text = |blocks: BTreeSet<String>| blocks.into_iter().collect::<String>();
    let key = |module: String| if module.is_empty() { "crate".to_owned() } else { module };
    Ok(listing.blocks.into_iter().map(|(module, blocks)| (key(module), text(blocks))).collect())
}

/// What other crates show in the public items below a crate's `lib.rs`: the full paths of their items, by the public path of
/// the item that shows them.
pub fn foreign_types(crate_src: &Path) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let source = Crate::load(crate_src)?;
    Ok(Listing::of(&source).foreign)
}

struct Crate {
    modules: BTreeMap<String, Module>,
    /// By the module and name of what they are for, each with the module that contains it.
    impls: BTreeMap<(String, String), Vec<(String, ItemImpl)>>,
}

/// What a name stands for.
enum Found<'a> {
    Module(String),
    Item(String, &'a Item),
}

impl Crate {
    fn load(crate_src: &Path) -> Result<Self> {
        let mut source = Self { modules: source::load(crate_src)?, impls: BTreeMap::new() };
        let mut impls = BTreeMap::<_, Vec<_>>::new();
        let shown = source.modules.iter().filter(|(module, _)| !NAMES_ONLY.contains(&module.as_str()));
        for (module, content) in shown {
            for item in &content.items {
                let Item::Impl(block) = item else { continue };
                let syn::Type::Path(path) = &*block.self_ty else { continue };
                let implemented = block.trait_.as_ref().and_then(|(path, _)| source.resolve(module, &names(path), 0));
                if matches!(implemented, Some(Found::Item(_, Item::Trait(it))) if !is_public(&it.vis)) {
                    continue;
                }
                if let Some(Found::Item(home, target)) = source.resolve(module, &names(&path.path), 0) {
                    let name = name_of(target).unwrap_or_default();
                    impls.entry((home, name)).or_default().push((module.clone(), block.clone()));
                }
            }
        }
        source.impls = impls;
        Ok(source)
    }

    /// Follows a path from inside a module. The depth ends cycles of imports.
    fn resolve(&self, module: &str, path: &[String], depth: u8) -> Option<Found<'_>> {
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => Found::Module(String::new()),
            "self" => Found::Module(module.to_owned()),
            "super" => Found::Module(module.rsplit_once("::").map_or("", |(parent, _)| parent).to_owned()),
            name => self.find(module, name, depth)?,
        };
        match start {
            Found::Module(module) if !rest.is_empty() => self.resolve(&module, rest, depth),
            found => Some(found).filter(|_| rest.is_empty()),
        }
    }

    /// What a name stands for in a module: its own items and modules first, then what it imports.
    fn find(&self, module: &str, name: &str, depth: u8) -> Option<Found<'_>> {
        let content = self.modules.get(module)?;
        if let Some(item) = content.items.iter().find(|item| name_of(item).is_some_and(|known| known == name)) {
            return Some(Found::Item(module.to_owned(), item));
        }
        let child = join(module, name);
        if self.modules.contains_key(&child) {
            return Some(Found::Module(child));
        }
        if depth > 8 {
            return None;
        }
        content.items.iter().flat_map(imports).find_map(|import| match import.name.as_deref() {
            // `use a` for a crate `a` would lead back here
            Some(known) if known != name || import.path == [name] => None,
            Some(_) => self.resolve(module, &import.path, depth + 1),
            None => match self.resolve(module, &import.path, depth + 1)? {
                Found::Module(source) if source != module => self.find(&source, name, depth + 1),
                _ => None,
            },
        })
    }

    /// Where a name of another crate comes from, though private modules may pass it on.
    fn origin(&self, module: &str, path: &[String]) -> Vec<String> {
        let Some((name, from)) = path.split_last() else { return Vec::new() };
        let Some(Found::Module(passing)) = self.resolve(module, from, 0) else { return path.to_vec() };
        let imports = self.modules.get(&passing).map(|content| content.items.iter().flat_map(imports));
        match imports.into_iter().flatten().find(|import| import.name.as_ref() == Some(name)) {
            Some(import) if import.path != path => self.origin(&passing, &import.path),
            _ => path.to_vec(),
        }
    }

    fn is_public(&self, module: &str) -> bool {
        module.is_empty()
            || self.modules.get(module).is_some_and(|content| content.public)
                && self.is_public(module.rsplit_once("::").map_or("", |(parent, _)| parent))
    }
}

struct Listing<'a> {
    source: &'a Crate,
    /// By module, each item with what is below it.
    blocks: BTreeMap<String, BTreeSet<String>>,
    seen: BTreeSet<(String, String)>,
    foreign: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Listing<'a> {
    fn of(source: &'a Crate) -> Self {
        let mut listing = Self { source, blocks: BTreeMap::new(), seen: BTreeSet::new(), foreign: BTreeMap::new() };
        listing.module("", "", &[]);
        listing
    }

    fn add(&mut self, key: &str, head: String, below: Vec<String>, gates: &[String]) {
        let mut gates = gates.to_vec();
        gates.sort();
        gates.dedup();
        let gates: String = gates.iter().map(|gate| format!(" [{gate}]")).collect();
        let below: String = below.iter().map(|line| format!("    {line}\n")).collect();
        self.blocks.entry(key.to_owned()).or_default().insert(format!("{head}{gates}\n{below}"));
    }

    /// Lists a module's public items under `key`, which is where users see them.
    fn module(&mut self, module: &str, key: &str, outer: &[String]) {
        let source = self.source;
        let Some(content) = source.modules.get(module) else { return };
        if !self.seen.insert((module.to_owned(), key.to_owned())) {
            return;
        }
        let outer = [outer, &content.gates].concat();
        for item in content.items.iter().filter(|item| !is_hidden(item)) {
            let gates = [outer.clone(), gates(item)].concat();
            match item {
                Item::Use(used) if is_public(&used.vis) => {
                    imports(item).into_iter().for_each(|import| self.import(module, key, &import, &gates));
                }
                _ => self.item(module, key, item, None, &gates),
            }
        }
        for (child, content) in &source.modules {
            if let Some(name) = child.strip_prefix(module).map(|name| name.trim_start_matches("::"))
                && content.public
                && !name.is_empty()
                && join(module, name) == *child
                && !name.contains("::")
            {
                self.module(child, &join(key, name), &outer);
            }
        }
    }

    fn item(&mut self, module: &str, key: &str, item: &Item, alias: Option<&str>, gates: &[String]) {
        let home = (module.to_owned(), name_of(item).unwrap_or_default());
        let impls = self.source.impls.get(&home).map(Vec::as_slice).unwrap_or_default();
        let blocks: Vec<ItemImpl> = impls.iter().map(|(_, block)| block.clone()).collect();
        let Some((head, mut below)) = describe(item, &blocks) else { return };
        let shown = join(key, alias.unwrap_or(&home.1));
        foreign::of_item(item).iter().for_each(|path| self.shows(&shown, module, path));
        for (module, block) in impls {
            foreign::of_impl(block).iter().for_each(|path| self.shows(&shown, module, path));
        }
        if let Item::Trait(_) = item {
            for (module, block) in foreign::blanket_impls(self.source, &home.1) {
                foreign::of_impl(block).iter().for_each(|path| self.shows(&shown, module, path));
            }
        }
        if NAMES_ONLY.contains(&module) {
            below.clear();
        }
        let head = alias.filter(|alias| *alias != home.1).map_or(head.clone(), |alias| format!("{head} as {alias}"));
        self.add(key, head, below, gates);
    }

    fn shows(&mut self, item: &str, module: &str, path: &[String]) {
        if let Some(path) = foreign::full_path(self.source, module, path) {
            self.foreign.entry(item.to_owned()).or_default().insert(path);
        }
    }

    fn import(&mut self, module: &str, key: &str, import: &Import, gates: &[String]) {
        let source = self.source;
        let from = source.origin(module, &import.path).join("::");
        let alias = import.name.as_deref();
        self.shows(&join(key, alias.unwrap_or("*")), module, &import.path);
        match (source.resolve(module, &import.path, 0), alias) {
            (Some(Found::Module(target)), _) if source.is_public(&target) => {
                self.add(key, format!("use {target}{}", if alias.is_none() { "::*" } else { "" }), Vec::new(), gates);
            }
            (Some(Found::Module(target)), None) => self.module(&target, key, gates),
            (Some(Found::Module(target)), Some(alias)) => self.module(&target, &join(key, alias), gates),
            (Some(Found::Item(home, item)), _) if home != module && source.is_public(&home) => {
                self.add(key, format!("use {}", join(&home, &name_of(item).unwrap_or_default())), Vec::new(), gates);
            }
            (Some(Found::Item(home, item)), alias) => {
                let inner = source.modules.get(&home).map(|content| content.gates.clone()).unwrap_or_default();
                let gates = [gates, &inner, &source::gates(item)].concat();
                self.item(&home, key, item, alias, &gates);
            }
            (None, None) => self.add(key, format!("use {from}::*"), Vec::new(), gates),
            (None, Some(alias)) if import.path.last().is_some_and(|last| last != alias) => {
                self.add(key, format!("use {from} as {alias}"), Vec::new(), gates);
            }
            (None, Some(_)) => self.add(key, format!("use {from}"), Vec::new(), gates),
        }
    }
}

fn names(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|part| part.ident.to_string()).collect()
}

fn is_public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}
