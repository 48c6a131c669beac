//! The command as it is run: where documents come from, how it ends, and what it writes.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.github/actions/openapi-drift/example").join(name)
}

/// A folder with the example's documents.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["old.yaml", "new.yaml"] {
        fs::copy(example(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openapi-drift"));
    command.current_dir(dir).env_remove("http_proxy").env_remove("HTTP_PROXY");
    command
}

fn run(dir: &Path, arguments: &[&str]) -> Output {
    command(dir).args(arguments).output().unwrap()
}

/// Standard output of a run that ended with a status.
#[track_caller]
fn told(output: &Output, status: i32) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert_eq!(output.status.code(), Some(status), "{}{}", text(&output.stdout), text(&output.stderr));
    text(if status == 2 { &output.stderr } else { &output.stdout })
}

#[test]
fn each_format_says_what_changed() {
    let folder = folder();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/command");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for format in ["text", "markdown", "json", "junit", "github"] {
        let text = told(&run(folder.path(), &["old.yaml", "new.yaml", "--format", format]), 1);
        settings.bind(|| insta::assert_snapshot!(format, text));
    }
}

#[test]
fn the_status_says_how_bad_it_is() {
    let folder = folder();
    let status = |arguments: &[&str]| run(folder.path(), arguments).status.code().unwrap();
    assert_eq!(status(&["old.yaml", "new.yaml"]), 1);
    assert_eq!(status(&["old.yaml", "new.yaml", "--fail-on", "never"]), 0);
    assert_eq!(status(&["old.yaml", "old.yaml", "--fail-on", "risky"]), 0);
    fs::write(folder.path().join("levels.yaml"), "response-field-now-optional: risky\n").unwrap();
    assert_eq!(status(&["old.yaml", "new.yaml", "--levels", "levels.yaml"]), 0);
    assert_eq!(status(&["old.yaml", "new.yaml", "--levels", "levels.yaml", "--fail-on", "risky"]), 1);
    for arguments in
        [&["old.yaml", "none.yaml"][..], &["-", "-"], &["git:HEAD", "new.yaml"], &["old.yaml", "git:HEAD:new.yaml"]]
    {
        let message = told(&run(folder.path(), arguments), 2);
        assert!(message.starts_with("error: "), "{message}");
    }
}

