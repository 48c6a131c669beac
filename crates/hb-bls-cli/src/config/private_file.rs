//! Files that nobody else may read.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io,
    path::Path,
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::atomic_file;

/// Creates the folder of a file, for the user alone.
fn make_folder_of(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), make_folder)
}

/// Creates a folder for the user alone; one that is there stays as it is.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes a file for the user alone, and its folder if need be.
pub fn write(path: &Path, content: &str) -> io::Result<()> {
    make_folder_of(path)?;
    atomic_file::write(path, content.as_bytes())
}

pub fn read(path: &Path) -> io::Result<Option<String>> {
    absent_is_none(fs::read_to_string(path))
}

/// Removes a file; returns whether there was one.
pub fn remove(path: &Path) -> io::Result<bool> {
    Ok(absent_is_none(fs::remove_file(path))?.is_some())
}

fn absent_is_none<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// How long to wait for a lock. Only a suspended process holds one for longer.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Takes the lock of this name, which is released when it is dropped or when the process ends. Waits for another process
/// for this long at most.
pub fn lock(path: &Path, patience: Duration) -> io::Result<File> {
    make_folder_of(path)?;
    let mut options = File::options();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let (sender, receiver) = mpsc::channel();
    // abandoned if it takes too long; a lock that it gets later is released at once
    thread::spawn(move || sender.send(file.lock().map(|()| file)));
    receiver
        .recv_timeout(patience)
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, taken(path, patience))))
}

fn taken(path: &Path, patience: Duration) -> String {
    format!(
        "another hb-bls has had {} locked for {} s; if it is suspended, let it go on with `fg` or end it",
        path.display(),
        patience.as_secs_f32()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_another_has_is_not_waited_for_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.lock");
        let first = lock(&path, PATIENCE).unwrap();
        let error = lock(&path, Duration::from_millis(1)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(error.to_string().contains("one.lock locked for 0.001 s"), "{error}");
        let waiting = std::thread::spawn({
            let path = path.clone();
            move || lock(&path, PATIENCE)
        });
        drop(first);
        waiting.join().unwrap().unwrap();
    }
}
