//! Replaces files as a whole.

use std::{
    io::{self, Write as _},
    path::Path,
};

use tempfile::NamedTempFile;

/// Creates an empty file beside the path, which only the user can read. It is removed when it is dropped.
pub fn create_beside(path: &Path) -> io::Result<NamedTempFile> {
    NamedTempFile::new_in(folder_of(path))
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file that only the user can read. After a failure or a crash, an earlier file is as it was.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = create_beside(path)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
