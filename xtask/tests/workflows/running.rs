//! The scripts of drift.yml do what they are for, in repositories on disk; `cargo` and `gh` only note how they are called.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{steps, workflows};

/// What a workflow's run is given: a remote, a clone of it, and a folder of its own.
struct Runner {
    dir: tempfile::TempDir,
}

const REPORT: &str = "report.md";

impl Runner {
    fn new() -> Self {
        let runner = Self { dir: tempfile::tempdir().unwrap() };
        for folder in ["bin", "temp/drift", "home"] {
            fs::create_dir_all(runner.at(folder)).unwrap();
        }
        // says what the test wants it to, and ends as it wants
        let noting =
            "#!/bin/bash\necho \"${0##*/} $*\" >> \"$NOTED\"\nprintf '%s\\n' \"$SAYS\"\nexit \"${STATUS:-0}\"\n";
        for name in ["cargo", "gh"] {
            let stub = runner.at("bin").join(name);
            fs::write(&stub, noting).unwrap();
            fs::set_permissions(stub, fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::write(runner.at("home/.gitconfig"), "[user]\nname = Ada Lovelace\nemail = ada@example.com\n").unwrap();
        fs::write(runner.report(), "## API drift\n").unwrap();
        runner.git("", &["init", "--quiet", "--bare", "--initial-branch", "main", "remote"]);
        runner.clone_into("work");
        for (file, text) in [
            ("spec/bls.openapi.json", "{}"),
            ("spec/bls.overlay.json", "{}"),
            ("crates/hb-bls-gen/src/generated/types.rs", "// old"),
            ("xtask/tests/snapshots/a.snap", "old"),
            (".gitignore", "*.snap.new\n/target\n"),
        ] {
            runner.write("work", file, text);
        }
        runner.git("work", &["add", "."]);
        runner.git("work", &["commit", "--quiet", "--message", "State"]);
        runner.git("work", &["push", "--quiet", "origin", "HEAD:main"]);
        runner
    }

    fn at(&self, place: &str) -> PathBuf {
        self.dir.path().join(place)
    }

    fn report(&self) -> PathBuf {
        self.at("temp/drift").join(REPORT)
    }

    fn write(&self, clone: &str, file: &str, text: &str) {
        let path = self.at(clone).join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, program: &str, place: &str) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:{}", self.at("bin").display(), std::env::var("PATH").unwrap());
        command.current_dir(self.at(place)).env("PATH", path).env("HOME", self.at("home"));
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("NOTED", self.at("noted")).env("RUNNER_TEMP", self.at("temp"));
        command
            .env("GITHUB_OUTPUT", self.at("output"))
            .env("GITHUB_REPOSITORY", "ada/bls")
            .env_remove("XDG_CONFIG_HOME");
        // a hook of git may run the tests
        ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"].iter().for_each(|name| {
            command.env_remove(name);
        });
        command
    }

    fn git(&self, place: &str, arguments: &[&str]) -> String {
        let output = self.command("git", place).args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// As actions/checkout does.
    fn clone_into(&self, place: &str) {
        self.git("", &["clone", "--quiet", &format!("file://{}", self.at("remote").display()), place]);
    }

    /// Runs a step of drift.yml as GitHub does. Its status and what it said.
    fn run(&self, place: &str, name: &str, env: &[(&str, &str)]) -> (bool, String) {
        let workflows = workflows();
        let steps = steps(&workflows);
        let step = steps.iter().find(|step| step.value["name"] == name).unwrap();
        for (variable, _) in env.iter().filter(|(name, _)| !["SAYS", "STATUS"].contains(name)) {
            assert!(step.value["env"].get(*variable).is_some(), "{name} is not given {variable}");
        }
        let file = self.at("step.sh");
        fs::write(&file, step.script().unwrap()).unwrap();
        let mut command = self.command("bash", place);
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(file).envs(env.iter().copied());
        let output = command.output().unwrap();
        let told = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
        (output.status.success(), told)
    }

    #[track_caller]
    fn succeeds(&self, place: &str, name: &str, env: &[(&str, &str)]) -> String {
        let (is_fine, told) = self.run(place, name, env);
        assert!(is_fine, "{name}: {told}");
        told
    }

    /// How the commands were called since this was asked.
    fn noted(&self) -> Vec<String> {
        let text = fs::read_to_string(self.at("noted")).unwrap_or_default();
        let _ = fs::remove_file(self.at("noted"));
        text.lines().map(str::to_owned).collect()
    }
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn a_pull_that_a_person_must_finish_goes_on() {
    let runner = Runner::new();
    let name = "Pull and generate";
    assert!(runner.run("work", name, &[("BLS_PORTAL", "")]).1.contains("::error::"));
    assert_eq!(runner.noted(), Vec::<String>::new());
    for (status, goes_on) in [("0", true), ("3", true), ("1", false), ("101", false)] {
        let env = [("BLS_PORTAL", "https://portal.example/"), ("STATUS", status), ("SAYS", "## API drift: it is")];
        assert_eq!(runner.run("work", name, &env).0, goes_on, "{status}");
        assert_eq!(runner.noted(), ["cargo xtask pull --format markdown"]);
    }
    assert_eq!(read(runner.report()), "## API drift: it is\n");
}

#[test]
fn a_change_is_collected_and_proposed_once() {
    let runner = Runner::new();
    runner.succeeds("work", "Is it new?", &[]);
    assert_eq!(read(runner.at("output")), "", "nothing is new");

    runner.write("work", "spec/bls.openapi.json", r#"{"new": true}"#);
    runner.write("work", "crates/hb-bls-gen/src/generated/types.rs", "// new");
    runner.write("work", "xtask/tests/snapshots/a b.snap.new", "new");
    runner.write("work", "target/c.snap.new", "of no interest");
    runner.write("work", "xtask/src/own.rs", "of no interest");
    runner.succeeds("work", "Is it new?", &[]);
    let output = read(runner.at("output"));
    let branch = output.trim_end().strip_prefix("branch=").unwrap();
    assert!(branch.starts_with("portal/") && branch.len() == 19, "{branch}");

    // both runs of the tests fail, with a fence and a name that means ill
    runner.write("work", "xtask/tests/snapshots/```\n# x.snap.new", "new");
    runner.succeeds("work", "Test", &[("STATUS", "1"), ("SAYS", "test a```b ... FAILED")]);
    let report = read(runner.report());
    assert_eq!(report.matches("` fails:").count(), 2, "{report}");
    assert!(
        report.contains("\ntest ab ... FAILED\n") && report.contains("\n./xtask/tests/snapshots/a b.snap.new\n"),
        "{report}"
    );
    assert!(report.contains("\n./xtask/tests/snapshots/?# x.snap.new\n") && !report.contains("./target"), "{report}");
    assert_eq!(report.matches("```").count() % 2, 0, "{report}");
    assert_eq!(runner.noted().len(), 2);
    runner.succeeds("work", "Collect", &[]);

    // a job of its own, with a clone of its own
    let env = |says| [("GH_TOKEN", "t"), ("BRANCH", branch), ("BASE", "main"), ("SAYS", says)];
    runner.clone_into("propose");
    runner.succeeds("propose", "Open a pull request", &env(""));
    let created = format!(
        "gh pr create --base main --head {branch} --title The portal publishes something new --body-file body.md"
    );
    assert_eq!(runner.noted(), [created.as_str()]);
    assert_eq!(read(runner.at("propose/body.md")), report);
    let files = runner.git("remote", &["diff", "--name-only", "-z", "main", branch]);
    assert_eq!(
        files.split('\0').collect::<Vec<_>>(),
        [
            "crates/hb-bls-gen/src/generated/types.rs",
            "spec/bls.openapi.json",
            "xtask/tests/snapshots/```\n# x.snap.new",
            "xtask/tests/snapshots/a b.snap.new",
            ""
        ]
    );

    let told = runner.succeeds("propose", "Open a pull request", &env("1"));
    assert!(told.contains("has been proposed") && runner.noted().len() == 1, "{told}");
    // pushed, and then something failed
    let told = runner.succeeds("propose", "Open a pull request", &env("0"));
    assert!(told.contains("no pull request"), "{told}");
    assert_eq!(runner.noted()[1..], [created]);
}

#[test]
fn of_a_pull_request_what_was_pushed_last_is_read() {
    let runner = Runner::new();
    let commit = |file: &str, text: &str| {
        runner.write("work", file, text);
        runner.git("work", &["add", "--all"]);
        runner.git("work", &["commit", "--quiet", "--message", "Pushed"]);
        runner.git("work", &["rev-parse", "HEAD"])
    };
    runner.git("work", &["switch", "--quiet", "--create", "theirs"]);
    let first = commit("spec/bls.openapi.json", "first");
    // a merge of the first push, in which the base has moved on
    runner.git("work", &["switch", "--quiet", "--create", "merge", "origin/main"]);
    commit("spec/bls.overlay.json", "of the base");
    runner.git("work", &["merge", "--quiet", "--no-ff", "--message", "Merge", "theirs"]);
    runner.git("work", &["push", "--quiet", "origin", "HEAD:refs/pull/7/merge"]);
    runner.git("work", &["switch", "--quiet", "theirs"]);
    fs::remove_file(runner.at("work/spec/bls.overlay.json")).unwrap();
    let second = commit("spec/drift-levels.yaml", "second");
    runner.git("work", &["push", "--quiet", "origin", "HEAD:refs/pull/7/head"]);

    for (pushed, document, overlay, levels) in [(first, "first", "of the base", ""), (second, "first", "", "second")] {
        runner.clone_into(&pushed);
        let env = [("GH_TOKEN", "t"), ("NUMBER", "7"), ("PUSHED", &*pushed)];
        runner.succeeds(&pushed, "Read spec/ of the pull request", &env);
        let found = ["bls.openapi.json", "bls.overlay.json", "drift-levels.yaml"]
            .map(|file| read(runner.at(&pushed).join("spec").join(file)));
        assert_eq!(found, [document, overlay, levels]);
        assert!(!runner.at(&pushed).join("spec/drift-ignore.yaml").exists());
    }
}

#[test]
fn a_comment_is_made_once_and_fits() {
    let runner = Runner::new();
    fs::write(runner.report(), "a line of the report\n".repeat(5000)).unwrap();
    let env = |says| [("GH_TOKEN", "t"), ("NUMBER", "7"), ("SAYS", says)];
    for (known, made) in [
        ("", "gh api --silent repos/ada/bls/issues/7/comments --field body=@comment.md"),
        ("42", "gh api --silent --method PATCH repos/ada/bls/issues/comments/42 --field body=@comment.md"),
    ] {
        runner.succeeds("work", "Comment, or update the comment", &env(known));
        let noted = runner.noted();
        assert!(noted[0].starts_with("gh api --paginate repos/ada/bls/issues/7/comments --jq "), "{noted:?}");
        assert_eq!(noted[1..], [made]);
        let comment = read(runner.at("work/comment.md"));
        assert!(comment.starts_with("<!-- drift report -->\na line") && comment.ends_with("(The report goes on.)\n"));
        assert!((50_000..65_536).contains(&comment.len()), "{}", comment.len());
    }
}
