//! Replaces files as a whole: whatever happens, there is the old content or the new.

use std::{fs, io::Write as _, path::Path};

use anyhow::{Context as _, Result};

/// Replaces one file.
pub fn replace(path: &Path, text: &str) -> Result<()> {
    replace_all(&[(path, text)])
}

/// Replaces files, none of them if there is no room for all.
pub fn replace_all(texts: &[(&Path, &str)]) -> Result<()> {
    let unfinished = |path: &Path| path.with_extension("unfinished");
    let stage = |path: &Path, text: &str| {
        let mut file = fs::File::create(unfinished(path))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    for (index, (path, text)) in texts.iter().enumerate() {
        if let Err(error) = stage(path, text) {
            // the error is what counts, and these would only lie about
            texts[..=index].iter().for_each(|(path, _)| drop(fs::remove_file(unfinished(path))));
            return Err(error).with_context(|| format!("cannot write {}", path.display()));
        }
    }
    for (path, _) in texts {
        fs::rename(unfinished(path), path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
