//! The cost of a clean build of the crate with its default features, compared with reqwest alone with the same TLS:
//! `cargo bench -p hb-bls --bench clean_build`. It takes some minutes.
//!
//! Each is built as the only dependency of an empty crate, with the versions of the workspace's lock file, in its own
//! folder. The dependencies are fetched first, so that the network is not measured.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::{collections::BTreeSet, fs, path::Path, process::Command, time::Instant};

const ROUNDS: usize = 3;

fn main() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lock = here.join("../../Cargo.lock");
    let version = locked(&fs::read_to_string(&lock).unwrap(), "reqwest");
    let contenders = [
        format!("hb-bls = {{ path = {here:?} }}"),
        format!("reqwest = {{ version = \"={version}\", default-features = false, features = [\"rustls\"] }}"),
    ];
    let folders = contenders.map(|dependency| {
        let folder = tempfile::tempdir().unwrap();
        let manifest =
            format!("[package]\nname = \"empty\"\nedition = \"2024\"\n\n[dependencies]\n{dependency}\n\n[workspace]\n");
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/lib.rs"), "").unwrap();
        fs::copy(&lock, folder.path().join("Cargo.lock")).unwrap();
        cargo(folder.path(), &["fetch"]);
        folder
    });
    let crates = folders.each_ref().map(|folder| crates(folder.path()) as f64);
    let mut rounds: [Vec<f64>; 2] = Default::default();
    for round in 0..ROUNDS {
        for turn in [round % 2, 1 - round % 2] {
            rounds[turn].push(seconds(folders[turn].path()));
        }
    }
    let seconds = rounds.map(|mut round| {
        round.sort_by(f64::total_cmp);
        round[ROUNDS / 2]
    });
    println!("clean build      hb-bls   reqwest     ratio");
    for (name, [ours, alone]) in [("crates", crates), ("seconds", seconds)] {
        println!("{name:12} {ours:10.1} {alone:9.1} {:9.2}", ours / alone);
    }
}

/// The version of a package in a lock file.
fn locked(lock: &str, name: &str) -> String {
    let entry = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).unwrap().1;
    entry.split_once('"').unwrap().0.to_owned()
}

/// The number of crates that are built, without the empty one.
fn crates(folder: &Path) -> usize {
    let tree = cargo(folder, &["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
    let names = tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty());
    names.collect::<BTreeSet<_>>().len() - 1
}

fn seconds(folder: &Path) -> f64 {
    drop(fs::remove_dir_all(folder.join("target")));
    let start = Instant::now();
    cargo(folder, &["build", "--offline"]);
    start.elapsed().as_secs_f64()
}

fn cargo(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    // the settings of the surrounding build must not affect the measured one
    command.args(args).current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target")).env_remove("RUSTFLAGS");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
