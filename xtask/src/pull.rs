//! Gets the OpenAPI document that the portal publishes, in the form in which it is vendored.
//!
//! A document passes [`source`] (export, or site), [`site`] (index and pages), [`select`] (the wanted folder),
//! [`security`], [`clean`], `lower` (3.1 down to 3.0), [`merge`], [`operation_ids`], [`names`], [`api_metadata`]. Nothing
//! is added that is not published, except what the pages of a site cannot say: those parts are kept from the vendored
//! document. [`overlay_fit`] then finds out which assumptions still hold.

pub mod api_metadata;
pub mod clean;
pub mod command;
pub mod folder;
pub mod merge;
pub mod names;
pub mod operation_ids;
pub mod overlay_fit;
pub mod report;
pub mod security;
pub mod select;
pub mod site;
pub mod source;
pub mod structure_check;
pub mod update;

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

pub use self::merge::Preference;
use self::{
    api_metadata::Origin,
    folder::Folder,
    merge::Part,
    select::Folders,
    site::{Kind, Link},
    source::{Fetched, Limits, Location, Source},
};
use crate::{document, lower, walk};

/// How many pages of one site are read at most.
const MAX_PAGES: usize = 1000;

/// What to pull.
#[derive(Debug, Clone)]
pub struct Request {
    /// A URL, a file, or a folder with a site's files.
    pub from: String,
    /// The folder of the API, by its path on the site. Empty: all folders.
    pub folder: String,
    /// What to do about pages that contradict each other. Nothing: fail.
    pub prefer: Option<Preference>,
    /// What one request may take.
    pub limits: Limits,
}

/// What was pulled.
#[derive(Debug)]
pub struct Pulled {
    /// Valid OpenAPI 3.0.3, as far as what is published is valid.
    pub document: Value,
    /// What a person should know about how it was made.
    pub notes: Vec<String>,
}

/// Reads everything, and makes one document of it. `vendored` is the document that it will replace.
pub fn pull(request: &Request, vendored: &Value, progress: &mut dyn FnMut(&str)) -> Result<Pulled> {
    let folder = Folder::parse(&request.folder);
    let mut reading = Reading { request, folder, folders: Folders::new(), notes: Vec::new(), vendored };
    let (parts, origin) = match Source::open(&request.from, &request.limits)? {
        Source::Export(location) => (reading.export(&location, progress)?, Origin::Export),
        Source::Site(location) => (reading.site(&location, progress)?, Origin::Pages),
    };
    if parts.iter().all(|part| walk::operations(&part.document).is_empty()) {
        let found: Vec<String> =
            reading.folders.iter().map(|(name, count)| format!("  {count:3} in `{name}`")).collect();
        bail!(
            "no operation is in the folder `{}`; say with --folder which it is. Operations found:\n{}",
            request.folder,
            if found.is_empty() { "  none".to_owned() } else { found.join("\n") }
        );
    }
    let mut document = merge::merge(&parts, request.prefer)?;
    operation_ids::fill(&mut document, vendored);
    names::mend(&mut document, vendored);
    let documents: Vec<Value> = parts.into_iter().map(|part| part.document).collect();
    api_metadata::set(&mut document, &documents, origin, vendored);
    let notes = reading.notes;
    Ok(Pulled { document, notes })
}

/// What is learned while pages are read.
struct Reading<'a> {
    request: &'a Request,
    folder: Folder,
    folders: Folders,
    notes: Vec<String>,
    vendored: &'a Value,
}

