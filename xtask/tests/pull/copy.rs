//! A copy of the repository, on which anything may be done.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use clap::Parser as _;
use serde_json::Value;
use xtask::{
    effective,
    pull::{
        command::{Arguments, Report, run},
        update::Files,
    },
};

use crate::{common, portal::Folders, served};

/// A copy of the repository.
pub struct Copy {
    pub dir: tempfile::TempDir,
    pub files: Files,
}

pub const SNAPSHOTS: &str = "xtask/tests/snapshots";
/// The snapshot tests that show what a pull changes, and their folders.
const REVIEWED: [(&str, &str); 3] = [
    ("reviewed::normalising::normalising_does_what_was_reviewed", "normalising"),
    ("reviewed::raw_public_items::the_raw_crate_offers_what_was_reviewed", "raw_public_items"),
    ("reviewed::surface::the_surface_is_as_reviewed", "surface"),
];

impl Copy {
    /// Of what a pull reads and writes.
    pub fn new() -> Self {
        Self::of(&["spec", "crates/hb-bls-gen/src"])
    }

    /// With snapshots to which nobody objects, whatever awaits review in the repository.
    pub fn with_snapshots() -> Self {
        let copy = Self::of(&["spec", "crates/hb-bls-gen/src"]);
        copy.take_snapshots();
        copy
    }

    pub fn of(places: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for place in places {
            copy(&common::root().join(place), &dir.path().join(place));
        }
        let files = Files::of(dir.path());
        Self { dir, files }
    }

    /// Takes the snapshots anew.
    pub fn take_snapshots(&self) {
        for (_, folder) in REVIEWED {
            let folder = self.dir.path().join(SNAPSHOTS).join(folder);
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(folder).unwrap();
        }
        // paths of snapshots lead through the folder of the test that takes them
        fs::create_dir_all(self.dir.path().join("xtask/tests/pull")).unwrap();
        fs::create_dir_all(self.dir.path().join("xtask/tests/common")).unwrap();
        self.test("always").unwrap();
        assert_eq!(self.to_review(), Vec::<String>::new());
    }

    /// Pulls a document from a site.
    pub fn pull(&self, document: &Value) -> Report {
        let server = served(document, Folders::Everywhere);
        self.run(&["--from", &format!("{}/", server.url)]).unwrap()
    }

    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Report> {
        #[derive(clap::Parser)]
        struct Cli {
            #[command(flatten)]
            arguments: Arguments,
        }
        let arguments = Cli::parse_from(["pull"].iter().chain(arguments)).arguments;
        run(&arguments, self.dir.path(), &mut |_| {})
    }

    pub fn document(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(&self.files.document).unwrap()).unwrap()
    }

    pub fn overlay(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(&self.files.overlay).unwrap()).unwrap()
    }

    pub fn effective(&self) -> Value {
        effective::load(&self.files.sources()).unwrap().value
    }

    pub fn generated(&self) -> String {
        fs::read_to_string(self.files.generated.join("types.rs")).unwrap()
    }

    /// Runs the snapshot tests on the copy, with insta told what to do about differences. An error is what they said.
    pub fn test(&self, update: &str) -> Result<(), String> {
        let mut command = Command::new(env::current_exe().unwrap());
        command.arg("--exact").args(REVIEWED.map(|(test, _)| test)).current_dir(self.dir.path());
        command.env("CARGO_MANIFEST_DIR", self.dir.path().join("xtask"));
        command.env("INSTA_WORKSPACE_ROOT", self.dir.path()).env("INSTA_UPDATE", update).env_remove("INSTA_FORCE_PASS");
        let output = command.output().unwrap();
        let told = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
        assert!(told.contains("running 3 tests"), "{told}");
        if output.status.success() { Ok(()) } else { Err(told) }
    }

    /// The snapshots that a reviewer is shown.
    pub fn to_review(&self) -> Vec<String> {
        let result = self.test("new");
        let new: Vec<String> = self.new_snapshots().iter().map(|file| self.name(file)).collect();
        assert_eq!(result.is_err(), !new.is_empty(), "{new:?}: {result:?}");
        new
    }

    /// Each `.snap.new`, sorted.
    pub fn new_snapshots(&self) -> Vec<PathBuf> {
        let folders = REVIEWED.map(|(_, folder)| self.dir.path().join(SNAPSHOTS).join(folder));
        let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
        let mut found: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|kind| kind == "new")).collect();
        found.sort();
        found
    }

    fn name(&self, file: &Path) -> String {
        let name = file.strip_prefix(self.dir.path().join(SNAPSHOTS)).unwrap().with_extension("").with_extension("");
        name.display().to_string()
    }

    /// What `cargo insta accept` does.
    pub fn accept(&self) {
        self.new_snapshots().iter().for_each(|file| fs::rename(file, file.with_extension("")).unwrap());
    }

    /// Compiles what is generated, without a client.
    pub fn compile(&self) {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(["check", "--package", "hb-bls-gen", "--no-default-features", "--locked", "--quiet"]);
        // in a place of its own: what is built of a copy would be taken for what is built of the repository
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
        let output = command.current_dir(self.dir.path()).env("CARGO_TARGET_DIR", target).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        copy(&entry.path(), &target);
    }
}
