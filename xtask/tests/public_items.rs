//! What `hb-bls` offers, one snapshot per module.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use xtask::public_items::public_items;

#[test]
fn the_facade_offers_what_was_reviewed() {
    let modules = public_items(&common::root().join("crates/hb-bls/src")).unwrap();
    common::assert_snapshots("facade_public_items", &modules);
}
