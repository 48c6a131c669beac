//! Media types, which mean the same with parameters and without: `application/json; charset=utf-8` is JSON.

use serde_json::{Map, Value};

/// The value, with the parameters of all media types removed, unless two media types differ in nothing else.
pub fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let entry = |(key, value): (&String, &Value)| match value {
                Value::Object(content) if key == "content" => (key.clone(), Value::Object(bodies(content))),
                // these are no part of the document
                value if ["example", "examples", "default", "enum", "const"].contains(&key.as_str()) => {
                    (key.clone(), value.clone())
                }
                value => (key.clone(), plain(value)),
            };
            Value::Object(members.iter().map(entry).collect())
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

fn bodies(content: &Map<String, Value>) -> Map<String, Value> {
    let alike = |media: &str| content.keys().filter(|other| essence(other) == essence(media)).count();
    let name = |media: &String| if alike(media) == 1 { essence(media) } else { media.clone() };
    content.iter().map(|(media, body)| (name(media), plain(body))).collect()
}

/// A media type without its parameters, in lower case. Other text stays as it is.
fn essence(media: &str) -> String {
    match media.split_once(';') {
        Some((essence, _)) => essence.trim().to_ascii_lowercase(),
        None => media.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_of_media_types_are_dropped_where_nothing_is_lost() {
        let body = |media: &[&str]| {
            let content: Map<String, Value> = media.iter().map(|media| ((*media).to_owned(), json!({}))).collect();
            json!({"responses": {"200": {"content": content}}})
        };
        assert_eq!(plain(&body(&["application/JSON; charset=utf-8"])), body(&["application/json"]));
        let two = body(&["application/json;v=1", "application/json;v=2"]);
        assert_eq!(plain(&two), two);
        // a field may have this name
        let named = json!({"properties": {"content": {"type": "string"}}, "example": {"content": {"a;b": {}}}});
        assert_eq!(plain(&named), named);
    }
}
