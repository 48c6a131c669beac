//! What is assumed of the API, taken apart into claims that an answer can confirm or refute.
//!
//! The claims follow from where an action of the overlay puts what: nothing here knows any assumption.

use anyhow::{Context as _, Result, bail};
use hb_bls::raw::{OVERLAY, PUBLISHED};
use serde::Deserialize;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::{
    document::{Document, join},
    place::Place,
};

/// How the description of an assumption begins; others add names, and say nothing about the API.
const ASSUMED: &str = "Assumed: ";
/// How one goes on that belongs to the one before it.
const AS_ABOVE: &str = "as above, ";
/// Keywords that say nothing about a value.
const ANNOTATIONS: [&str; 4] = ["title", "description", "example", "deprecated"];

/// One thing that an assumption claims, about a place in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// A JSON pointer to a schema or an answer.
    pub pointer: String,
    pub what: What,
}

/// What is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A value fits the schema's own keywords.
    Fits,
    /// A value may be null.
    Null,
    /// Every object has the property.
    Required(String),
    /// Objects have the property.
    Property(String),
    /// Objects do not have the property.
    NoProperty(String),
    /// A value is one of an open set; all of the set is assumed, or this is added to what is published.
    Word { word: String, whole: bool },
    /// A value is as another schema says.
    Shape,
    /// There is such an answer.
    Answer,
    /// The answer has this media type.
    Media(String),
    /// The answer has the header.
    Header(String),
    /// The answer comes with this status.
    Status(u64),
    /// Something that no answer shows.
    Beyond,
}

/// An assumption.
#[derive(Debug, Clone)]
pub struct Assumption {
    /// The overlay's target.
    pub target: String,
    /// What is assumed, and why.
    pub text: String,
    pub claims: Vec<Claim>,
}

#[derive(Deserialize)]
struct Overlay {
    actions: Vec<Action>,
}

#[derive(Deserialize)]
struct Action {
    target: String,
    description: String,
    #[serde(default)]
    update: Value,
    #[serde(default)]
    remove: bool,
}

/// The assumptions that the compiled-in document was made with.
pub fn load(document: &Document) -> Result<Vec<Assumption>> {
    let published: Value = serde_json::from_str(PUBLISHED).context("cannot read the published document")?;
    let overlay: Overlay = serde_json::from_str(OVERLAY).context("cannot read the assumptions")?;
    assumptions(document, &published, overlay)
}

fn assumptions(document: &Document, published: &Value, overlay: Overlay) -> Result<Vec<Assumption>> {
    let mut all: Vec<Assumption> = Vec::new();
    let mut above = String::new();
    for action in overlay.actions {
        let Some(text) = action.description.strip_prefix(ASSUMED) else { continue };
        let text = match text.strip_prefix(AS_ABOVE) {
            Some(more) => format!("{above}, {more}"),
            None => {
                above = first_sentence(text).to_owned();
                text.to_owned()
            }
        };
        let path = JsonPath::parse(&action.target)
            .with_context(|| format!("the target of an assumption is no JSONPath: {}", action.target))?;
        // what was taken out is to be found in what is published only
        let nodes = path.query_located(if action.remove { published } else { document.value() });
        let pointers: Vec<String> = nodes.locations().map(|location| location.to_json_pointer()).collect();
        if pointers.is_empty() {
            bail!("the assumption about {} is not the one that the compiled-in document was made with", action.target);
        }
        let mut claims = Vec::new();
        for pointer in pointers {
            if action.remove {
                removed(&pointer, &mut claims);
            } else {
                claim(document, Place::of(&pointer), &pointer, &action.update, &mut claims);
            }
        }
        all.push(Assumption { target: action.target, text, claims });
    }
    Ok(all)
}

/// The text up to the first full stop.
pub fn first_sentence(text: &str) -> &str {
    text.split(". ").next().unwrap_or_default().trim_end_matches('.')
}

/// That a property is taken out claims that it is not there.
fn removed(pointer: &str, claims: &mut Vec<Claim>) {
    let property = pointer.rsplit_once('/').and_then(|(properties, name)| {
        Some((properties.strip_suffix("/properties")?, name.replace("~1", "/").replace("~0", "~")))
    });
    claims.push(match property {
        Some((schema, name)) => Claim { pointer: schema.to_owned(), what: What::NoProperty(name) },
        None => Claim { pointer: pointer.to_owned(), what: What::Beyond },
    });
}

