//! Writes a document as a documentation site publishes it: an index, a page per operation, clutter and all.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use xtask::walk;

/// The folder of the API on the site.
pub const FOLDER: &str = "Virtual BLS APIs";

/// Where it is told which page belongs to which API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folders {
    /// In the operations, and in the index before each link.
    Everywhere,
    /// In the operations alone.
    Operations,
    /// In the index alone, as headings.
    Headings,
}

/// The files of a site, by path. Links begin with `base`.
pub fn site(document: &Value, base: &str, folders: Folders) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut index = String::from(
        "# Developer Portal\n\n## Docs\n- Virtual BLS APIs [Overview](BASE/overview-100m0.md): Start here, then see [bookings](BASE/elsewhere-9e0.md).\n\n## API Docs\n",
    );
    if folders == Folders::Headings {
        index += "### Practical Training APIs\n";
    }
    // a sister API with a schema of the same name
    let theirs = json!({"paths": {"/bookings": {"get": {"tags": ["Bookings"], "responses": {"200": {"description": "Theirs.", "content":
        {"application/json": {"schema": {"$ref": "#/components/schemas/Booking"}}}}}}}}, "components": {"schemas": {"Booking": {"type": "string"}}}});
    let mut pages = vec![("Practical Training APIs", "/bookings", "get", &theirs)];
    pages.extend(walk::operations(document).into_iter().map(|o| (FOLDER, o.path, o.method, document)));
    for (number, (api, path, method, source)) in pages.into_iter().enumerate() {
        let operation = &source["paths"][path][method];
        let group = format!("{api}/{}", operation["tags"][0].as_str().unwrap_or("Other"));
        let title = operation["summary"].as_str().unwrap_or("A page");
        let file =
            format!("{}-{}e0.md", title.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "-"), 5000 + number);
        if number == 1 && folders == Folders::Headings {
            index += &format!("### {FOLDER}\n");
        }
        let label =
            if folders == Folders::Everywhere { format!("{} ", group.replace('/', " > ")) } else { String::new() };
        index += &format!(
            "- {label}[{title}](BASE/{file}): {}\n",
            operation["description"].as_str().unwrap_or_default().replace('\n', " ")
        );
        let told = (folders != Folders::Headings).then_some(group.as_str());
        files.insert(format!("/{file}"), page(title, &page_document(source, path, method, told)));
    }
    index += "\n## Schemas\n";
    for (number, name) in unreached(document).into_iter().enumerate() {
        let file = format!("{}-{}d0.md", name.to_lowercase(), 9000 + number);
        index += &format!("- {FOLDER} [{name}](BASE/{file}): \n");
        let mut only = json!({"openapi": "3.0.1", "info": {"title": "", "version": "1.0.0"}, "paths": {}, "servers": [], "security": []});
        only["components"]["schemas"] =
            cluttered_schemas(document, &BTreeSet::from([("schemas".to_owned(), name.clone())]));
        files.insert(format!("/{file}"), page(&name, &only));
    }
    files.insert("/llms.txt".to_owned(), index);
    files.values_mut().for_each(|text| *text = text.replace("BASE", base));
    files
}

/// A page as it is served.
pub fn page(title: &str, document: &Value) -> String {
    // JSON is YAML; the first line makes it be read as that
    format!("# {title}\n\n## OpenAPI Specification\n\n```yaml\n# YAML\n{document:#}\n```\n")
}

fn page_document(document: &Value, path: &str, method: &str, folder: Option<&str>) -> Value {
    let mut operation = document["paths"][path][method].clone();
    let members = operation.as_object_mut().unwrap();
    members.remove("operationId");
    members.insert("deprecated".to_owned(), false.into());
    members.entry("description").or_insert_with(|| "".into());
    members.entry("parameters").or_insert_with(|| json!([]));
    members.insert("x-apidog-status".to_owned(), "released".into());
    members.insert("x-run-in-apidog".to_owned(), "https://app.example/web/project/1/apis/api-1-run".into());
    if let Some(folder) = folder {
        members.insert("x-apidog-folder".to_owned(), folder.into());
        members.insert("tags".to_owned(), json!([folder, folder]));
    }
    let tool = json!({"required": true, "schemeGroups": [{"id": "kn8M", "schemeIds": ["BearerAuth1"]}], "use": {"id": "kn8M"}});
    members.entry("security").or_insert_with(|| json!([{"BearerAuth1": [], "x-apidog": tool}]));
    for (status, response) in members["responses"].as_object_mut().unwrap() {
        if response.get("$ref").is_none() {
            response["headers"] = json!({});
            response["x-apidog-name"] = format!("Response {status}").into();
        }
    }
    let reached = reachable(document, &operation);
    let mut page = json!({
        "openapi": "3.0.1",
        "info": {"title": "", "description": "", "version": "1.0.0"},
        "paths": {path: {method: operation}},
        "components": {"schemas": cluttered_schemas(document, &reached), "securitySchemes": {
            "BearerAuth1": {"type": "bearer", "scheme": "bearer", "description": "", "x-apidog": {"schemeGroups": []}},
            "api_key": {"type": "apikey", "in": "header", "name": "Authorization"}}},
        "servers": document["servers"],
        "security": [{"BearerAuth1": [], "x-apidog": tool}],
    });
    let responses = reached.iter().filter(|(section, _)| section == "responses");
    page["components"]["responses"] = responses
        .map(|(_, name)| {
            let mut response = document["components"]["responses"][name].clone();
            response["headers"] = json!({});
            response["x-apidog-name"] = name.as_str().into();
            (name.clone(), response)
        })
        .collect::<Map<_, _>>()
        .into();
    page
}

fn cluttered_schemas(document: &Value, reached: &BTreeSet<(String, String)>) -> Value {
    let schemas = reached.iter().filter(|(section, _)| section == "schemas").map(|(_, name)| {
        let mut schema = document["components"]["schemas"][name].clone();
        let names: Vec<&String> = schema["properties"].as_object().into_iter().flat_map(Map::keys).collect();
        let orders = json!(names);
        schema["x-apidog-orders"] = orders;
        schema["x-apidog-ignore-properties"] = json!([]);
        schema["x-apidog-folder"] = "".into();
        schema["title"] = "".into();
        (name.clone(), schema)
    });
    schemas.collect::<Map<_, _>>().into()
}

fn reachable(document: &Value, from: &Value) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(value) = open.pop() {
        if let Some(reference) = value["$ref"].as_str() {
            let (section, name) = reference.strip_prefix("#/components/").unwrap().split_once('/').unwrap();
            if found.insert((section.to_owned(), name.to_owned())) {
                open.push(&document["components"][section][name]);
            }
        }
        match value {
            Value::Object(members) => open.extend(members.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

/// Schemas that no operation leads to; they have pages of their own.
fn unreached(document: &Value) -> Vec<String> {
    let reached = reachable(document, &document["paths"]);
    let all = walk::schemas(document).map(|(name, _)| name.clone());
    all.filter(|name| !reached.contains(&("schemas".to_owned(), name.clone()))).collect()
}
