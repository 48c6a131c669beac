//! What is pulled is what is published, in whatever form.

use std::{fs, path::Path, sync::atomic::Ordering};

use serde_json::{Value, json};
use xtask::{effective, regen};

use super::*;

#[test]
fn a_site_gives_back_the_document() {
    for folders in [Folders::Everywhere, Folders::Operations, Folders::Headings] {
        let server = served(&common::published(), folders);
        let pulled = pulled(&format!("{}/", server.url)).unwrap();
        same(&pulled.document, &common::published());
        let paths = server.paths();
        let theirs = paths.iter().any(|path| path.starts_with("/a-page-5000e0"));
        assert_eq!(theirs, folders == Folders::Operations, "pages of other APIs are read only if the index is silent");
        assert!(!paths.iter().any(|path| path.contains("overview") || path.contains("elsewhere")), "{paths:?}");
    }
}

/// Equal by meaning, which here is equal; says where not.
#[track_caller]
fn same(found: &Value, expected: &Value) {
    fn differing(place: &str, a: &Value, b: &Value) -> Option<String> {
        match (a, b) {
            (Value::Object(a_members), Value::Object(b_members)) if a != b => {
                let keys = a_members.keys().chain(b_members.keys());
                keys.filter_map(|key| differing(&format!("{place}/{key}"), &a[key.as_str()], &b[key.as_str()])).next()
            }
            _ => (a != b).then(|| format!("{place}: {a}\nis not {b}")),
        }
    }
    assert_eq!(differing("", found, expected), None);
    assert_eq!(found, expected);
}

#[test]
fn reading_a_site_is_polite() {
    let server = served(&common::published(), Folders::Everywhere);
    pulled(&format!("{}/llms.txt", server.url)).unwrap();
    let requests = server.seen.requests.lock().unwrap();
    assert_eq!(requests[0].0, "/llms.txt");
    let mut paths: Vec<&String> = requests.iter().map(|(path, _)| path).collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), requests.len(), "no page is read twice");
    assert_eq!(server.seen.most_at_once.load(Ordering::SeqCst), 1);
    assert!(requests.iter().all(|(_, agent)| agent.starts_with("hb-bls-xtask/")), "{requests:?}");
}

#[test]
fn a_folder_with_the_files_is_a_site() {
    let dir = tempfile::tempdir().unwrap();
    write_site(dir.path(), &common::published(), "https://portal.example");
    for from in [dir.path().to_owned(), dir.path().join("llms.txt")] {
        same(&pulled(from.to_str().unwrap()).unwrap().document, &common::published());
    }
}

fn write_site(dir: &Path, document: &Value, base: &str) {
    for (path, text) in site(document, base, Folders::Everywhere) {
        fs::write(dir.join(&path[1..]), text).unwrap();
    }
}

#[test]
fn redirects_on_the_same_host_are_followed() {
    let server = served_with(&common::published(), Folders::Everywhere, |responses, url| {
        let path = path_of(responses, "list-bookings");
        let page = responses.insert(path, Response::Redirect(format!("{url}/moved.md"))).unwrap();
        responses.insert("/moved.md".to_owned(), page);
    });
    same(&pulled(&format!("{}/", server.url)).unwrap().document, &common::published());
}

