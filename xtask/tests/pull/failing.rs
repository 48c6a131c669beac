//! Whatever goes wrong, the message names the page and the reason, and nothing is written.

use std::{
    fs,
    process::{Command, Stdio},
    sync::{atomic::Ordering, mpsc},
    time::Duration,
};

use super::*;

const PAGE: &str = "list-bookings";

fn broken(response: impl FnOnce(&str, String) -> Response) -> (Server, String) {
    let mut path = String::new();
    let server = served_with(&common::published(), Folders::Everywhere, |responses, url| {
        path = path_of(responses, PAGE);
        let Some(Response::Page(text)) = responses.remove(&path) else { panic!() };
        responses.insert(path.clone(), response(url, text));
    });
    let url = format!("{}{path}", server.url);
    (server, url)
}

#[test]
fn a_page_that_fails_is_named_with_the_reason() {
    type Break = fn(&str, String) -> Response;
    let cases: [(Break, &str); 17] = [
        (|_, _| Response::Status(404), "the response is 404"),
        (|_, _| Response::Status(500), "the response is 500"),
        (|_, _| Response::Status(304), "the response is 304"),
        (|_, _| Response::Page("<!doctype html><html></html>".to_owned()), "is HTML"),
        (|_, _| Response::Page(String::new()), "has no heading `OpenAPI Specification`"),
        (|_, text| Response::Page(text.replace("## OpenAPI", "## The")), "has no heading `OpenAPI Specification`"),
        (|_, text| Response::Page(text.replace("```", "")), "no code block below it"),
        (|_, text| Response::Page(text[..text.len() / 2].to_owned()), "the page is incomplete"),
        (|_, text| Response::CutOff(text), "the content breaks off"),
        (|_, text| Response::Page(text.replace("\"paths\":", "\"paths\": [")), "is not valid YAML"),
        (|_, text| Response::Page(text.replace("\"info\": {", "\"info\": *nowhere, \"x\": {")), "is not valid YAML"),
        (|_, text| Response::Page(text.replace("\"openapi\": \"3.0.1\"", "\"openapi\": \"2.0\"")), "is OpenAPI 2.0"),
        (|_, text| Response::Page(text.replace("\"openapi\":", "\"open\":")), "it has no `openapi` version"),
        (
            |_, text| Response::Page(text.replace("\"bearer\"", "\"hat\"")),
            "security scheme `BearerAuth1` has type \"hat\"",
        ),
        (|_, _| Response::Redirect("http://localhost:1/moved.md".to_owned()), "another host, localhost"),
        (|_, _| Response::Redirect("https://127.0.0.1/moved.md".to_owned()), "another host, 127.0.0.1"),
        (|_, _| Response::Redirect("/llms-again.md".to_owned()), "the response is 404"),
    ];
    for (response, reason) in cases {
        let (server, page) = broken(response);
        let told = error(&request(&format!("{}/", server.url)));
        assert!(told.contains(&page) && told.contains(reason), "{reason} at {page}: {told}");
    }
}

#[test]
fn what_is_no_object_where_one_belongs_is_named() {
    let operation = serde_json::json!({"security": [{"b": []}], "responses": {}});
    for (operation, components, reason) in [
        (operation, serde_json::json!([]), "`components` is no object"),
        (Value::Null, serde_json::json!({}), "GET /a is no object"),
        ("gone".into(), serde_json::json!({}), "GET /a is no object"),
    ] {
        let document = serde_json::json!({"openapi": "3.0.1", "paths": {"/a": {"get": operation}},
            "components": components, "security": []});
        let server = Server::start(BTreeMap::from([("/export.json".to_owned(), Response::Page(document.to_string()))]));
        let told = error(&request(&format!("{}/export.json", server.url)));
        assert!(told.contains(&format!("/export.json: {reason}")), "{told}");
    }
}

/// The page of the operation with something else in its block.
fn with_block(path: &str, kind: &str, edit: impl FnOnce(&mut Value)) -> String {
    let operation = serde_json::json!({"x-apidog-folder": portal::FOLDER, "responses": {"200": {"description": "d"}}});
    let mut document = serde_json::json!({"openapi": "3.1.0", "paths": {path: {"get": operation}},
        "components": {"schemas": {"Booking": {"type": "object"}}}});
    let fine = portal::page("Fine", &document).replace(path, "/fine");
    edit(&mut document);
    let index = [("fine", "e0"), ("extra", kind)]
        .map(|(name, kind)| format!("- {} [{name}](/{name}-7777{kind}.md): One.\n", portal::FOLDER));
    let server = Server::start(BTreeMap::from([
        ("/llms.txt".to_owned(), Response::Page(index.concat())),
        ("/fine-7777e0.md".to_owned(), Response::Page(fine)),
        (format!("/extra-7777{kind}.md"), Response::Page(portal::page("Extra", &document))),
    ]));
    let told = error(&request(&format!("{}/", server.url)));
    assert!(told.contains(&format!("{}/extra-7777{kind}.md: ", server.url)), "{told}");
    told
}

