//! Gives operations that are published without an `operationId` a stable one.

use heck::{ToLowerCamelCase as _, ToUpperCamelCase as _};
use serde_json::Value;

use crate::walk;

/// Fills in each missing id: the vendored document's for that method and path, else one of method and path.
pub fn fill(document: &mut Value, vendored: &Value) {
    walk::operations_mut(document, |path, method, operation| {
        if operation["operationId"].as_str().is_some_and(|id| !id.trim().is_empty()) || !operation.is_object() {
            return;
        }
        let known = walk::operations(vendored).into_iter().filter(|known| known.method == method);
        // a renamed path parameter leaves the operation what it was
        let (same, alike): (Vec<_>, Vec<_>) =
            known.filter(|known| shape(known.path) == shape(path)).partition(|known| known.path == path);
        let id = same.iter().chain(&alike).find_map(walk::Operation::id);
        operation["operationId"] = id.map_or_else(|| derived(method, path), str::to_owned).into();
    });
}

fn shape(path: &str) -> Vec<&str> {
    path.split('/').map(|part| if is_parameter(part) { "{}" } else { part }).collect()
}

fn is_parameter(part: &str) -> bool {
    part.starts_with('{') && part.ends_with('}')
}

/// `GET /bookings/{id}/certificate` is `getBookingsByIdCertificate`.
fn derived(method: &str, path: &str) -> String {
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
