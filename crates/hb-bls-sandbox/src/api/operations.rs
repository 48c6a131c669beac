//! The operations by name, as faults and the request log refer to them.

use http::Method;

use super::PREFIX;

pub(crate) type Operation = (&'static str, &'static str, &'static str);

/// operationId, method, path below the prefix.
pub(crate) const OPERATIONS: [Operation; 22] = [
    ("createToken", "POST", "/auth/token"),
    ("refreshToken", "POST", "/auth/refresh"),
    ("getTokenInfo", "GET", "/auth/token-info"),
    ("revokeToken", "POST", "/auth/revoke"),
    ("getBookingUrl", "GET", "/booking-url"),
    ("getCredits", "GET", "/credits"),
    ("listTransactions", "GET", "/transactions"),
    ("listCourses", "GET", "/courses"),
    ("listTimeslots", "GET", "/timeslots"),
    ("holdTimeslot", "POST", "/timeslots/hold"),
    ("releaseTimeslotHold", "DELETE", "/timeslots/hold/{holdHash}"),
    ("listBookings", "GET", "/bookings"),
    ("createBooking", "POST", "/bookings"),
    ("getBooking", "GET", "/bookings/{id}"),
    ("downloadCertificate", "GET", "/bookings/{id}/certificate"),
    ("listWebhooks", "GET", "/webhooks"),
    ("createWebhook", "POST", "/webhooks"),
    ("getWebhook", "GET", "/webhooks/{id}"),
    ("updateWebhook", "PUT", "/webhooks/{id}"),
    ("deleteWebhook", "DELETE", "/webhooks/{id}"),
    ("rotateWebhookSecret", "POST", "/webhooks/{id}/rotate-secret"),
    ("testWebhook", "POST", "/webhooks/{id}/test"),
];

/// The operation that a request is for.
pub(super) fn find(method: &Method, path: &str) -> Option<&'static str> {
    let path = path.strip_prefix(PREFIX)?;
    OPERATIONS.iter().find(|(_, verb, template)| method == *verb && matches(template, path)).map(|(id, _, _)| *id)
}

/// Whether there is an operation of this name.
pub(crate) fn is_operation(id: &str) -> bool {
    OPERATIONS.iter().any(|(known, _, _)| *known == id)
}

fn matches(template: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    let all = template.split('/').all(|wanted| {
        parts.next().is_some_and(|part| if wanted.starts_with('{') { !part.is_empty() } else { part == wanted })
    });
    all && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart() {
        assert_eq!(find(&Method::POST, "/api/v1/timeslots/hold"), Some("holdTimeslot"));
        assert_eq!(find(&Method::DELETE, "/api/v1/timeslots/hold/x"), Some("releaseTimeslotHold"));
        assert_eq!(find(&Method::GET, "/api/v1/bookings/7"), Some("getBooking"));
        assert_eq!(find(&Method::GET, "/api/v1/bookings/7/certificate"), Some("downloadCertificate"));
        assert_eq!(find(&Method::GET, "/api/v1/bookings/"), None);
        assert_eq!(find(&Method::PATCH, "/api/v1/bookings/7"), None);
        assert_eq!(find(&Method::GET, "/bookings/7"), None);
    }
}