#[test]
fn a_page_of_the_folder_without_an_operation_is_named() {
    type Edit = fn(&mut Value);
    let nothing = "holds no operation and no webhook, although it is the page of one";
    let cases: [(Edit, &str); 16] = [
        (|d| d["paths"] = serde_json::json!({}), nothing),
        (|d| d["paths"] = Value::Null, nothing),
        (|d| drop(d.as_object_mut().unwrap().remove("paths")), nothing),
        (|d| d["paths"]["/extra"] = serde_json::json!({"summary": "soon"}), nothing),
        (|d| d["webhooks"] = serde_json::json!([]), "`webhooks` is no object"),
        (|d| d["paths"] = serde_json::json!([]), "`paths` is no object"),
        (|d| d["paths"]["/extra"] = serde_json::json!([{"get": {}}]), "path /extra is no object"),
        (|d| d["paths"]["/more"] = Value::Null, "path /more is no object"),
        (|d| d["paths"]["/extra"] = serde_json::json!({"GET": {}}), "`GET` of path /extra is no method"),
        (|d| d["paths"]["/more"] = serde_json::json!({"Post": {}}), "`Post` of path /more is no method"),
        (
            |d| d["paths"]["/extra"] = serde_json::json!({"$ref": "#/components/pathItems/P"}),
            "path /extra refers to \"#/components/pathItems/P\", which is not there",
        ),
        (|d| d["webhooks"] = serde_json::json!({"lost": []}), "webhook lost is no object"),
        (|d| d["webhooks"] = serde_json::json!({"lost": {"post": []}}), "POST lost is no object"),
        (|d| d["components"] = serde_json::json!([]), "`components` is no object"),
        (|d| d["components"]["schemas"] = serde_json::json!([{}]), "`components.schemas` is no object"),
        (|d| d["components"]["responses"] = "none".into(), "`components.responses` is no object"),
    ];
    for (edit, reason) in cases {
        let told = with_block("/extra", "e0", edit);
        assert!(told.contains(reason), "{reason}: {told}");
    }
    for kind in ["d0", ""] {
        let told = with_block("/extra", kind, |document| {
            document["paths"] = Value::Null;
            document["components"] = Value::Null;
        });
        assert!(told.contains("its document holds no operation, no webhook and no schema"), "{told}");
    }
}

#[test]
fn a_page_that_redirects_to_itself_ends() {
    let mut path = String::new();
    let server = served_with(&common::published(), Folders::Everywhere, |responses, url| {
        path = path_of(responses, PAGE);
        responses.insert(path.clone(), Response::Redirect(format!("{url}{path}")));
    });
    let told = error(&request(&format!("{}/", server.url)));
    assert!(told.contains(&path) && told.contains("is redirected too often"), "{told}");
    assert!(server.paths().iter().filter(|seen| **seen == path).count() < 10);
}

#[test]
fn what_is_too_large_or_too_slow_is_given_up() {
    let limits = Limits { page: 200_000, export: 1000, timeout: Duration::from_secs(2) };
    let (asked, _asked) = mpsc::channel();
    for (response, reason) in [
        (Response::Endless, "is larger than 200000 bytes"),
        (Response::Page("#".repeat(200_001)), "is larger than 200000 bytes"),
        (Response::Silence(asked), "timed out"),
    ] {
        let (server, page) = broken(|_, _| response);
        let told = error(&Request { limits, ..request(&format!("{}/", server.url)) });
        assert!(told.contains(&page) && told.contains(reason), "{reason}: {told}");
        // a few buffers of the system beyond the limit
        assert!(server.seen.endless.load(Ordering::SeqCst) < 32 << 20, "more is read than wanted");
    }
    // never silent for long, and never done
    let (server, page) = broken(|_, _| Response::Trickle);
    let told = error(&Request { limits, ..request(&format!("{}/", server.url)) });
    assert!(told.contains(&page) && told.contains("timed out before the last byte"), "{told}");
    let told = error(&Request { limits, ..request(common::spec("bls.openapi.json").to_str().unwrap()) });
    assert!(told.contains("bls.openapi.json") && told.contains("is larger than 1000 bytes"), "{told}");
}