/// What it claims to put this there.
fn claim(document: &Document, place: Place, pointer: &str, update: &Value, claims: &mut Vec<Claim>) {
    let mut say = |what| claims.push(Claim { pointer: pointer.to_owned(), what });
    let Value::Object(members) = update else { return say(What::Beyond) };
    for (key, value) in members {
        let inner = join(pointer, key);
        let mut say = |what| claims.push(Claim { pointer: pointer.to_owned(), what });
        match (place, key.as_str()) {
            (Place::Schema, "nullable") => say(What::Null),
            (Place::Schema, "required") => names(value).map(What::Required).for_each(say),
            (Place::Schema, "x-extensible-enum") => {
                let whole = document.at(&inner) == value;
                names(value).map(|word| What::Word { word, whole }).for_each(say);
            }
            (Place::Response, "x-status") => say(value.as_u64().map_or(What::Beyond, What::Status)),
            (_, key) if ANNOTATIONS.contains(&key) && place != Place::Properties && place != Place::Schemas => {}
            (Place::Schema, "$ref") => say(What::Shape),
            (Place::Schema, "default") => say(What::Beyond),
            (Place::Schema, "properties") => {
                names_of(value).map(What::Property).for_each(say);
                claim(document, Place::Properties, &inner, value, claims);
            }
            (Place::Properties, name) => {
                // as part of its schema, it was claimed above
                if let Some(schema) = pointer.strip_suffix("/properties") {
                    let property = Claim { pointer: schema.to_owned(), what: What::Property(name.to_owned()) };
                    if !claims.contains(&property) {
                        claims.push(property);
                    }
                }
                claim(document, Place::Schema, &inner, value, claims);
            }
            (Place::Schema, "allOf" | "anyOf" | "oneOf") => {
                for (index, part) in value.as_array().into_iter().flatten().enumerate() {
                    claim(document, Place::Schema, &format!("{inner}/{index}"), part, claims);
                }
            }
            (Place::Schema, "items" | "additionalProperties") if value.is_object() => {
                claim(document, Place::Schema, &inner, value, claims);
            }
            (Place::Schema, _) => say(What::Fits),
            (Place::Responses, _) => {
                claims.push(Claim { pointer: inner.clone(), what: What::Answer });
                if value.get("$ref").is_none() {
                    claim(document, Place::Response, &inner, value, claims);
                }
            }
            (Place::Content, media) => {
                if let Some(response) = pointer.strip_suffix("/content") {
                    claims.push(Claim { pointer: response.to_owned(), what: What::Media(media.to_owned()) });
                }
                claim(document, Place::Media, &inner, value, claims);
            }
            (Place::Headers, name) => {
                if let Some(response) = pointer.strip_suffix("/headers") {
                    claims.push(Claim { pointer: response.to_owned(), what: What::Header(name.to_owned()) });
                }
            }
            (place, key) => match place.enter(key) {
                Place::Other => claims.push(Claim { pointer: inner, what: What::Beyond }),
                next => claim(document, next, &inner, value, claims),
            },
        }
    }
    claims.dedup();
}

fn names(list: &Value) -> impl Iterator<Item = String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}

fn names_of(object: &Value) -> impl Iterator<Item = String> {
    object.as_object().into_iter().flat_map(serde_json::Map::keys).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims_of(target: &str) -> Vec<(String, What)> {
        let document = Document::load().unwrap();
        let all = load(&document).unwrap();
        let found = all.into_iter().filter(|assumption| assumption.target == target);
        found.flat_map(|assumption| assumption.claims).map(|claim| (claim.pointer, claim.what)).collect()
    }

    #[test]
    fn every_assumption_claims_something() {
        let document = Document::load().unwrap();
        let all = load(&document).unwrap();
        let assumed = OVERLAY.matches("\"description\": \"Assumed: ").count();
        assert_eq!(all.len(), assumed);
        assert!(assumed > 50);
        for assumption in &all {
            assert!(!assumption.claims.is_empty(), "{}: {}", assumption.target, assumption.text);
            assert!(!assumption.text.contains("as above"), "{}", assumption.text);
        }
    }

    #[test]
    fn claims_follow_from_the_place() {
        let course = || "/components/schemas/Course".to_owned();
        let price = || format!("{}/properties/price", course());
        let minutes = || format!("{}/properties/duration_minutes", course());
        assert_eq!(
            claims_of("$.components.schemas.Course.properties"),
            [
                (course(), What::Property("duration_minutes".to_owned())),
                (minutes(), What::Fits),
                (course(), What::Property("price".to_owned())),
                (price(), What::Fits),
            ]
        );
        assert_eq!(
            claims_of("$.paths['/booking-url'].get.responses['2XX']"),
            [
                ("/paths/~1booking-url/get/responses/2XX".to_owned(), What::Media("application/json".to_owned())),
                ("/paths/~1booking-url/get/responses/2XX/content/application~1json/schema".to_owned(), What::Shape),
            ]
        );
        let words = claims_of("$.components.schemas.BookingStatus");
        let cancelled = What::Word { word: "cancelled".to_owned(), whole: false };
        assert_eq!(words, [("/components/schemas/BookingStatus".to_owned(), cancelled)]);
        let unpaged = claims_of(
            "$.components.schemas['CoursesResponse','TimeslotsResponse','WebhooksResponse'].properties['meta','links']",
        );
        assert_eq!(unpaged.len(), 6);
        assert!(unpaged.iter().all(|(_, what)| matches!(what, What::NoProperty(_))));
        let sizes = claims_of("$.paths['/transactions','/bookings'].get.parameters");
        assert!(sizes.iter().all(|(_, what)| *what == What::Beyond), "{sizes:?}");
    }
}
