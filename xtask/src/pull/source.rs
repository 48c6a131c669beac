//! The source of a pull: an export, or a documentation site, over HTTP or on disk.
//!
//! It sends one request at a time, each with a time limit and a size limit. It uses https, or http on this machine, and
//! never contacts another host than the one that was named.

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::{Component, Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use reqwest::{blocking::Client, redirect};
use url::{Host, Url};

use crate::clock::Deadline;

/// What the index of a site is called.
pub const INDEX: &str = "llms.txt";
const USER_AGENT: &str = concat!("hb-bls-xtask/", env!("CARGO_PKG_VERSION"), " (cargo xtask pull)");
const MAX_REDIRECTS: usize = 5;
const CONNECT: Duration = Duration::from_secs(10);

/// What one request may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time from connecting to the last byte. It is checked between reads, each of which may take this long itself.
    pub timeout: Duration,
    /// Bytes of a page, or of a site's index.
    pub page: u64,
    /// Bytes of an export.
    pub export: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(30), page: 4 << 20, export: 32 << 20 }
    }
}

/// What was read, and from where.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The URL without its query, or the file.
    pub place: String,
    /// The content.
    pub bytes: Vec<u8>,
    /// What the server says of its last change.
    pub modified: Option<SystemTime>,
}

/// A place to read from.
#[derive(Debug)]
pub enum Source {
    /// One OpenAPI document.
    Export(Location),
    /// A site with an index.
    Site(Location),
}

/// A file, or a URL and the client to get it with.
#[derive(Debug)]
pub enum Location {
    /// For a site, its folder.
    Disk(PathBuf),
    /// For a site, its index.
    Web {
        /// The address.
        url: Url,
        /// Bound to the address's host.
        client: Client,
    },
}

impl Source {
    /// What `from` names: a URL, a file, or a folder that holds a site's files.
    ///
    /// A URL is a site when its path ends with a slash or with `llms.txt`, and so is a file of that name.
    pub fn open(from: &str, limits: &Limits) -> Result<Self> {
        if !from.contains("://") {
            let path = PathBuf::from(from);
            let is_folder = path.metadata().with_context(|| format!("cannot read {from}"))?.is_dir();
            let folder = if path.ends_with(INDEX) { path.parent() } else { Some(path.as_path()).filter(|_| is_folder) };
            return Ok(match folder {
                Some(folder) => Self::Site(Location::Disk(folder.to_owned())),
                None => Self::Export(Location::Disk(path)),
            });
        }
        // the text may hold a token, so no message repeats it
        let mut url = Url::parse(from).map_err(|error| anyhow!("--from is not a URL: {error}"))?;
        url.set_fragment(None);
        check(&url)?;
        let client = client(&url, limits)?;
        if url.path().ends_with('/') {
            url = url.join(INDEX)?;
        }
        let is_site = url.path_segments().and_then(|mut parts| parts.next_back()) == Some(INDEX);
        let place = Location::Web { url, client };
        Ok(if is_site { Self::Site(place) } else { Self::Export(place) })
    }
}

impl Location {
    /// The export itself.
    pub fn export(&self, limits: &Limits) -> Result<Fetched> {
        match self {
            Self::Disk(path) => read(path, limits.export),
            Self::Web { url, client } => get(client, url, limits, limits.export),
        }
    }

    /// The site's index.
    pub fn index(&self, limits: &Limits) -> Result<Fetched> {
        match self {
            Self::Disk(folder) => read(&folder.join(INDEX), limits.page),
            Self::Web { url, client } => get(client, url, limits, limits.page),
        }
    }

    /// A page that the index links to. `None` if it is on another host.
    pub fn page(&self, link: &str, limits: &Limits) -> Result<Option<Fetched>> {
        match self {
            Self::Disk(folder) => read(&folder.join(relative(link)?), limits.page).map(Some),
            Self::Web { url, client } => {
                let page = url.join(link).map_err(|error| anyhow!("`{link}` is not a URL: {error}"))?;
                if page.origin() != url.origin() {
                    return Ok(None);
                }
                get(client, &page, limits, limits.page).map(Some)
            }
        }
    }
}

/// The URL as messages may show it: queries and user names can be secrets.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // fails on URLs that cannot have them
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

