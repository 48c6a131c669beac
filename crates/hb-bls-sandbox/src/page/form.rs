//! The fields of a submitted form.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::body::Body;
use axum::extract::FromRequest;
use http::Request;
use serde_json::{Map, Value};

use crate::api::input::read_body;
use crate::problem::Problem;

/// The fields of a form; of a repeated one, the last counts.
#[derive(Debug)]
pub(super) struct Form(BTreeMap<String, String>);

impl<S: Sync> FromRequest<S> for Form {
    type Rejection = super::result::Refused;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Self::Rejection> {
        let bytes = read_body(request).await?;
        Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
    }
}

impl Form {
    /// The text of a field; none if it is blank.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// A number, a sum or a date; none if it is blank.
    pub(super) fn value<T: FromStr>(&self, name: &str, label: &str) -> Result<Option<T>, Problem> {
        let wrong = |text| Problem::rule(name, format!("“{text}” is not valid for {label}."));
        self.text(name).map(|text| text.parse().map_err(|_| wrong(text))).transpose()
    }

    pub(super) fn required<T: FromStr>(&self, name: &str, label: &str) -> Result<T, Problem> {
        self.value(name, label)?.ok_or_else(|| Problem::rule(name, format!("Something is needed for {label}.")))
    }

    /// Every field, as the API's rules read them.
    pub(super) fn json(&self) -> Map<String, Value> {
        self.0.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect()
    }

    /// The fields of a group, such as `credits.1` of `credits`, by the rest of their name.
    pub(super) fn group<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(field, text)| {
            let rest = field.strip_prefix(name)?.strip_prefix('.')?;
            Some((rest, text.trim())).filter(|(_, text)| !text.is_empty())
        })
    }
}

/// The address of another page with some parameters of this one, those left out that are blank.
pub(super) fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let given = parameters.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
