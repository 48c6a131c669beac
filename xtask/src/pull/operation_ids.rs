//! Gives operations that are published without an `operationId` a stable one.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToLowerCamelCase as _, ToUpperCamelCase as _};
use serde_json::Value;

use super::names::hash;
use crate::walk;

/// Fills in each missing id: the vendored document's for that method and path, else one of method and path. None is
/// that of another operation.
pub fn fill(document: &mut Value, vendored: &Value) {
    let operations = walk::operations(document);
    let is_published = |operation: &walk::Operation<'_>| operation.id().is_some_and(|id| !id.trim().is_empty());
    let (published, open): (Vec<_>, Vec<_>) = operations.into_iter().partition(is_published);
    let mut taken: BTreeSet<String> = published.iter().filter_map(walk::Operation::id).map(key).collect();
    let mut ids = BTreeMap::new();
    let known = walk::operations(vendored);
    // in this order: the vendored id of this path, the vendored id of a similar path, and an id made of method and path
    for rule in [same, alike, derived] {
        for operation in &open {
            let place = (operation.path.to_owned(), operation.method);
            if ids.contains_key(&place) {
                continue;
            }
            if let Some(id) = rule(operation, &known).filter(|id| taken.insert(key(id))) {
                ids.insert(place, id);
            }
        }
    }
    for operation in &open {
        let (path, method) = (operation.path, operation.method);
        ids.entry((path.to_owned(), method))
            .or_insert_with(|| format!("{}{}", made(method, path), hash(&format!("{method} {path}"))));
    }
    walk::operations_mut(document, |path, method, operation| {
        if let Some(id) = ids.remove(&(path.to_owned(), method)) {
            operation["operationId"] = id.into();
        }
    });
}

type Known<'a> = [walk::Operation<'a>];

/// The name of the method that an id gives: no two operations may share it.
fn key(id: &str) -> String {
    id.to_upper_camel_case()
}

fn same(operation: &walk::Operation<'_>, known: &Known<'_>) -> Option<String> {
    let is_same = |known: &&walk::Operation<'_>| (known.method, known.path) == (operation.method, operation.path);
    known.iter().find(is_same)?.id().map(str::to_owned)
}

/// An operation with a renamed path parameter is still the same operation.
fn alike(operation: &walk::Operation<'_>, known: &Known<'_>) -> Option<String> {
    let is_alike =
        |known: &&walk::Operation<'_>| known.method == operation.method && shape(known.path) == shape(operation.path);
    known.iter().filter(is_alike).find_map(walk::Operation::id).map(str::to_owned)
}

fn derived(operation: &walk::Operation<'_>, _: &Known<'_>) -> Option<String> {
    Some(made(operation.method, operation.path))
}

fn shape(path: &str) -> Vec<&str> {
    path.split('/').map(|part| if is_parameter(part) { "{}" } else { part }).collect()
}

fn is_parameter(part: &str) -> bool {
    part.starts_with('{') && part.ends_with('}')
}

/// `GET /bookings/{id}/certificate` is `getBookingsByIdCertificate`.
fn made(method: &str, path: &str) -> String {
    let parts = path.split('/').map(|part| match is_parameter(part) {
        true => format!("By{}", part.to_upper_camel_case()),
        false => part.to_upper_camel_case(),
    });
    format!("{}{}", method.to_lower_camel_case(), parts.collect::<String>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_two_operations_have_one_id() {
        let ids = |document: &Value| -> Vec<String> {
            walk::operations(document).iter().map(walk::Operation::label).collect()
        };
        let vendored = json!({"paths": {
            "/courses": {"get": {"operationId": "listCourses"}}, "/kits/{id}": {"get": {"operationId": "getKit"}}}});
        let mut document = json!({"paths": {
            "/a-b": {"get": {}}, "/a/b": {"get": {}},
            "/courses": {"get": {}}, "/other": {"post": {"operationId": "list_courses"}},
            "/kits/{key}": {"get": {}}, "/kits/{id}": {"get": {}}}});
        fill(&mut document, &vendored);
        assert_eq!(
            ids(&document),
            [
                "getAB (GET /a-b)",
                "getAB5eb2f0 (GET /a/b)",
                "getCourses (GET /courses)",
                "getKit (GET /kits/{id})",
                "getKitsByKey (GET /kits/{key})",
                "list_courses (POST /other)",
            ]
        );
        // ids that are vendored by then stay, whatever operations are added or removed
        let mut again = json!({"paths": {"/A.b": {"get": {}}, "/a-b": {"get": {}}, "/a/b": {"get": {}}}});
        fill(&mut again, &document);
        assert_eq!(ids(&again)[1..], ids(&document)[..2]);
        assert!(ids(&again)[0].starts_with("getAB") && ids(&again)[0] != "getAB (GET /A.b)", "{:?}", ids(&again));
    }

    #[test]
    fn ids_are_the_vendored_ones_or_derived() {
        let vendored = json!({"paths": {
            "/bookings/{id}": {"get": {"operationId": "getBooking"}},
            "/bookings/mine": {"get": {"operationId": "getMine"}}}});
        let mut document = json!({"paths": {
            "/bookings/{booking_id}": {"get": {}, "delete": {"operationId": " "}},
            "/bookings/mine": {"get": {"operationId": "published"}},
            "/bookings/{id}/certificate": {"get": {}},
            "/": {"post": {}}}});
        fill(&mut document, &vendored);
        let ids: Vec<String> = walk::operations(&document).iter().map(walk::Operation::label).collect();
        assert_eq!(
            ids,
            [
                "post (POST /)",
                "published (GET /bookings/mine)",
                "getBooking (GET /bookings/{booking_id})",
                "deleteBookingsByBookingId (DELETE /bookings/{booking_id})",
                "getBookingsByIdCertificate (GET /bookings/{id}/certificate)",
            ]
        );
    }
}
