//! The URLs of requests.

use reqwest::Url;

/// Joins a path to a base URL, which may or may not end with a slash.
pub(crate) fn of(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let stem = base.path().trim_end_matches('/');
    url.set_path(&format!("{stem}{path}"));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_parsing_the_whole_text_gives() {
        for base in ["https://example.com", "https://example.com:8443/api/v1", "http://[::1]:1/a%20b", "http://h/ä/v1"]
        {
            for path in ["/courses", "/bookings/7/certificate", "/timeslots/hold/a%2Fb%3F%23%20%C3%A4", "/x/%25"] {
                let whole = Url::parse(&format!("{base}{path}")).unwrap();
                assert_eq!(of(&Url::parse(base).unwrap(), path), whole);
                assert_eq!(of(&Url::parse(&format!("{base}/")).unwrap(), path), whole);
            }
        }
    }

    #[test]
    fn nothing_in_a_path_becomes_a_query_or_another_host() {
        let base = Url::parse("https://example.com/api/v1").unwrap();
        for path in ["/x?y", "/x#y", "//elsewhere.example/x", "/@elsewhere.example"] {
            let url = of(&base, path);
            assert_eq!((url.host_str(), url.query(), url.fragment()), (Some("example.com"), None, None), "{url}");
            assert!(url.path().starts_with("/api/v1/"), "{url}");
        }
    }
}
