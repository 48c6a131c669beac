use std::net::IpAddr;

use url::{Host, Url};

use crate::{Error, Result};

/// A base URL to which tokens may be sent.
#[derive(Debug)]
pub(super) struct BaseUrl {
    /// Without a slash at the end, unless the slash is the whole path.
    pub(super) url: Url,
    /// Whether the host is this machine.
    pub(super) loopback: bool,
}

/// Checks the base URL: a token is sent only over https, or to this machine.
pub(super) fn check(text: &str) -> Result<BaseUrl> {
    let fail = |why: &str| Err(Error::configuration(format!("the base URL {why}")));
    let Ok(mut url) = Url::parse(text) else { return fail("is not a URL") };
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => return fail("has no host"),
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => return fail("must be https: a token would be readable on the way"),
        _ => return fail("must be https"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return fail("must not hold a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return fail("must end with a path");
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(BaseUrl { url, loopback })
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn https_or_loopback() {
        for (text, url) in [
            ("https://bls.hbcompliance.co.uk/api/v1", "https://bls.hbcompliance.co.uk/api/v1"),
            ("https://example.com/", "https://example.com/"),
            ("http://127.0.0.1:8787/api/v1//", "http://127.0.0.1:8787/api/v1"),
            ("http://localhost/api", "http://localhost/api"),
            ("http://[::1]:1//", "http://[::1]:1/"),
        ] {
            assert_eq!(check(text).unwrap().url.as_str(), url);
        }
    }

    #[test]
    fn anything_else_is_refused_without_repeating_it() {
        for text in [
            "http://example.com/sesame",
            "http://localhost.sesame.com",
            "http://127.0.0.1.sesame.com",
            "ftp://localhost/sesame",
            "https://u:sesame@example.com",
            "https://example.com?sesame",
            "https://example.com#sesame",
            "sesame",
            "",
            "file:///sesame",
        ] {
            let message = check(text).unwrap_err().to_string();
            assert!(message.starts_with("configuration: the base URL "), "{message}");
            assert!(!message.contains("sesame"), "{message}");
        }
    }
}
