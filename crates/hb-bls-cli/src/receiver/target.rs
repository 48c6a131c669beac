//! The server under development that deliveries are forwarded to.

use std::{fmt, str::FromStr, time::Duration};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, StatusCode,
    header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE},
};
use reqwest::{Client, Url, redirect::Policy};

use crate::{loopback::is_loopback, report::unreached};

/// By default the portal waits 10 seconds for a response; this leaves time for the network.
const RESPONSE_WITHIN: Duration = Duration::from_secs(8);

/// Headers of the connection rather than the delivery.
const OF_THE_CONNECTION: [HeaderName; 8] =
    [CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
const KEEP_ALIVE: &str = "keep-alive";

/// A URL that candidates' data may be sent to: https, or http on this machine.
#[derive(Clone)]
pub struct TargetUrl {
    url: Url,
    loopback: bool,
}

impl FromStr for TargetUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| "not a URL; give a whole one, as http://localhost:3000/hooks")?;
        let loopback = is_loopback(&url);
        match url.scheme() {
            "https" if url.has_host() => {}
            "http" if loopback => {}
            "http" => return Err("must be https: candidates' data would be readable on the way"),
            _ => return Err("must be https, or http on this machine"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not hold a user name or password");
        }
        Ok(Self { url, loopback })
    }
}

/// Why a delivery got no response. Of the URL, which may contain a key, it shows the host.
#[derive(Debug)]
pub struct NoResponse {
    host: String,
    reason: NoResponseReason,
}

#[derive(Debug)]
enum NoResponseReason {
    TimedOut,
    Unreached(&'static str),
    Broken,
}

impl fmt::Display for NoResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match self.reason {
            NoResponseReason::TimedOut => write!(f, "{host} did not respond within {} s", RESPONSE_WITHIN.as_secs()),
            NoResponseReason::Unreached(why) => write!(f, "cannot reach {host}: {why}"),
            NoResponseReason::Broken => write!(f, "the connection to {host} broke before its response was complete"),
        }
    }
}

impl NoResponse {
    fn new(url: &Url, error: &reqwest::Error) -> Self {
        let reason = match unreached(error) {
            _ if error.is_timeout() => NoResponseReason::TimedOut,
            Some(why) => NoResponseReason::Unreached(why),
            None => NoResponseReason::Broken,
        };
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Self { host, reason }
    }
}

pub struct Target {
    client: Client,
    url: Url,
}

impl Target {
    pub fn new(target: &TargetUrl) -> Result<Self> {
        let mut client = Client::builder().redirect(Policy::none()).referer(false).timeout(RESPONSE_WITHIN);
        // or it would add a header of its own
        client = client.no_gzip().no_brotli().no_deflate().no_zstd();
        if target.loopback {
            // or a proxy of the environment would see candidates' data in clear text
            client = client.no_proxy();
        }
        Ok(Self { client: client.build().context("no HTTP client")?, url: target.url.clone() })
    }

    /// Sends headers and body as they are. A redirect is a response like another and is not followed.
    pub async fn send(&self, headers: &HeaderMap, body: Bytes) -> Result<StatusCode, NoResponse> {
        let request = self.client.post(self.url.clone()).headers(of_the_delivery(headers)).body(body);
        Ok(request.send().await.map_err(|error| NoResponse::new(&self.url, &error))?.status())
    }
}

fn of_the_delivery(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<&str> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(',').map(str::trim))
        .collect();
    let stays = |name: &HeaderName| {
        let name = name.as_str();
        OF_THE_CONNECTION.iter().all(|other| other != name)
            && name != KEEP_ALIVE
            && !name.starts_with("proxy-")
            && !named.iter().any(|other| other.eq_ignore_ascii_case(name))
    };
    let mut kept = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers.iter().filter(|(name, _)| stays(name)) {
        kept.append(name, value.clone());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_or_this_machine() {
        for good in
            ["https://agency.example/hook?key=1", "http://127.0.0.1:3000/", "http://[::1]/h", "http://localhost:3000/h"]
        {
            assert!(good.parse::<TargetUrl>().is_ok(), "{good}");
        }
        for bad in [
            "http://agency.example/",
            "http://127.0.0.1.agency.example/",
            "http://localhost.agency.example/",
            "ftp://127.0.0.1/",
            "https://user:word@agency.example/",
            "localhost:3000",
            "agency.example",
            "",
        ] {
            assert!(bad.parse::<TargetUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn headers_of_the_connection_stay_behind_and_others_do_not() {
        let headers: HeaderMap = [
            ("host", "127.0.0.1:1"),
            ("connection", "X-Hop, close"),
            ("x-hop", "1"),
            ("content-length", "7"),
            ("transfer-encoding", "chunked"),
            ("keep-alive", "5"),
            ("proxy-authorization", "sesame"),
            ("content-type", "application/json"),
            ("x-tdta-event", "webhook.test"),
            ("user-agent", "portal"),
        ]
        .into_iter()
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
        .collect();
        let kept = of_the_delivery(&headers);
        let mut names: Vec<&str> = kept.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-type", "user-agent", "x-tdta-event"]);
    }
}
