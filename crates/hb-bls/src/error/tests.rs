use std::io;

use hb_bls_gen::Operation;

use super::*;
use crate::state::StateError;

const ALL: [ErrorKind; 16] = [
    ErrorKind::Configuration,
    ErrorKind::Authentication,
    ErrorKind::TokenRefused,
    ErrorKind::NotFound,
    ErrorKind::Conflict,
    ErrorKind::Rejected,
    ErrorKind::CertificateNotReady,
    ErrorKind::RateLimited,
    ErrorKind::Server,
    ErrorKind::Network,
    ErrorKind::Timeout,
    ErrorKind::Decode,
    ErrorKind::Ambiguous,
    ErrorKind::NoTimeslot,
    ErrorKind::State,
    ErrorKind::File,
];

/// An error and its causes, each on a line.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}\n{error}");
        cause = error.source();
    }
    text
}

#[test]
fn it_is_a_pointer_that_can_be_shared() {
    const fn shared<T: Clone + Send + Sync + StdError + 'static>() -> usize {
        size_of::<T>()
    }
    assert_eq!(shared::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
}

#[test]
fn the_word_for_a_kind_is_its_name() {
    for kind in ALL {
        let mut word = String::new();
        for letter in format!("{kind:?}").chars() {
            if letter.is_uppercase() && !word.is_empty() {
                word.push('_');
            }
            word.push(letter.to_ascii_lowercase());
        }
        assert_eq!((kind.as_str(), kind.to_string()), (&*word, word.clone()));
    }
}

#[test]
fn an_error_of_any_kind_can_be_made_and_says_what_it_is() {
    let mut texts = std::collections::BTreeSet::new();
    for kind in ALL {
        let error = Error::from(kind);
        assert_eq!((error.kind(), error.operation()), (kind, None));
        assert!(error.source().is_none());
        let text = format!("{error:#}");
        assert!(!text.contains("  ") && !text.ends_with([' ', ':', ';']), "{text}");
        assert!(texts.insert(text.clone()), "{text}");
        assert!(format!("{error:?}").contains(&format!("kind: {kind:?}")));
    }
    assert_eq!(Error::from(ErrorKind::NotFound).status(), Some(404));
    assert_eq!(Error::from(ErrorKind::Server).status(), None);
}

#[test]
fn what_failed_and_why_are_reported_once_each() {
    let cause = StateError::new(io::Error::other("the disk is gone"));
    let error = Error::state("the rate limit", cause.clone());
    assert_eq!(chain(&error), "cannot use the shared state of the rate limit\nthe store failed\nthe disk is gone");
    assert_eq!(format!("{error:#}"), chain(&error).replace('\n', ": "));
    assert_eq!(format!("{cause:#}"), "the store failed: the disk is gone");

    let error = Error::file(Some("certificate.pdf".as_ref()), io::Error::other("the disk is full"));
    assert_eq!(chain(&error), "cannot write certificate.pdf\nthe disk is full");
    assert_eq!(error.path(), Some("certificate.pdf"));

    let lost = Error::network(Operation::CreateBooking, "the line was cut");
    assert_eq!(chain(&lost), "createBooking: no complete response\nthe line was cut");
    let error = Error::ambiguous(Operation::CreateBooking, Some("9f2c"), lost);
    let text = format!("{error:#}");
    assert!(text.ends_with("30 minutes: createBooking: no complete response: the line was cut"), "{text}");
    assert!(text.contains("(hold 9f2c)") && text.matches("the line").count() == 1, "{text}");
}

#[test]
fn what_is_unknown_has_the_answer_of_its_cause() {
    let headers = http::HeaderMap::from_iter([("x-request-id".parse().unwrap(), "req-17".parse().unwrap())]);
    let cause = Error::new(ErrorKind::Server, Operation::CreateBooking).with_status(502).with_request_id_of(&headers);
    let error = Error::ambiguous(Operation::CreateBooking, None, cause);
    assert_eq!((error.status(), error.request_id(), error.is_retryable()), (Some(502), Some("req-17"), false));
    let cause = error.source().and_then(|cause| cause.downcast_ref::<Error>()).unwrap();
    assert_eq!((cause.kind(), cause.is_retryable()), (ErrorKind::Server, true));
}

#[test]
fn the_host_is_reported_without_what_may_be_secret() {
    for (url, host) in [
        ("https://ada:sesame@portal.example/api/v1?key=sesame", "portal.example"),
        ("https://portal.example:8443/", "portal.example:8443"),
        ("http://[::1]:80/", "[::1]"),
    ] {
        let error = Error::new(ErrorKind::Network, Operation::CreateBooking).of_host(&url.parse().unwrap());
        assert_eq!(error.host(), Some(host));
        assert!(!format!("{error:?} {error:#}").contains("sesame"), "{error:?}");
        assert_eq!(Error::ambiguous(Operation::CreateBooking, None, error).host(), Some(host));
    }
}

#[test]
fn a_copy_is_not_changed_with_the_original() {
    let error = Error::new(ErrorKind::Rejected, Operation::DownloadCertificate).with_status(422);
    let changed = error.clone().with_kind(ErrorKind::CertificateNotReady);
    assert_eq!((error.kind(), changed.kind()), (ErrorKind::Rejected, ErrorKind::CertificateNotReady));
    assert_eq!((changed.status(), changed.operation()), (Some(422), Some("downloadCertificate")));
}

#[test]
fn a_broken_answer_may_come_whole_next_time() {
    let decode = |reason| Error::decode(Operation::ListCourses, "data[0].id", reason);
    assert!([NOT_JSON, ENDS_EARLY, PDF_ENDS_EARLY].iter().all(|reason| decode(reason).is_retryable()));
    let error = decode("the value does not have the documented type");
    assert!(!error.is_retryable());
    assert_eq!(
        error.to_string(),
        "listCourses: cannot decode the response at `data[0].id`: the value does not have the documented type"
    );
}