#[test]
fn a_yaml_bomb_is_refused() {
    let mut bomb = String::from("openapi: 3.0.1\nx0: &x0 [a, a, a, a, a, a, a, a, a, a]\n");
    for level in 1..12 {
        let before = level - 1;
        bomb += &format!("x{level}: &x{level} [{}]\n", vec![format!("*x{before}"); 10].join(", "));
    }
    let deep = format!("openapi: 3.0.1\nx: {}{}\n", "[".repeat(5000), "]".repeat(5000));
    for text in [bomb, deep] {
        let server = Server::start(BTreeMap::from([("/export.yaml".to_owned(), Response::Page(text))]));
        let told = error(&request(&format!("{}/export.yaml", server.url)));
        assert!(told.contains("/export.yaml is not valid YAML"), "{told}");
    }
}

#[test]
fn an_index_that_leads_nowhere_is_named() {
    let index = |text: &str| Server::start(BTreeMap::from([("/llms.txt".to_owned(), Response::Page(text.to_owned()))]));
    for (text, reason) in [
        ("<html>", "is HTML; does the site publish its pages for machines?"),
        ("# Portal\n\nNothing yet.\n", "links to no page"),
        ("- Virtual BLS APIs [Prose](prose-1m0.md)\n", "links to no page"),
        (
            "- Virtual BLS APIs [Theirs](https://other.example/get-1e0.md)\n",
            "https://other.example/get-1e0.md: is on another host",
        ),
    ] {
        let server = index(text);
        let told = error(&request(&format!("{}/", server.url)));
        assert!(told.contains(reason), "{reason}: {told}");
    }
    let server = Server::start(BTreeMap::new());
    let told = error(&request(&format!("{}/", server.url)));
    assert!(told.contains("/llms.txt: the response is 404"), "{told}");
    let dir = tempfile::tempdir().unwrap();
    assert!(error(&request(dir.path().to_str().unwrap())).contains("llms.txt"));
}

#[test]
fn an_export_that_is_a_web_page_is_said_to_be_one() {
    let server = Server::start(BTreeMap::from([("/docs".to_owned(), Response::Page("<html>".to_owned()))]));
    let told = error(&request(&format!("{}/docs", server.url)));
    assert!(told.contains("is HTML and no OpenAPI document") && told.contains("end its URL with a slash"), "{told}");
}

#[test]
fn a_folder_that_is_not_there_is_an_error_that_lists_those_that_are() {
    for folders in [Folders::Everywhere, Folders::Operations] {
        let server = served(&common::published(), folders);
        let elsewhere = Request { folder: "Registration APIs".to_owned(), ..request(&format!("{}/", server.url)) };
        let told = error(&elsewhere);
        for part in [
            "no operation is in the folder `Registration APIs`",
            "--folder",
            "7 in `Virtual BLS APIs/Webhooks`",
            "1 in `Practical Training APIs/Bookings`",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
}

#[test]
fn secrets_of_the_address_are_not_shown() {
    let server = Server::start(BTreeMap::new());
    let told = error(&request(&format!("{}/export?token=s3cret", server.url)));
    assert!(told.contains("/export: the response is 404") && !told.contains("s3cret"), "{told}");
    // nobody listens there
    let told = error(&request("http://127.0.0.1:1/export?token=s3cret"));
    assert!(told.contains("http://127.0.0.1:1/export") && !told.contains("s3cret"), "{told}");
}

#[test]
fn a_pull_that_is_killed_or_fails_leaves_the_file_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bls.openapi.json");
    fs::write(&file, "as it was").unwrap();
    let pull = |from: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["pull", "--from", from, "--out", file.to_str().unwrap()]).current_dir(common::root());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let untouched = || {
        assert_eq!(fs::read_to_string(&file).unwrap(), "as it was");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing may be left behind");
    };

    let (sender, asked) = mpsc::channel();
    let (server, _) = broken(|_, _| Response::Silence(sender));
    let mut child = pull(&format!("{}/", server.url)).spawn().unwrap();
    asked.recv().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    untouched();

    let (server, page) = broken(|_, _| Response::Status(500));
    let output = pull(&format!("{}/", server.url)).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("nothing is written") && told.contains(&page), "{told}");
    untouched();

    let server = served(&common::published(), Folders::Everywhere);
    let output = pull(&format!("{}/", server.url)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(serde_json::from_slice::<Value>(&fs::read(&file).unwrap()).unwrap(), common::published());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