impl Reading<'_> {
    fn export(&mut self, location: &Location, progress: &mut dyn FnMut(&str)) -> Result<Vec<Part>> {
        let fetched = location.export(&self.request.limits)?;
        progress(&fetched.place);
        let name = fetched.place.clone();
        let text = text(&fetched)?;
        let hint = "; if this is a documentation site, end its URL with a slash";
        ensure!(!is_html(text), "{name}: is HTML and no OpenAPI document{hint}");
        let document = self.prepare(&name, text, None).with_context(|| name)?;
        Ok(document.into_iter().map(|document| part(&fetched, "", document)).collect())
    }

    fn site(&mut self, location: &Location, progress: &mut dyn FnMut(&str)) -> Result<Vec<Part>> {
        let index = location.index(&self.request.limits)?;
        let listed = text(&index)?;
        ensure!(!is_html(listed), "{}: is HTML; does the site publish its pages for machines?", index.place);
        let links = self.to_follow(site::links(listed));
        ensure!(!links.is_empty(), "{}: links to no page that could hold an operation", index.place);
        ensure!(links.len() <= MAX_PAGES, "{}: links to more than {MAX_PAGES} pages", index.place);
        let mut parts = Vec::new();
        for (count, link) in links.iter().enumerate() {
            progress(&format!("{}/{} {}", count + 1, links.len(), link.target));
            let Some(page) = location.page(&link.target, &self.request.limits)? else {
                ensure!(!self.folder.holds(&link.path), "{}: is on another host than the index", link.target);
                self.notes.push(format!("not read, since it is on another host: {}", link.target));
                continue;
            };
            let document = self.page(&page, link).with_context(|| page.place.clone())?;
            parts.extend(document.map(|document| part(&page, &link.target, document)));
        }
        self.notes.push(format!("{} of {} pages read are of the folder", parts.len(), links.len()));
        Ok(parts)
    }

    /// The pages that may be in the folder. Prose never is. If the index puts no page of a kind into the folder, it
    /// does not say where pages of that kind belong, and the pages themselves must.
    fn to_follow(&self, mut links: Vec<Link>) -> Vec<Link> {
        let kind = |link: &Link| site::kind(&link.target).0;
        let held: Vec<Kind> = links.iter().filter(|link| self.folder.holds(&link.path)).map(kind).collect();
        links.retain(|link| kind(link) != Kind::Text && (self.folder.holds(&link.path) || !held.contains(&kind(link))));
        links
    }

    fn page(&mut self, page: &Fetched, link: &Link) -> Result<Option<Value>> {
        let text = text(page)?;
        ensure!(!is_html(text), "is HTML and not the page's Markdown");
        let Some(block) = site::specification(text)? else {
            ensure!(
                !matches!(site::kind(&link.target).0, Kind::Endpoint),
                "has no heading `OpenAPI Specification`, although it is the page of an operation"
            );
            self.notes.push(format!("taken for prose, since it holds no document: {}", page.place));
            return Ok(None);
        };
        self.prepare(&page.place, &block, Some(link))
    }

    /// A document, valid and clean, of the wanted folder. `None` if nothing in it is.
    fn prepare(&mut self, name: &str, text: &str, page: Option<&Link>) -> Result<Option<Value>> {
        let read = document::from_bytes(Path::new(name), text.as_bytes())?;
        let version = document::version(&read)?;
        let mut value = read.value;
        lower::inline_items(&mut value);
        structure_check::check(&value)?;
        if let Some(page) = page {
            let kind = site::kind(&page.target).0;
            // other pages are only known to be in the folder if they say so
            if kind == Kind::Endpoint || self.folder.holds(&page.path) {
                structure_check::check_content(&value, kind)?;
            }
        }
        if !select::keep(&mut value, &self.folder, page.map(|page| &*page.path), &mut self.folders) {
            return Ok(None);
        }
        security::mend(&mut value, self.vendored)?;
        clean::clean(&mut value);
        // tools also export both in documents that claim to be 3.0
        lower::place_items(&mut value)?;
        if version == (3, 1) {
            value = lower::to_3_0(value)?;
        } else {
            lower::mend_3_0(&mut value);
        }
        for example in openapi_drift::invalid_examples(&value)? {
            let place = if example.place.is_empty() { String::new() } else { format!(" at {}", example.place) };
            let note =
                format!("{name}: the example {} does not fit its schema{place}: {}", example.pointer, example.reason);
            self.notes.push(note);
        }
        Ok(Some(value))
    }
}

fn part(fetched: &Fetched, target: &str, document: Value) -> Part {
    Part { place: fetched.place.clone(), document, modified: fetched.modified, number: site::kind(target).1 }
}

fn text(fetched: &Fetched) -> Result<&str> {
    let text = std::str::from_utf8(&fetched.bytes).with_context(|| format!("{}: is not text", fetched.place))?;
    Ok(text.trim_start_matches('\u{feff}'))
}

fn is_html(text: &str) -> bool {
    text.trim_start().starts_with('<')
}
