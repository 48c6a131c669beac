//! `cargo xtask drift` as it is run: what it prints in each format and exits with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "drift/mapping.rs"]
mod mapping;
#[path = "drift/webhooks.rs"]
mod webhooks;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use common::ended;
use pulldown_cmark::{Event, Options, Parser};
use serde_json::{Value, json};

/// A repository with this project's spec/ in its first commit.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        fs::create_dir(repository.path().join("spec")).unwrap();
        for name in ["bls.openapi.json", "bls.overlay.json"] {
            fs::copy(common::spec(name), repository.path().join("spec").join(name)).unwrap();
        }
        repository.git(&["init", "--quiet"]);
        repository.git(&["add", "."]);
        repository.commit();
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn git(&self, arguments: &[&str]) {
        let status = Command::new("git").arg("-C").arg(self.path()).args(arguments).status().unwrap();
        assert!(status.success(), "git {arguments:?}");
    }

    fn commit(&self) {
        let author = ["-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.com"];
        self.git(&[&author[..], &["commit", "--quiet", "--all", "--no-gpg-sign", "--message", "State"]].concat());
    }

    fn edit(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        let path = self.path().join("spec").join(name);
        let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        edit(&mut value);
        fs::write(path, format!("{value:#}\n")).unwrap();
    }

    fn drift(&self, arguments: &[&str]) -> Output {
        drift(self.path(), arguments)
    }
}

fn drift(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("drift")
        .args(arguments)
        .current_dir(dir)
        // a folder above that is a repository must not be found
        .env("GIT_CEILING_DIRECTORIES", dir.parent().unwrap())
        .output()
        .unwrap()
}

/// What a beta does: a renamed field, a new event, a new status, an assumption confirmed, and prose that means ill.
fn beta_moves(document: &mut Value) {
    let booking = document["components"]["schemas"]["Booking"]["properties"].as_object_mut().unwrap();
    let status = booking.remove("pay_status").unwrap();
    booking.insert("payment_status".into(), status);
    booking["trainer"]["properties"]["name"]["nullable"] = true.into();
    let schemas = &mut document["components"]["schemas"];
    schemas["WebhookEventType"]["enum"].as_array_mut().unwrap().push("booking.no_show".into());
    schemas["BookingStatus"]["x-extensible-enum"].as_array_mut().unwrap().push("rebooked".into());
    let response = &mut document["paths"]["/auth/revoke"]["post"]["responses"]["2XX"];
    response["content"] =
        json!({"application/json": {"schema": {"type": "object", "properties": {"message": {"type": "string"}}}}});
    document["paths"]["/courses"]["get"]["summary"] =
        "@everyone </details><b>`List`</b>\n::error::[x](http://x.example) 100%".into();
    document["x-mood"] = "good".into();
}

fn moved() -> Repository {
    let repository = Repository::new();
    repository.edit("bls.openapi.json", beta_moves);
    repository.edit("bls.overlay.json", |overlay| {
        overlay["actions"].as_array_mut().unwrap().push(json!({
            "target": "$.components.schemas.Hold", "description": "Assumed: a hold has its slot.", "update": {"required": ["slot"]}}));
    });
    repository
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/drift");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn each_format_says_what_moved() {
    let repository = moved();
    for format in ["text", "markdown", "json", "github"] {
        let (out, err) = ended(&repository.drift(&["--format", format]), 1);
        assert_eq!(err, "");
        snapshot(format, &out);
        assert_eq!(ended(&repository.drift(&["--format", format]), 1).0, out, "the same from run to run");
    }
}

#[test]
fn pages_and_test_results_say_it_too() {
    let repository = moved();
    let (page, _) = ended(&repository.drift(&["--format", "html"]), 1);
    assert!(page.starts_with("<!doctype html>") && page.contains("<code>client.bookings().get</code>"), "{page}");
    let (results, _) = ended(&repository.drift(&["--format", "junit"]), 1);
    assert!(results.contains("<failure type=\"breaking\"") && !results.contains("<b>"), "{results}");
}

