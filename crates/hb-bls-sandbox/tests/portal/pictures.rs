//! The pictures of the documentation.

use std::collections::BTreeSet;
use std::path::Path;

/// The texts that show pictures.
const TEXTS: [&str; 2] = [include_str!("../../README.md"), include_str!("../../../../README.md")];

#[test]
fn every_picture_is_shown_and_every_picture_shown_is_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let there: BTreeSet<String> = names.filter(|name| name.ends_with(".png")).collect();
    let shown = TEXTS.iter().flat_map(|text| text.split("docs/pictures/").skip(1));
    let shown: BTreeSet<String> = shown
        .map(|rest| rest.split([')', '"']).next().unwrap().to_owned())
        .filter(|name| name.ends_with(".png"))
        .collect();
    assert_eq!(there, shown);
}
