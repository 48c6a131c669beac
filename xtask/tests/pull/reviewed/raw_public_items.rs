//! What `hb-bls-gen` offers, one snapshot per module.

use xtask::public_items::public_items;

use crate::common;

#[test]
fn the_raw_crate_offers_what_was_reviewed() {
    let modules = public_items(&common::root().join("crates/hb-bls-gen/src")).unwrap();
    common::assert_snapshots("raw_public_items", &modules);
}