/// What users compile against decides which version of the raw crate comes of it.
#[test]
fn the_next_version_is_reported_with_its_reasons() {
    let told = |edit: &dyn Fn(&mut Value)| {
        let repository = Repository::new();
        repository.edit("bls.openapi.json", edit);
        ended(&repository.drift(&["--bump"]), 0).0
    };
    assert_eq!(told(&|_| {}), "none: nothing that is generated changes\n");
    let prose = told(&|document| document["paths"]["/courses"]["get"]["summary"] = "Lists courses".into());
    assert!(prose.starts_with("patch: "), "{prose}");
    let value = told(&|document| {
        document["components"]["schemas"]["BookingStatus"]["x-extensible-enum"]
            .as_array_mut()
            .unwrap()
            .push("rebooked".into());
    });
    assert!(value.starts_with("minor: ") && value.contains("Rebooked"), "{value}");
    let gone = told(&|document| {
        document["components"]["schemas"]["Booking"]["properties"]
            .as_object_mut()
            .unwrap()
            .remove("pay_status")
            .unwrap();
    });
    assert!(
        gone.starts_with("major (while the version is 0.x: minor): ") && gone.contains("gone: pay_status"),
        "{gone}"
    );
}

#[test]
fn markdown_holds_no_markup_but_its_own() {
    let (out, _) = ended(&moved().drift(&["--format", "markdown"]), 1);
    let ours = ["<br>", "<sub>", "</sub>", "<details><summary>", "</details>"];
    let (mut open, mut text) = (0_i32, String::new());
    for event in Parser::new_ext(&out, Options::all()) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                assert!(ours.iter().any(|tag| html.starts_with(tag)), "{html}");
                open += i32::from(html.starts_with("<details>")) - i32::from(html.starts_with("</details>"));
            }
            Event::Text(part) => text += &part,
            Event::Start(pulldown_cmark::Tag::Link { .. } | pulldown_cmark::Tag::Image { .. }) => panic!("a link"),
            _ => {}
        }
    }
    assert_eq!(open, 0);
    assert!(text.contains("everyone") && !text.contains("@everyone"), "{text}");
}

#[test]
fn annotations_are_one_line_each() {
    let (out, _) = ended(&moved().drift(&["--format", "github"]), 1);
    for line in out.lines() {
        assert!(["::error ", "::warning ", "::notice "].iter().any(|kind| line.starts_with(kind)), "{line}");
    }
    assert!(out.contains("100%25"), "{out}");
}

#[test]
fn the_status_tells_whether_the_threshold_is_passed() {
    let repository = Repository::new();
    let (out, _) = ended(&repository.drift(&[]), 0);
    assert_eq!(out, "HEAD -> work tree: no changes\n");
    // risky
    repository.edit("bls.openapi.json", |document| {
        document["components"]["schemas"]["PayOption"]["enum"].as_array_mut().unwrap().push("voucher".into());
    });
    for (fail_on, code) in [("breaking", 0), ("risky", 1), ("never", 0)] {
        ended(&repository.drift(&["--fail-on", fail_on]), code);
    }
    // breaking
    repository.commit();
    repository.edit("bls.openapi.json", |document| {
        document["paths"].as_object_mut().unwrap().remove("/courses").unwrap();
    });
    for (fail_on, code) in [("breaking", 1), ("risky", 1), ("never", 0)] {
        ended(&repository.drift(&["--fail-on", fail_on]), code);
    }
    assert!(
        ended(&repository.drift(&["--base", "HEAD~1"]), 1).0.starts_with("HEAD~1 -> work tree: 1 breaking, 1 risky")
    );
}