fn check(url: &Url) -> Result<()> {
    let is_local = is_loopback(url);
    ensure!(
        url.scheme() == "https" || (url.scheme() == "http" && is_local),
        "{} is refused: use https, or http on this machine",
        shown(url)
    );
    ensure!(
        url.username().is_empty() && url.password().is_none(),
        "{} is refused: it holds a user name or password, which would end up in logs",
        shown(url)
    );
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn client(url: &Url, limits: &Limits) -> Result<Client> {
    let home = url.origin();
    let stay = redirect::Policy::custom(move |attempt| {
        if attempt.url().origin() != home {
            let host = attempt.url().host_str().unwrap_or("?").to_owned();
            return attempt.error(format!("is redirected to another host, {host}; if that is right, pull from there"));
        }
        if attempt.previous().len() > MAX_REDIRECTS {
            return attempt.error("is redirected too often");
        }
        attempt.follow()
    });
    let builder = Client::builder().user_agent(USER_AGENT).connect_timeout(CONNECT).timeout(limits.timeout);
    let builder = if is_loopback(url) { builder.no_proxy() } else { builder };
    builder.redirect(stay).build().context("cannot set up the HTTP client")
}

fn get(client: &Client, url: &Url, limits: &Limits, limit: u64) -> Result<Fetched> {
    let place = shown(url);
    let deadline = Deadline::after(limits.timeout);
    let fetch = || -> Result<Fetched> {
        let response = client.get(url.clone()).send().map_err(reqwest::Error::without_url)?;
        let status = response.status();
        ensure!(status.is_success(), "the response is {status}");
        ensure!(response.content_length().is_none_or(|length| length <= limit), "{}", too_large(limit));
        let header = response.headers().get(reqwest::header::LAST_MODIFIED);
        let modified = header.and_then(|value| httpdate::parse_http_date(value.to_str().ok()?).ok());
        Ok(Fetched { place: place.clone(), bytes: limited(response, limit, || deadline.is_over())?, modified })
    };
    fetch().with_context(|| place.clone())
}

fn read(path: &Path, limit: u64) -> Result<Fetched> {
    let place = path.display().to_string();
    let open = || limited(File::open(path)?, limit, || false);
    Ok(Fetched { bytes: open().with_context(|| place.clone())?, place, modified: None })
}

fn limited(mut reader: impl Read, limit: u64, is_late: impl Fn() -> bool) -> Result<Vec<u8>> {
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        // the client's own timeout applies to each read
        ensure!(!is_late(), "timed out before the last byte");
        let count = match reader.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error).context("the content breaks off"),
        };
        bytes.extend(buffer.iter().take(count));
        ensure!(bytes.len() as u64 <= limit, "{}", too_large(limit));
    }
}

fn too_large(limit: u64) -> String {
    format!("is larger than {limit} bytes")
}

/// Where a page's URL lies in a folder with the site's files.
fn relative(link: &str) -> Result<PathBuf> {
    let path = match Url::parse(link) {
        Ok(url) => url.path().to_owned(),
        Err(_) => link.split(['?', '#']).next().unwrap_or_default().to_owned(),
    };
    let decoded = percent_encoding::percent_decode_str(&path).decode_utf8().context(link.to_owned())?;
    let path = PathBuf::from(decoded.trim_start_matches('/'));
    if path.components().any(|part| !matches!(part, Component::Normal(_))) {
        bail!("`{link}` leads out of the folder");
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_site_or_an_export() {
        for (from, is_site) in [
            ("https://portal.example/", true),
            ("https://portal.example", true),
            ("https://portal.example/docs/llms.txt", true),
            ("https://portal.example/export.json", false),
            ("http://127.0.0.1:1/export?format=json", false),
            ("http://[::1]:1/", true),
        ] {
            let source = Source::open(from, &Limits::default()).unwrap();
            assert_eq!(matches!(source, Source::Site(_)), is_site, "{from}");
        }
    }

    #[test]
    fn what_is_not_safe_is_refused_without_a_secret_in_the_message() {
        for from in [
            "http://portal.example/?key=s3cret",
            "ftp://portal.example/s3cret.json?key=s3cret",
            "https://ada:s3cret@portal.example/",
            "https://?key=s3cret",
        ] {
            let message = format!("{:#}", Source::open(from, &Limits::default()).unwrap_err());
            assert!(!message.contains("key=") && !message.contains(":s3cret"), "{message}");
        }
    }

    #[test]
    fn pages_stay_in_the_folder() {
        assert_eq!(relative("https://portal.example/a/get%20it-1e0.md?x=1").unwrap(), Path::new("a/get it-1e0.md"));
        assert_eq!(relative("b-2e0.md").unwrap(), Path::new("b-2e0.md"));
        assert_eq!(relative("/b-2e0.md?x=1#y").unwrap(), Path::new("b-2e0.md"));
        for link in ["../x.md", "a/%2e%2e/../../x.md", "https://portal.example/a%2F..%2F..%2Fx.md"] {
            assert!(relative(link).is_err_and(|error| error.to_string().contains("leads out")), "{link}");
        }
    }
}
