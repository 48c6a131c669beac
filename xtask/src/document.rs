//! Reads OpenAPI documents and overlays from disk.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A file as it was read.
#[derive(Debug, Clone)]
pub struct Document {
    /// Where it came from.
    pub path: PathBuf,
    /// Its content.
    pub value: Value,
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
}

impl Document {
    /// The file's name without its folder.
    pub fn file_name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Why a file is not a document we can work with.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum DocumentError {
    #[error("cannot read {path}: {source}", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Content(#[from] openapi_drift::Error),
    #[error("{path} is not an OpenAPI document: it has no `openapi` version", path = path.display())]
    NoVersion { path: PathBuf },
    #[error("{path} is OpenAPI {version}; 3.0.x and 3.1.x can be read", path = path.display())]
    Version { path: PathBuf, version: String },
}

/// Reads JSON or YAML. The first character shows which it is.
pub fn read(path: &Path) -> Result<Document, DocumentError> {
    let bytes = std::fs::read(path).map_err(|source| DocumentError::Read { path: path.to_owned(), source })?;
    from_bytes(path, &bytes)
}

/// Reads the content of a file that was obtained in another way. Messages name it by `path`.
pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Document, DocumentError> {
    let value = openapi_drift::parse(&path.display().to_string(), bytes)?;
    let sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Document { path: path.to_owned(), value, sha256 })
}

/// The document's OpenAPI version, if it is one that can be read: its major and minor number.
pub fn version(document: &Document) -> Result<(u8, u8), DocumentError> {
    let path = || document.path.clone();
    let version = document.value["openapi"].as_str().ok_or_else(|| DocumentError::NoVersion { path: path() })?;
    match version.split('.').collect::<Vec<_>>()[..] {
        ["3", "0", ..] => Ok((3, 0)),
        ["3", "1", ..] => Ok((3, 1)),
        _ => Err(DocumentError::Version { path: path(), version: version.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(content: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        file
    }

    #[test]
    fn yaml_and_json_read_alike() {
        let yaml = write(
            "openapi: 3.0.1\ninfo: &i {title: t, version: '1'}\npaths:\n  /a:\n    get:\n      responses:\n        200: {description: 2026-06-15}\n        '404': {description: no}\nx-again: *i\n",
        );
        let json = write(
            r#"{"openapi":"3.0.1","info":{"title":"t","version":"1"},"paths":{"/a":{"get":{"responses":{"200":{"description":"2026-06-15"},"404":{"description":"no"}}}}},"x-again":{"title":"t","version":"1"}}"#,
        );
        assert_eq!(read(yaml.path()).unwrap().value, read(json.path()).unwrap().value);
        let marked = write("\u{feff}openapi: 3.0.1\n");
        assert_eq!(read(marked.path()).unwrap().value, serde_json::json!({"openapi": "3.0.1"}));
    }

    #[test]
    fn rubbish_is_named_not_panicked_on() {
        for content in
            ["{", "{\"openapi\": 3}", "a: [", "\u{0}", "", "openapi: 2.0", "openapi: '4.0.0'", "swagger: '2.0'"]
        {
            let file = write(content);
            let result = read(file.path()).and_then(|document| version(&document));
            let message = result.unwrap_err().to_string();
            assert!(message.contains(file.path().to_str().unwrap()), "{content:?}: {message}");
        }
    }
}