/// How a run ends if nobody reads what it prints: its status, and what it says to standard error if that is open.
fn unread(repository: &Repository, arguments: &[&str], reads_errors: bool) -> (Option<i32>, String) {
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("drift").args(arguments).current_dir(repository.path()).stdout(closed());
    command.stderr(if reads_errors { std::process::Stdio::piped() } else { closed().into() });
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_closed_pipe_changes_no_status() {
    let repository = moved();
    for (arguments, code) in [(&["--fail-on", "never"][..], 0), (&[], 1), (&["--format", "json"], 1)] {
        assert_eq!(unread(&repository, arguments, true), (Some(code), String::new()), "{arguments:?}");
        assert_eq!(unread(&repository, arguments, false).0, Some(code), "{arguments:?}");
    }
    let (code, told) = unread(&repository, &["--base", "nowhere"], true);
    assert!(code == Some(2) && told.starts_with("error: \"nowhere\" is no commit"), "{code:?} {told}");
    assert_eq!(unread(&repository, &["--base", "nowhere"], false).0, Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_no_comparison() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let repository = Repository::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = command.arg("drift").current_dir(repository.path()).stdout(full).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.starts_with("error: cannot write to standard output: "), "{told}");
}

#[test]
fn what_cannot_be_compared_ends_with_2() {
    let repository = Repository::new();
    let (_, err) = ended(&repository.drift(&["--base", "nowhere"]), 2);
    assert!(err.contains("\"nowhere\" is no commit of this repository"), "{err}");
    let (_, err) = ended(&repository.drift(&["--base=--output=x"]), 2);
    assert!(err.contains("is no commit"), "{err}");
    ended(&repository.drift(&["--old", "spec/bls.openapi.json"]), 2);
    ended(&repository.drift(&["--base", "HEAD", "--old", "a", "--new", "b"]), 2);
    let (_, err) = ended(&repository.drift(&["--old", "gone.json", "--new", "spec/bls.openapi.json"]), 2);
    assert!(err.contains("cannot read gone.json"), "{err}");
    for (content, part) in
        [("a: [", "odd.yaml is not valid YAML"), ("swagger: '2.0'", "odd.yaml is not an OpenAPI document")]
    {
        fs::write(repository.path().join("odd.yaml"), content).unwrap();
        let (_, err) = ended(&repository.drift(&["--old", "spec/bls.openapi.json", "--new", "odd.yaml"]), 2);
        assert!(err.contains(part), "{err}");
    }
    fs::write(repository.path().join("spec/drift-levels.yaml"), "deprecatd: risky").unwrap();
    let (_, err) = ended(&repository.drift(&[]), 2);
    assert!(err.contains("drift-levels.yaml: there is no rule \"deprecatd\""), "{err}");
    fs::remove_file(repository.path().join("spec/drift-levels.yaml")).unwrap();
    let (_, err) = ended(&repository.drift(&["--ignore", "none.yaml"]), 2);
    assert!(err.contains("cannot read none.yaml"), "{err}");
    let empty = tempfile::tempdir().unwrap();
    let (_, err) = ended(&drift(empty.path(), &[]), 2);
    assert!(err.contains("--base needs a git repository"), "{err}");
}

#[test]
fn two_files_are_compared_by_meaning() {
    let repository = Repository::new();
    let text = fs::read_to_string(repository.path().join("spec/bls.openapi.json")).unwrap();
    fs::write(repository.path().join("same.yaml"), format!("# YAML\n{text}")).unwrap();
    let both = ["--old", "spec/bls.openapi.json", "--new", "same.yaml"];
    assert_eq!(ended(&repository.drift(&both), 0).0, "spec/bls.openapi.json -> same.yaml: no changes\n");
}

#[test]
fn an_assumption_of_ours_is_told_from_what_is_published() {
    let repository = Repository::new();
    repository.edit("bls.overlay.json", |overlay| {
        overlay["actions"].as_array_mut().unwrap().push(json!({
            "target": "$.components.schemas.Hold", "description": "Assumed: so.", "update": {"required": ["slot"]}}));
    });
    let report: Value = serde_json::from_str(&ended(&repository.drift(&["--format", "json"]), 0).0).unwrap();
    let changes = report["changes"].as_array().unwrap();
    assert!(!changes.is_empty() && changes.iter().all(|change| change["origin"] == "assumed"), "{changes:#?}");
    assert_eq!(report["without_effect"], json!([]));
}

#[test]
fn an_overlay_that_does_not_fit_yet_is_no_obstacle() {
    let repository = Repository::new();
    repository.edit("bls.openapi.json", |document| {
        document["paths"].as_object_mut().unwrap().remove("/booking-url").unwrap();
    });
    let (out, _) = ended(&repository.drift(&[]), 1);
    assert!(out.contains("operation-removed: getBookingUrl (GET /booking-url) is gone"), "{out}");
    assert!(out.contains("overlay actions that do not fit (1)") && out.contains("matches nothing"), "{out}");
}

#[test]
fn levels_and_ignores_are_obeyed() {
    let repository = Repository::new();
    repository.edit("bls.openapi.json", |document| {
        document["paths"].as_object_mut().unwrap().remove("/courses").unwrap();
    });
    fs::write(repository.path().join("levels.yaml"), "operation-removed: compatible\n").unwrap();
    ended(&repository.drift(&["--levels", "levels.yaml"]), 0);
    let report: Value = serde_json::from_str(&ended(&repository.drift(&["--format", "json"]), 1).0).unwrap();
    let breaking = report["changes"].as_array().unwrap().iter().find(|change| change["level"] == "breaking").unwrap();
    let fingerprint = breaking["fingerprint"].as_str().unwrap();
    let entries = format!(
        "- {{fingerprint: \"{fingerprint}\", reason: agreed}}\n- {{fingerprint: \"0000000000000000\", reason: long ago}}\n"
    );
    fs::write(repository.path().join("spec/drift-ignore.yaml"), entries).unwrap();
    let (out, _) = ended(&repository.drift(&[]), 0);
    assert!(out.contains("\nignored (1)\n") && out.contains("0000000000000000: long ago"), "{out}");
}