#[test]
fn documents_come_from_files_commits_urls_and_standard_input() {
    let folder = folder();
    let git = |arguments: &[&str]| {
        let author = ["-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.com"];
        let status = Command::new("git").arg("-C").arg(folder.path()).args(author).args(arguments).status().unwrap();
        assert!(status.success(), "git {arguments:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--no-gpg-sign", "--message", "Documents"]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/new.yaml", listener.local_addr().unwrap());
    let document = fs::read(example("new.yaml")).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", document.len()).unwrap();
        stream.write_all(&document).unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let json = |output: &Output| -> serde_json::Value { serde_json::from_str(&told(output, 1)).unwrap() };
    let file = json(&run(folder.path(), &["old.yaml", "new.yaml", "-f", "json"]));
    let committed = json(&run(folder.path(), &["git:HEAD:old.yaml", "new.yaml", "-f", "json"]));
    let fetched = json(&run(folder.path(), &["old.yaml", &url, "-f", "json"]));
    let mut child = command(folder.path());
    let child = child.args(["-", "new.yaml", "-f", "json"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(example("old.yaml")).unwrap()).unwrap();
    let piped = json(&child.wait_with_output().unwrap());
    for other in [committed, fetched, piped] {
        assert_eq!(file["changes"], other["changes"]);
    }
    assert!(server.join().unwrap().starts_with("GET /new.yaml HTTP/1.1"));
}

#[test]
fn a_page_of_changes_grows_by_a_day() {
    let folder = folder();
    let page = folder.path().join("changes.md");
    let keep = |old: &str, new: &str, date: &str| {
        told(&run(folder.path(), &[old, new, "--changelog", "changes.md", "--date", date, "--fail-on", "never"]), 0);
        fs::read_to_string(&page).unwrap_or_default()
    };
    assert_eq!(keep("old.yaml", "old.yaml", "2026-06-04"), "");
    let first = keep("old.yaml", "new.yaml", "2026-06-05");
    assert!(first.starts_with("# API changes\n\n## 2026-06-05\n\n1 breaking, "), "{first}");
    assert_eq!(keep("old.yaml", "new.yaml", "2026-06-05"), first);
    let second = keep("new.yaml", "old.yaml", "2026-06-12");
    assert!(second.ends_with(first.trim_start_matches("# API changes\n\n")), "{second}");
    assert!(second.starts_with("# API changes\n\n## 2026-06-12\n"), "{second}");
    // without a date it is today's
    let today = run(folder.path(), &["old.yaml", "new.yaml", "--changelog", "today.md", "--fail-on", "never"]);
    told(&today, 0);
    let today = fs::read_to_string(folder.path().join("today.md")).unwrap();
    assert!(today.starts_with("# API changes\n\n## 20"), "{today}");
}

#[test]
fn a_server_sees_it_the_other_way_round() {
    let folder = folder();
    let levels = |view: &str, old: &str, new: &str| {
        let output = run(folder.path(), &[old, new, "--for", view, "-f", "json", "--fail-on", "never"]);
        let report: serde_json::Value = serde_json::from_str(&told(&output, 0)).unwrap();
        let told = |change: &serde_json::Value| (change["rule"].clone(), change["level"].clone());
        report["changes"].as_array().unwrap().iter().map(told).collect::<Vec<_>>()
    };
    let level = |view: &str, rule: &str| {
        let found = levels(view, "old.yaml", "new.yaml").into_iter().find(|(own, _)| own == rule);
        found.map(|(_, level)| level.as_str().unwrap().to_owned())
    };
    // who reads what may be missing is hurt, who may leave it out is not
    assert_eq!(level("client", "response-field-now-optional").as_deref(), Some("breaking"));
    assert_eq!(level("server", "response-field-now-optional").as_deref(), Some("compatible"));
    assert_eq!(level("client", "response-value-added").as_deref(), Some("risky"));
    assert_eq!(level("server", "response-value-added").as_deref(), Some("compatible"));
    let back = levels("server", "new.yaml", "old.yaml");
    assert!(back.contains(&("response-field-now-required".into(), "breaking".into())), "{back:?}");
}

/// The page is all there is: nothing is asked of any host, and documents cannot add to it.
#[test]
fn the_page_stands_alone() {
    let folder = folder();
    let nasty = fs::read_to_string(example("new.yaml"))
        .unwrap()
        .replace("All parcels.", "<img src=//x.example onerror=a()></script>");
    fs::write(folder.path().join("nasty.yaml"), nasty.replace("listParcels", "\"<b>'\\\"&list\"")).unwrap();
    let output = run(folder.path(), &["old.yaml", "nasty.yaml", "-f", "html", "-o", "page.html"]);
    assert_eq!(told(&output, 1), "");
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    for part in ["<img", "<b>'", "</script></", "http:", "https:", "<link", "<script src", "@import", "url("] {
        assert!(!page.contains(part), "{part}");
    }
    assert!(page.contains("default-src 'none'") && page.matches("<script>").count() == 1);
    assert!(page.contains("&lt;img src=//x.example onerror=a()&gt;"));
    for part in
        ["data-level=\"breaking\"", "data-direction=\"response\"", "<figcaption>Old</figcaption>", "name=\"operation\""]
    {
        assert!(page.contains(part), "{part}");
    }
    // worst first
    let place = |level: &str| page.find(&format!("<details class=\"section {level}\"")).unwrap();
    assert!(place("breaking") < place("risky") && place("risky") < place("cosmetic"));
}

/// The action's script, and what is recorded of it.
#[cfg(target_os = "linux")]
#[test]
fn action() {
    let folder = folder();
    let summary = folder.path().join("summary.md");
    let script = example("../compare.sh");
    let run = |fail_on: &str| {
        let mut command = Command::new("bash");
        command.arg(&script).current_dir(folder.path());
        command.env("COMMAND", env!("CARGO_BIN_EXE_openapi-drift")).env("GITHUB_STEP_SUMMARY", &summary);
        for (name, value) in [
            ("OLD", "old.yaml"),
            ("NEW", "new.yaml"),
            ("VIEW", "client"),
            ("LEVELS", ""),
            ("IGNORE", ""),
            ("HTML", "p.html"),
        ] {
            command.env(name, value);
        }
        command.env("FAIL_ON", fail_on).output().unwrap()
    };
    let annotations = told(&run("breaking"), 1);
    assert!(fs::read_to_string(folder.path().join("p.html")).unwrap().starts_with("<!doctype html>"));
    let report = fs::read_to_string(&summary).unwrap();
    told(&run("never"), 0);
    for (name, text) in [("annotations.txt", annotations), ("summary.md", report)] {
        if std::env::var_os("UPDATE_RECORDED").is_some() {
            fs::write(example(name), &text).unwrap();
        }
        assert_eq!(
            fs::read_to_string(example(name)).unwrap(),
            text,
            "run this test with UPDATE_RECORDED=1 to record it anew"
        );
    }
}