/// The document as an export of the whole project, another API in it.
fn export() -> Value {
    let mut document = common::published();
    for (_, item) in document["paths"].as_object_mut().unwrap() {
        for (_, operation) in item.as_object_mut().unwrap() {
            operation.as_object_mut().unwrap().remove("operationId");
            operation["x-apidog-folder"] = "Virtual BLS APIs".into();
            operation["deprecated"] = false.into();
        }
    }
    document["paths"]["/theirs"] = json!({"get": {"x-apidog-folder": "Other", "tags": ["Theirs"], "responses": {"200": {
        "description": "d", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Theirs"}}}}}}});
    document["components"]["schemas"]["Theirs"] = json!({"type": "object"});
    document["openapi"] = "3.0.1".into();
    document
}

#[test]
fn an_export_gives_back_the_document_in_every_form() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let yaml = format!("# YAML\n{:#}", export());
    let forms = [
        file("export.json", export().to_string()),
        file("export.yaml", yaml.clone()),
        file("with-a-mark.yaml", format!("\u{feff}{yaml}")),
        file("raised.json", common::raised(export()).to_string()),
    ];
    for form in &forms {
        same(&pulled(form).unwrap().document, &common::published());
    }
    let server = Server::start(BTreeMap::from([("/export".to_owned(), Response::Page(yaml))]));
    same(&pulled(&format!("{}/export?format=yaml", server.url)).unwrap().document, &common::published());
}

#[test]
fn webhooks_of_a_3_1_export_are_kept_to_be_compared() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("export.json");
    let mut document = common::raised(common::published());
    let payload = json!({"type": ["object", "null"], "properties": {"event_id": {"type": "string"}}});
    let body = json!({"content": {"application/json": {"schema": payload}}});
    document["webhooks"] = json!({"booking.lost": {"$ref": "#/components/pathItems/Lost"}});
    document["components"]["pathItems"] =
        json!({"Lost": {"post": {"requestBody": body, "responses": {"200": {"description": "ok"}}}}});
    fs::write(&path, document.to_string()).unwrap();
    let pulled = pulled(path.to_str().unwrap()).unwrap().document;
    assert_eq!(pulled["openapi"], "3.0.3");
    // the payload is named, and what is said of it is said once
    let mut expected = body;
    expected["content"]["application/json"]["schema"] = json!({"$ref": "#/components/schemas/BookingLost"});
    assert_eq!(pulled["x-webhooks"]["booking.lost"]["post"]["requestBody"], expected);
    assert_eq!(
        pulled["components"]["schemas"]["BookingLost"],
        json!({"type": "object", "nullable": true, "properties": {"event_id": {"type": "string"}}})
    );
    assert_eq!(pulled["components"].get("pathItems"), None);
}

/// The site of the published document with one page more in the folder, linked as an operation's.
fn served_with_page(document: &Value) -> Server {
    served_with(&common::published(), Folders::Everywhere, |responses, url| {
        let Some(Response::Page(index)) = responses.get_mut("/llms.txt") else { panic!() };
        *index += &format!("- Virtual BLS APIs > Extra [Extra]({url}/extra-7777e0.md): One more.\n");
        responses.insert("/extra-7777e0.md".to_owned(), Response::Page(portal::page("Extra", document)));
    })
}

#[test]
fn a_page_may_share_its_path_item_or_hold_webhooks_alone() {
    let operation = json!({"x-apidog-folder": "Virtual BLS APIs/Extra", "responses": {"200": {"description": "d"}}});
    let server =
        served_with_page(&json!({"openapi": "3.1.0", "paths": {"/extra": {"$ref": "#/components/pathItems/P"}},
        "components": {"pathItems": {"P": {"get": operation}}}}));
    let document = pulled(&format!("{}/", server.url)).unwrap().document;
    assert_eq!(document["paths"]["/extra"]["get"]["operationId"], "getExtra");
    assert_eq!(document["components"].get("pathItems"), None);

    let schema = json!({"type": "object", "properties": {"event_id": {"type": ["string", "null"]}}});
    let mut hook = operation.clone();
    hook["requestBody"] = json!({"content": {"application/json": {"schema": schema}}});
    hook["x-run-in-apidog"] = "https://app.example".into();
    for version in ["3.1.0", "3.0.1"] {
        let server =
            served_with_page(&json!({"openapi": version, "paths": {}, "webhooks": {"booking.lost": {"post": hook}}}));
        let document = pulled(&format!("{}/", server.url)).unwrap().document;
        assert_eq!(document.get("webhooks"), None);
        let kept = &document["x-webhooks"]["booking.lost"]["post"];
        assert_eq!(
            kept["requestBody"]["content"]["application/json"]["schema"],
            json!({"$ref": "#/components/schemas/BookingLost"})
        );
        assert_eq!((&kept["tags"], kept.get("x-run-in-apidog")), (&json!(["Extra"]), None));
        let event = &document["components"]["schemas"]["BookingLost"]["properties"]["event_id"];
        assert_eq!(*event, json!({"type": "string", "nullable": true}));
        same(&document["paths"], &common::published()["paths"]);
    }
}

#[test]
fn an_api_without_components_has_none() {
    let operation = json!({"responses": {"200": {"description": "d"}}});
    let document = json!({"openapi": "3.0.1", "paths": {"/extra": {"get": operation}}});
    let server = Server::start(BTreeMap::from([("/export".to_owned(), Response::Page(document.to_string()))]));
    let pulled = pulled(&format!("{}/export", server.url)).unwrap().document;
    assert_eq!(pulled.get("components"), None, "{pulled}");
}

#[test]
fn odd_schema_names_generate() {
    let mut text = common::published().to_string();
    for (name, odd) in
        [("Candidate", "[BLS] Candidate"), ("PaginationMeta", "Pagination Meta / v2"), ("Credits", "2 Credits")]
    {
        text = text.replace(&format!("\"#/components/schemas/{name}\""), &format!("\"#/components/schemas/{odd}\""));
        text = text.replace(&format!("\"{name}\":"), &format!("\"{odd}\":"));
    }
    let dir = tempfile::tempdir().unwrap();
    let export = dir.path().join("export.json");
    fs::write(&export, text).unwrap();
    let pulled = pulled(export.to_str().unwrap()).unwrap().document;
    let schemas = pulled["components"]["schemas"].as_object().unwrap();
    for (name, odd) in [
        ("BlsCandidate", "[BLS] Candidate"),
        ("PaginationMetaV2", "Pagination Meta / v2"),
        ("Schema2Credits", "2 Credits"),
    ] {
        assert_eq!(schemas[name]["x-published-name"], odd);
    }
    assert_eq!(schemas["Booking"]["properties"]["candidate"]["$ref"], "#/components/schemas/BlsCandidate");

    let document = dir.path().join("bls.openapi.json");
    fs::write(&document, effective::to_json(&pulled)).unwrap();
    // the overlay does what the published document alone cannot
    let overlay = fs::read_to_string(common::spec("bls.overlay.json")).unwrap();
    let overlay = overlay.replace("schemas.Candidate", "schemas.BlsCandidate").replace("'Candidate'", "'BlsCandidate'");
    let path = dir.path().join("bls.overlay.json");
    fs::write(
        &path,
        overlay.replace("schemas.Credits", "schemas.Schema2Credits").replace("'Credits'", "'Schema2Credits'"),
    )
    .unwrap();
    let files = regen::generate(&effective::Sources { document, overlay: Some(path) }).unwrap();
    let types = &files.iter().find(|file| file.name == "types.rs").unwrap().text;
    assert!(types.contains("pub struct BlsCandidate") && types.contains("pub struct Schema2Credits"));
}

#[test]
fn the_newest_is_taken_when_pages_differ() {
    let changed = |responses: &mut BTreeMap<String, Response>, date: Option<&'static str>| {
        for slug in ["list-bookings", "get-a-booking"] {
            let path = path_of(responses, slug);
            let Response::Page(text) = &responses[&path] else { panic!() };
            let is_list = slug == "list-bookings";
            let text = if is_list { text.replace("A candidate's place on a course.", "A seat.") } else { text.clone() };
            let page = match date.filter(|_| is_list) {
                Some(date) => Response::Dated(text, date),
                None => Response::Dated(text, "Fri, 05 Jun 2026 10:00:00 GMT"),
            };
            responses.insert(path, page);
        }
        // a third page would be undecided
        let create = path_of(responses, "book-a-held-timeslot");
        let Response::Page(text) = responses[&create].clone() else { panic!() };
        responses.insert(create, Response::Dated(text, "Fri, 05 Jun 2026 10:00:00 GMT"));
    };
    for (date, expected) in [
        ("Sat, 06 Jun 2026 10:00:00 GMT", "A seat."),
        ("Thu, 04 Jun 2026 10:00:00 GMT", "A candidate's place on a course."),
    ] {
        let server =
            served_with(&common::published(), Folders::Everywhere, |responses, _| changed(responses, Some(date)));
        let from = format!("{}/", server.url);
        let told = error(&request(&from));
        for part in
            ["schemas `Booking` is published with different content", "list-bookings", "A seat.", "A candidate's place"]
        {
            assert!(told.contains(part), "{part}: {told}");
        }
        let newest = Request { prefer: Some(Preference::Newest), ..request(&from) };
        let pulled = pull::pull(&newest, &common::published(), &mut |_| {}).unwrap();
        assert_eq!(pulled.document["components"]["schemas"]["Booking"]["description"], expected);
    }
}

/// The portal mixes up schemas of the same name: an example then shows it.
#[test]
fn an_example_that_does_not_fit_its_schema_is_named() {
    let mut document = common::published();
    assert!(notes_of_examples(&document).is_empty(), "{:?}", notes_of_examples(&document));
    let response = &mut document["paths"]["/courses"]["get"]["responses"]["2XX"]["content"]["application/json"];
    response["example"] = json!({"bookings": [{"booking": 1}]});
    let notes = notes_of_examples(&document);
    assert!(matches!(&notes[..], [note] if note.contains("/paths/~1courses/get/responses/2XX")), "{notes:?}");
}

fn notes_of_examples(document: &Value) -> Vec<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), document.to_string()).unwrap();
    let pulled = pulled(file.path().to_str().unwrap()).unwrap();
    pulled.notes.into_iter().filter(|note| note.contains("does not fit its schema")).collect()
}
