//! What the libraries that users depend on offer, one snapshot per module.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{collections::BTreeMap, fs};

use xtask::public_items::{foreign_types, public_items};

#[test]
fn the_facade_offers_what_was_reviewed() {
    let modules = public_items(&common::root().join("crates/hb-bls/src")).unwrap();
    common::assert_snapshots("facade_public_items", &modules);
}

#[test]
fn the_backends_offer_what_was_reviewed() {
    for backend in ["postgres", "redis", "sqlite"] {
        let modules = public_items(&common::root().join(format!("crates/hb-bls-{backend}/src"))).unwrap();
        common::assert_snapshots(&format!("{backend}_public_items"), &modules);
    }
}

#[test]
fn the_sandbox_and_the_comparison_offer_what_was_reviewed() {
    for (name, snapshots) in [("hb-bls-sandbox", "sandbox_public_items"), ("openapi-drift", "drift_public_items")] {
        let modules = public_items(&common::root().join("crates").join(name).join("src")).unwrap();
        common::assert_snapshots(snapshots, &modules);
    }
}

#[test]
fn the_crates_whose_types_show_are_listed_with_their_versions() {
    for name in ["hb-bls", "hb-bls-postgres", "hb-bls-redis", "hb-bls-sandbox", "hb-bls-sqlite", "openapi-drift"] {
        listed_are_shown(name);
    }
}

fn listed_are_shown(library: &str) {
    let root = common::root();
    let source = root.join("crates").join(library).join("src");
    let offered = foreign_types(&source).unwrap();
    let raw = foreign_types(&root.join("crates/hb-bls-gen/src")).unwrap();
    let mut shown = BTreeMap::<String, Vec<String>>::new();
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let mut show = |item: &str, path: &str| {
        // a path has underscores where the name of a crate may have hyphens
        let name = path.split("::").next().unwrap();
        let hyphened = name.replace('_', "-");
        let is_hyphened = manifest.lines().any(|line| line.starts_with(&format!("{hyphened} = ")));
        let name = if is_hyphened { hyphened } else { name.to_owned() };
        shown.entry(name).or_default().push(format!("{item}: {path}"));
    };
    for (item, paths) in &offered {
        for path in paths {
            show(item, path);
            // what is passed on shows what is in it
            let passed_on = path.strip_prefix("hb_bls_gen::").and_then(|name| raw.get(name));
            passed_on.into_iter().flatten().for_each(|path| show(item, path));
        }
    }
    let docs = fs::read_to_string(source.join("lib.rs")).unwrap();
    let (_, table) = docs.split_once("//! # Types of other crates").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("//! | `")?.split_once("` | "));
    let listed: BTreeMap<&str, &str> = rows.map(|(name, rest)| (name, rest.split(' ').next().unwrap())).collect();
    let unlisted: Vec<_> = shown.iter().filter(|(name, _)| !listed.contains_key(name.as_str())).collect();
    assert!(unlisted.is_empty(), "{library}: list these, or keep them out of the public API: {unlisted:#?}");
    for (name, version) in listed {
        assert!(shown.contains_key(name), "{library}: {name} does not show any more");
        let line = manifest.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap();
        assert!(line.contains(&format!("\"{version}\"")), "{name} is not {version}: {line}");
    }
}
